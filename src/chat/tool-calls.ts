import { isObject, parseJson, utf8Length } from './guards.ts';
import type { ReplyEvent, ToolCall } from './types.ts';

/** What one call costs beside its strings, so that a flood of empty calls is bounded too. */
const CALL_BYTES = 64;

interface OpenCall {
  wireIndex: unknown;
  wireId: string;
  name: string;
  arguments: string;
}

/** Puts tool calls together from their fragments. */
export interface ToolCallCollector {
  /**
   * Takes a delta's `tool_calls`, of whatever shape.
   * @returns the fragments that tell something new, and the bytes that they add
   */
  add(fragments: unknown): { events: Extract<ReplyEvent, { type: 'tool_call' }>[]; bytes: number };
  /** The calls in the order in which they began. */
  calls(finished: boolean): ToolCall[];
}

/**
 * Collects by `index`; without one by `id`; without either, what has a name begins a call and the rest goes on with
 * the last. The first id and name that are not empty win (LM Studio 0.3.16 sent `"name":""` with every fragment). A
 * fragment with another id and a name begins a call of its own, even at an index that is taken: older Ollama sends
 * every call whole, at index 0.
 */
export function createToolCallCollector(): ToolCallCollector {
  const open: OpenCall[] = [];

  function find(index: unknown, id: string, name: string): OpenCall | undefined {
    const last = open.length - 1;
    const found =
      typeof index === 'number'
        ? open.findLast((call) => call.wireIndex === index)
        : id !== ''
          ? open.findLast((call) => call.wireId === id)
          : name === ''
            ? open[last]
            : undefined;
    const another = found !== undefined && id !== '' && found.wireId !== '' && found.wireId !== id;
    return another && name !== '' ? undefined : found;
  }

  return {
    add(fragments) {
      const events: Extract<ReplyEvent, { type: 'tool_call' }>[] = [];
      let bytes = 0;
      for (const fragment of Array.isArray(fragments) ? fragments : []) {
        if (!isObject(fragment)) continue;
        const called = isObject(fragment.function) ? fragment.function : {};
        const id = string(fragment.id);
        const name = string(called.name);
        const argued = called.arguments ?? '';
        const piece = typeof argued === 'string' ? argued : JSON.stringify(argued);
        let call = find(fragment.index, id, name);
        if (call === undefined) {
          call = { wireIndex: fragment.index, wireId: '', name: '', arguments: '' };
          open.push(call);
          bytes += CALL_BYTES;
        }
        if (call.wireId === '') {
          call.wireId = id;
          bytes += utf8Length(id);
        }
        if (call.name === '') {
          call.name = name;
          bytes += utf8Length(name);
        }
        call.arguments += piece;
        bytes += utf8Length(piece);
        events.push({
          type: 'tool_call',
          index: open.indexOf(call),
          id: call.wireId,
          name: call.name,
          arguments: piece,
        });
      }
      return { events, bytes };
    },
    calls: (finished) =>
      open.map((call, position) => ({
        id: call.wireId || `call_${position}`,
        name: call.name,
        arguments: call.arguments,
        complete: finished && parseJson(call.arguments) !== undefined,
      })),
  };
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
