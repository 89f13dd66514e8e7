import { isDeepStrictEqual } from 'node:util';
import {
  applyEdits,
  type FormattingOptions,
  modify,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { isObject, type JsonObject, parseJson } from '../../client/json.ts';

/** An entry of My Assistant's agents.json. Only what is given is set; the rest of the entry stays. */
export interface AgentEntry {
  name: string;
  /** Relative to the folder of agents.json, with `/`. */
  path: string;
  llm: { baseURL?: string; model?: string };
}

/** An `agents.json` that cannot be changed, because My Assistant itself could not read it. */
export class AgentsFileError extends Error {
  override name = 'AgentsFileError';
  /** Counted from 1; absent if it is about the whole file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly problem: AgentsFileProblem;

  constructor(problem: AgentsFileProblem, place?: { line: number; column: number }) {
    super(problem);
    this.problem = problem;
    this.line = place?.line;
    this.column = place?.column;
  }
}

/** What is wrong with a file. */
export type AgentsFileProblem =
  | 'comment'
  | 'trailing-comma'
  | 'unfinished'
  | 'unexpected'
  | 'no-object'
  | 'no-list'
  | 'twice';

/** With it at its beginning My Assistant cannot read a file: its `JSON.parse` throws. */
const BYTE_ORDER_MARK = '\ufeff';

export const hasByteOrderMark = (text: string): boolean => text.startsWith(BYTE_ORDER_MARK);

/**
 * Adds the entry to the text of an agents.json, or brings it up to date. Every other character stays, except a byte order mark, which is
 * taken out.
 * @param text - `undefined` if there is no file yet
 * @throws {AgentsFileError} if the text is not valid JSON, or not what My Assistant reads
 */
export function setAgent(text: string | undefined, entry: AgentEntry): string {
  const old = (text ?? '').replace(BYTE_ORDER_MARK, '');
  if (old.trim() === '') return `${JSON.stringify({ agents: [merge({}, entry)] }, null, 2)}\n`;
  const agents = readAgents(old);
  const index = agents.findIndex((agent) => isObject(agent) && agent.name === entry.name);
  const found = agents[index];
  const merged = merge(isObject(found) ? found : {}, entry);
  if (isDeepStrictEqual(merged, found)) return old;
  const place = index === -1 ? agents.length : index;
  const edits = modify(old, ['agents', place], merged, { formattingOptions: formattingOf(old) });
  const changed = applyEdits(old, edits);
  // Of two members of one name the parser changes the first, and My Assistant reads the last.
  if (!isDeepStrictEqual(readAgents(changed)[place], merged)) throw new AgentsFileError('twice');
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
function readAgents(text: string): readonly unknown[] {
  const errors: ParseError[] = [];
  const tree: Node | undefined = parseTree(text, errors, {
    disallowComments: true,
    allowTrailingComma: false,
  });
  const [first] = errors;
  if (first !== undefined) {
    throw new AgentsFileError(problemAt(text, first), placeOf(text, first.offset));
  }
  const root = parseJson(text);
  if (tree === undefined || root === undefined) throw new AgentsFileError('unexpected');
  if (!isObject(root)) throw new AgentsFileError('no-object');
  if (root.agents === undefined) return [];
  if (!Array.isArray(root.agents)) throw new AgentsFileError('no-list');
  return root.agents;
}

function problemAt(text: string, { error, offset }: ParseError): AgentsFileProblem {
  if (printParseErrorCode(error) === 'InvalidCommentToken') return 'comment';
  if (text.slice(offset).trim() === '') return 'unfinished';
  const isBehindComma = text.slice(0, offset).trimEnd().endsWith(',');
  return isBehindComma && /[\]}]/.test(text[offset] ?? '') ? 'trailing-comma' : 'unexpected';
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** As the file is written already. */
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
