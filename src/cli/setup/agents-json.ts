import { isDeepStrictEqual } from 'node:util';
import { applyEdits, type FormattingOptions, modify, type ParseError, parse } from 'jsonc-parser';
import { isObject, type JsonObject, parseJson } from '../../client/json.ts';

/** An entry of My Assistant's agents.json. Only what is given is set; the rest of the entry stays. */
export interface AgentEntry {
  name: string;
  /** Relative to the folder of agents.json, with `/`. */
  path: string;
  llm: { baseURL?: string; model?: string };
}

/** A place in a text, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

/**
 * What is thrown if My Assistant itself could not read the list.
 * @param place - where it is no JSON; `undefined` if it is JSON, but not an object with one list `agents`
 */
type Refuse = (place?: Place) => Error;

/** With it at its beginning My Assistant cannot read a file: its `JSON.parse` throws. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Adds the entry to the text of an agents.json, or brings it up to date. Every other character stays, except a byte order mark, which is
 * taken out.
 * @param text - `undefined` if there is no file yet
 */
export function setAgent(text: string | undefined, entry: AgentEntry, refuse: Refuse): string {
  const old = (text ?? '').replace(BYTE_ORDER_MARK, '');
  if (old.trim() === '') return `${JSON.stringify({ agents: [merge({}, entry)] }, null, 2)}\n`;
  const agents = readAgents(old, refuse);
  const index = agents.findIndex((agent) => isObject(agent) && agent.name === entry.name);
  const found = agents[index];
  const merged = merge(isObject(found) ? found : {}, entry);
  if (isDeepStrictEqual(merged, found)) return old;
  const place = index === -1 ? agents.length : index;
  const edits = modify(old, ['agents', place], merged, { formattingOptions: formattingOf(old) });
  const changed = applyEdits(old, edits);
  // Of two members of one name the parser changes the first, and My Assistant reads the last.
  if (!isDeepStrictEqual(readAgents(changed, refuse)[place], merged)) throw refuse();
  return changed;
}

/** The model and base URL that an entry has now. */
export function readAgent(
  text: string | undefined,
  name: string,
): { baseURL?: unknown; model?: unknown } {
  const root = parseJson((text ?? '').replace(BYTE_ORDER_MARK, ''));
  const agents = isObject(root) && Array.isArray(root.agents) ? root.agents.filter(isObject) : [];
  return llmOf(agents.find((agent) => agent.name === name) ?? {});
}

/** The entries of a list; empty if there is no list yet. */
function readAgents(text: string, refuse: Refuse): readonly unknown[] {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const root = parseJson(text);
  const offset = errors[0]?.offset ?? (root === undefined ? 0 : undefined);
  if (offset !== undefined) throw refuse(placeOf(text, offset));
  const agents = isObject(root) ? (root.agents ?? []) : undefined;
  if (!Array.isArray(agents)) throw refuse();
  return agents;
}

function placeOf(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function formattingOf(text: string): FormattingOptions {
  const indent = /^[{\s]*\n([ \t]+)/.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function merge(old: JsonObject, { name, path, llm }: AgentEntry): JsonObject {
  const metadata = isObject(old.metadata) ? old.metadata : {};
  return { ...old, name, path, metadata: { ...metadata, llm: { ...llmOf(old), ...llm } } };
}

function llmOf({ metadata }: JsonObject): JsonObject {
  return isObject(metadata) && isObject(metadata.llm) ? metadata.llm : {};
}
