import { isObject, parseJson } from './guards.ts';
import type { ToolCall } from './types.ts';

/** A call that is being put together. */
interface OpenCall {
  readonly index: unknown;
  id: string;
  name: string;
  arguments: string;
}

/** A fragment, told apart, with the place of its call. */
export interface ToolFragment {
  index: number;
  id: string;
  name: string;
  arguments: string;
}

/** Puts tool calls together from their fragments. */
export interface ToolCallCollector {
  /** Takes one item of a delta's `tool_calls`, of whatever shape. */
  add(fragment: unknown): ToolFragment | undefined;
  /** The calls in the order in which they began. */
  calls(finished: boolean): ToolCall[];
}

/**
 * Collects by `index`; without one by `id`; without either, a name begins a call and the rest goes on with the last.
 * The first id and name that are not empty win (LM Studio 0.3.16 sent `"name":""` with every fragment). Another id with
 * a name begins a call of its own, also at an index that is taken: older Ollama sends every call whole, at index 0.
 */
export function createToolCallCollector(): ToolCallCollector {
  const open: OpenCall[] = [];

  return {
    add(fragment) {
      if (!isObject(fragment)) return undefined;
      const { index, function: called } = fragment;
      const { name: sentName, arguments: sent } = isObject(called) ? called : {};
      const id = text(fragment.id);
      const name = text(sentName);
      const piece = typeof sent === 'object' && sent !== null ? JSON.stringify(sent) : text(sent);
      let call = open.findLast((other) =>
        typeof index === 'number' ? other.index === index : id ? other.id === id : !name,
      );
      if (!call || (name && id && call.id && call.id !== id)) {
        call = { index, id, name, arguments: '' };
        open.push(call);
      }
      call.id ||= id;
      call.name ||= name;
      call.arguments += piece;
      return { index: open.indexOf(call), id: call.id, name: call.name, arguments: piece };
    },
    calls: (finished) =>
      open.map((call, position) => ({
        id: call.id || `call_${position}`,
        name: call.name,
        arguments: call.arguments,
        complete: finished && parseJson(call.arguments) !== undefined,
      })),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
