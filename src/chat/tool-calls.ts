import { fieldsOf, parseJson } from '../json.ts';
import type { ToolCall } from './types.ts';

/** A fragment, or the call that is being put together from them, with its place. */
export interface ToolFragment {
  index: number;
  id: string;
  name: string;
  arguments: string;
}

/** Puts tool calls together from their fragments. */
export interface ToolCallCollector {
  /** Takes one item of a delta's `tool_calls`. */
  add(fragment: unknown): ToolFragment;
  /** The calls in the order in which they began. */
  calls(finished: boolean): ToolCall[];
}

/**
 * Collects by `index`; without one by `id`; without either, a name begins a call and the rest goes on with the last.
 * The first id and name that are not empty win (LM Studio 0.3.16 sent `"name":""` with every fragment). Another id with
 * a name begins a call of its own, also at an index that is taken: older Ollama sends every call whole, at index 0.
 */
export function createToolCallCollector(): ToolCallCollector {
  const calls: ToolFragment[] = [];
  /** By index and by id; the last one by ''. */
  const found = new Map<unknown, ToolFragment>();

  return {
    add(fragment) {
      const { index, id: sentId, function: called } = fieldsOf(fragment);
      const { name: sentName, arguments: sent } = fieldsOf(called);
      const id = text(sentId);
      const name = text(sentName);
      const piece = text(sent);
      const key = typeof index === 'number' ? index : id;
      let call = found.get(key);
      if (!call || (name && (id ? call.id && call.id !== id : key === ''))) {
        call = { index: calls.length, id, name, arguments: '' };
        calls.push(call);
      }
      call.id ||= id;
      call.name ||= name;
      call.arguments += piece;
      for (const each of [key, call.id, '']) found.set(each, call);
      return { ...call, arguments: piece };
    },
    calls: (finished) =>
      calls.map(({ index, id, ...call }) => ({
        id: id || `call_${index}`,
        ...call,
        complete: finished && parseJson(call.arguments) !== undefined,
      })),
  };
}

/** Text as it is, nothing as nothing, and anything else as the JSON that it was. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return value ? JSON.stringify(value) : '';
  } catch {
    // Nested deeper than the stack.
    return '';
  }
}
