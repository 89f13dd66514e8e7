import { fieldsOf, parseJson } from '../json.ts';
import type { ToolCall } from '../types.ts';

/** A fragment, or the call that is being put together from them, with its place. */
interface ToolFragment {
  index: number;
  id: string;
  name: string;
  arguments: string;
}

/** How the stream stands when its calls are asked for. */
interface StreamState {
  /** The stream came to its end. */
  isFinished: boolean;
  /** It was cut by the token budget, so a call without arguments may have lost them. */
  isCut: boolean;
}

interface Call extends ToolFragment {
  isCustom: boolean;
}

/** What one item of a delta's `tool_calls` says; what is missing is empty. */
interface Sent {
  index: number | undefined;
  id: string;
  name: string;
  arguments: string;
  isCustom: boolean;
}

/**
 * Puts tool calls together from their fragments.
 *
 * A fragment goes on with the call of its id; without a known one with the call at its index; without either with the
 * latest call. It begins a call where it has a name and nothing of it is known yet. Servers differ in what they send
 * of all this, and the methods below say what was seen where.
 */
export class ToolCallCollector {
  readonly #calls: Call[] = [];
  readonly #callsById = new Map<string, Call>();
  readonly #callsByIndex = new Map<number, Call>();

  /**
   * Takes one item of a delta's `tool_calls`.
   * @returns the fragment, with what is known by now of its call's id and name
   */
  add(item: unknown): ToolFragment {
    const sent = readItem(item);
    const known = this.#findCall(sent);
    const call = known && !beginsAnother(sent, known) ? known : this.#begin(sent);
    if (call === known) goOn(call, sent);
    if (call.id) this.#callsById.set(call.id, call);
    if (sent.index !== undefined) this.#callsByIndex.set(sent.index, call);
    return { index: call.index, id: call.id, name: call.name, arguments: sent.arguments };
  }

  /** The calls, in the order in which they began. */
  list({ isFinished, isCut }: StreamState): ToolCall[] {
    return this.#calls.map((call) => {
      // A tool without parameters is called with no arguments at all by Ollama and some gateways.
      const hasNone = call.arguments.trim() === '' && !call.isCustom;
      const json = hasNone && isFinished ? '{}' : call.arguments;
      const isWhole = call.isCustom ? !isCut : hasNone ? !isCut : parseJson(json) !== undefined;
      return {
        id: call.id || `call_${call.index}`,
        name: call.name,
        arguments: json,
        complete: isFinished && isWhole && call.name !== '',
        ...(call.isCustom && { type: 'custom' as const }),
      };
    });
  }

  /** The call that a fragment speaks of, if it speaks of one that has begun. */
  #findCall({ index, id, name }: Sent): Call | undefined {
    const byId = id === '' ? undefined : this.#callsById.get(id);
    if (byId) return byId;
    const byIndex = index === undefined ? undefined : this.#callsByIndex.get(index);
    if (byIndex) return byIndex;
    // A fragment of arguments whose index nobody opened, or without index, goes on with the latest call.
    return name === '' && id === '' ? this.#calls.at(-1) : undefined;
  }

  #begin(sent: Sent): Call {
    const { id, name, isCustom } = sent;
    const call = { index: this.#calls.length, id, name, arguments: sent.arguments, isCustom };
    this.#calls.push(call);
    return call;
  }
}

/** Whether a fragment is another call, although one has its place. */
function beginsAnother(sent: Sent, known: Call): boolean {
  if (sent.name === '' || known.name === '') return false;
  // Older Ollama sends every call whole, at index 0, under an id of its own.
  if (sent.id !== '') return known.id !== '' && sent.id !== known.id;
  // Gateways send whole calls without ids, all at one index.
  const isWhole = parseJson(known.arguments) !== undefined;
  return isWhole && (sent.arguments !== '' || sent.name !== known.name);
}

function goOn(call: Call, sent: Sent): void {
  call.id ||= sent.id;
  call.isCustom ||= sent.isCustom;
  // LM Studio 0.3.16 sent `"name":""` with every fragment, others repeat the name with the arguments.
  if (call.arguments === '') call.name = joinName(call.name, sent.name);
  else call.name ||= sent.name;
  call.arguments += sent.arguments;
}

/** A name that comes in pieces, or is sent again, or again and longer. */
function joinName(known: string, sent: string): string {
  return sent.startsWith(known) ? sent : sent === '' ? known : known + sent;
}

function readItem(item: unknown): Sent {
  const { index, id, function: called, custom } = fieldsOf(item);
  const isCustom = custom !== undefined && custom !== null;
  const { name, arguments: json, input } = fieldsOf(isCustom ? custom : called);
  return {
    index: typeof index === 'number' ? index : undefined,
    id: textOf(id),
    name: textOf(name),
    arguments: textOf(isCustom ? input : json),
    isCustom,
  };
}

/** Text as it is, nothing as nothing, and anything else as the JSON that it was. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return value ? JSON.stringify(value) : '';
  } catch {
    // Nested deeper than the stack.
    return '';
  }
}
