import { fieldsOf, isObject, parseJson } from '../json.ts';
import type { ToolCall } from '../types.ts';
import { utf8Length } from './sse.ts';
import type { EndKind } from './verdict.ts';

/** What one fragment costs beside its text, so that a flood of empty ones is bounded, too. */
const FRAGMENT_BYTES = 64;

/** A fragment, or the call that is being put together from them, with its place. */
interface ToolFragment {
  index: number;
  id: string;
  name: string;
  arguments: string;
}

interface Call extends ToolFragment {
  isCustom: boolean;
  /** The last piece of its arguments. To look at the end of all of them for each piece would cost the square of their length. */
  latest: string;
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
 * latest call. It begins a call if it has a name and nothing of it is known yet. Servers differ in what they send
 * of all this, and the methods below say which server sends what.
 */
export class ToolCallCollector {
  /** What came, in bytes of UTF-8. */
  bytes = 0;
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
    const call = known && !beginsAnother(sent, known) ? known : this.#begin(sent.isCustom);
    goOn(call, sent);
    this.bytes += FRAGMENT_BYTES + utf8Length(sent.id + sent.name + sent.arguments);
    if (call.id) this.#callsById.set(call.id, call);
    if (sent.index !== undefined) this.#callsByIndex.set(sent.index, call);
    return { index: call.index, id: call.id, name: call.name, arguments: sent.arguments };
  }

  /**
   * The calls, in the order in which they began.
   * @param end - how the stream ended, if it has ended
   */
  list(end: EndKind | undefined): ToolCall[] {
    return this.#calls.map((call) => {
      const { json, isWhole } = readArguments(call, end);
      return {
        id: call.id || `call_${call.index}`,
        name: call.name,
        arguments: json,
        complete: isWhole && call.name !== '',
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

  #begin(isCustom: boolean): Call {
    const index = this.#calls.length;
    const call = { index, id: '', name: '', arguments: '', isCustom, latest: '' };
    this.#calls.push(call);
    return call;
  }
}

/** A call's arguments, and whether they are all that the model wrote and what a tool can be given. */
function readArguments(call: Call, end: EndKind | undefined): { json: string; isWhole: boolean } {
  const { arguments: text, isCustom } = call;
  const isAtEnd = end === 'whole';
  if (isCustom) return { json: text, isWhole: isAtEnd };
  // A tool without parameters is called with no arguments at all by Ollama and some gateways.
  if (end && text.trim() === '') return { json: '{}', isWhole: isAtEnd };
  // An object that is whole was not cut.
  const value = isAtEnd || end === 'cut' ? parseJson(text) : undefined;
  // Some gateways write the object as JSON twice: it is in a string.
  const isInString = typeof value === 'string' && isObject(parseJson(value));
  return { json: isInString ? value : text, isWhole: isInString || isObject(value) };
}

/** Whether a fragment is another call, although one has its place. */
function beginsAnother(sent: Sent, known: Call): boolean {
  if (sent.name === '' || known.name === '') return false;
  // Older Ollama sends every call whole, at index 0, under an id of its own.
  if (sent.id !== '') return known.id !== '' && sent.id !== known.id;
  if (known.latest === '') return false;
  // Gateways send whole calls without ids, all at one index.
  const isBetweenObjects = known.latest.endsWith('}') && sent.arguments.startsWith('{');
  return sent.name !== known.name || isBetweenObjects;
}

function goOn(call: Call, sent: Sent): void {
  call.id ||= sent.id;
  call.isCustom ||= sent.isCustom;
  // LM Studio 0.3.16 sent `"name":""` with every fragment, others repeat the name with the arguments.
  if (call.arguments === '') call.name = joinName(call.name, sent.name);
  else call.name ||= sent.name;
  call.arguments += sent.arguments;
  call.latest = sent.arguments || call.latest;
}

/** A name that comes in pieces, or is sent again, or again and longer. */
const joinName = (known: string, sent: string): string =>
  sent.startsWith(known) ? sent : known + sent;

function readItem(item: unknown): Sent {
  const { index, id, function: called, custom } = fieldsOf(item);
  const isCustom = custom !== undefined && custom !== null;
  const { name, arguments: json, input } = fieldsOf(isCustom ? custom : called);
  return {
    index: typeof index === 'number' ? index : undefined,
    id: asText(id),
    name: asText(name),
    arguments: asText(isCustom ? input : json),
    isCustom,
  };
}

/** Text as it is, nothing as nothing, and anything else as the JSON that it was. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return value ? JSON.stringify(value) : '';
  } catch {
    // Nested deeper than the stack.
    return '';
  }
}
