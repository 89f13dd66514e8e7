import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../json.ts';
import { type JsonNode, locateJson } from './json-text.ts';

/** What is to stand in My Assistant's agents.json. Only what is given is set; the rest of an entry stays. */
export interface AgentEntry {
  name: string;
  /** Relative to the folder of agents.json. */
  path: string;
  llm: { baseURL?: string; model?: string };
}

/**
 * The text of an agents.json with the entry added, or brought up to date; every other character stays as it was.
 * @param text - `''` where there is no file yet
 * @throws {SyntaxError} where the text is not valid JSON, or not what My Assistant reads
 */
export function setAgent(text: string, entry: AgentEntry): string {
  if (text.trim() === '') return `${JSON.stringify({ agents: [merge({}, entry)] }, null, 2)}\n`;
  const root = locateJson(text);
  if (root.members === undefined) throw new SyntaxError('it must be an object');
  const unit = /^[{\s]*\n([ \t]+)/.exec(text)?.[1] ?? '  ';
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const write = (value: unknown, indent: string) =>
    JSON.stringify(value, null, unit).replaceAll('\n', newline + indent);
  const replace = ({ start, end }: JsonNode, value: string) =>
    text.slice(0, start) + value + text.slice(end);
  /** Adds to a list or an object, behind what is there. */
  const append = (node: JsonNode, last: JsonNode | undefined, added: string, indent: string) => {
    const [open = '', close = ''] = [text[node.start], text[node.end - 1]];
    if (last === undefined) {
      return replace(node, `${open}${newline}${indent}${unit}${added}${newline}${indent}${close}`);
    }
    return replace({ start: last.end, end: last.end }, `,${newline}${indent}${unit}${added}`);
  };

  const agents = root.members.get('agents');
  if (agents === undefined) {
    const last = [...root.members.values()].at(-1);
    return append(root, last, `"agents": ${write([merge({}, entry)], unit)}`, '');
  }
  if (agents.items === undefined) throw new SyntaxError('its "agents" must be a list');
  const indent = indentAt(text, agents.end - 1);
  for (const item of agents.items) {
    const old: unknown = JSON.parse(text.slice(item.start, item.end));
    if (!isObject(old) || old.name !== entry.name) continue;
    const merged = merge(old, entry);
    return isDeepStrictEqual(merged, old)
      ? text
      : replace(item, write(merged, indentAt(text, item.start)));
  }
  return append(agents, agents.items.at(-1), write(merge({}, entry), indent + unit), indent);
}

/** The model and base URL that an entry has now. */
export function readAgent(text: string, name: string): { baseURL?: unknown; model?: unknown } {
  const root: unknown = text.trim() === '' ? {} : JSON.parse(text);
  const agents = isObject(root) && Array.isArray(root.agents) ? root.agents.filter(isObject) : [];
  return llmOf(agents.find((agent) => agent.name === name) ?? {});
}

function merge(old: JsonObject, { name, path, llm }: AgentEntry): JsonObject {
  const metadata = isObject(old.metadata) ? old.metadata : {};
  return { ...old, name, path, metadata: { ...metadata, llm: { ...llmOf(old), ...llm } } };
}

function llmOf({ metadata }: JsonObject): JsonObject {
  return isObject(metadata) && isObject(metadata.llm) ? metadata.llm : {};
}

/** The white space at the beginning of the line. */
function indentAt(text: string, position: number): string {
  return /[ \t]*/.exec(text.slice(text.lastIndexOf('\n', position - 1) + 1))?.[0] ?? '';
}
