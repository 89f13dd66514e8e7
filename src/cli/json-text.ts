import { parseJson } from '../json.ts';

/** A value in a JSON text: where it stands, and where the values in it stand. */
export interface JsonNode {
  start: number;
  /** Behind its last character. */
  end: number;
  /** Of an object; of two members of one name the later one counts, as for JSON.parse. */
  members?: Map<string, JsonNode>;
  /** Of an array. */
  items?: JsonNode[];
}

/** A string's inside is left to JSON.parse. */
const TOKEN =
  /[ \t\n\r]*(?:[{}[\],:]|"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/sy;

/**
 * Finds the values of a JSON text, so that one can be replaced and the rest left as it was written.
 * @throws {SyntaxError} naming the line and column of the first mistake (which JSON.parse does not always do)
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function locateJson(text: string): JsonNode {
  let at = 0;

  /** The token here; `''` at the end of the text. */
  function peek(): { token: string; start: number } {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text)?.[0];
    if (found === undefined && /[^ \t\n\r]/.test(text.slice(at))) fail();
    const token = found?.trimStart() ?? '';
    if (token.startsWith('"') && parseJson(token) === undefined) fail();
    return { token, start: TOKEN.lastIndex - token.length };
  }

  function take(...wanted: string[]): string {
    const { token, start } = peek();
    if (!wanted.includes(token)) fail();
    at = start + token.length;
    return token;
  }

  function fail(): never {
    const rest = /[^ \t\n\r]/.exec(text.slice(at));
    const position = rest === null ? text.length : at + rest.index;
    const before = text.slice(0, position).split('\n');
    const what = rest === null ? 'the end of the file' : JSON.stringify(rest[0]);
    throw new SyntaxError(
      `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what} is not expected there`,
    );
  }

  function value(depth: number): JsonNode {
    const { token, start } = peek();
    if (token === '' || ']},:'.includes(token) || depth > 500) fail();
    at = start + token.length;
    const node: JsonNode = { start, end: at };
    if (token === '{') node.members = members(depth + 1);
    if (token === '[') node.items = items(depth + 1);
    node.end = at;
    return node;
  }

  function members(depth: number): Map<string, JsonNode> {
    const found = new Map<string, JsonNode>();
    if (peek().token === '}') {
      take('}');
      return found;
    }
    do {
      const name = peek().token;
      if (!name.startsWith('"')) fail();
      take(name);
      take(':');
      found.set(JSON.parse(name), value(depth));
    } while (take(',', '}') === ',');
    return found;
  }

  function items(depth: number): JsonNode[] {
    const found: JsonNode[] = [];
    if (peek().token === ']') {
      take(']');
      return found;
    }
    do found.push(value(depth));
    while (take(',', ']') === ',');
    return found;
  }

  const root = value(0);
  if (peek().token !== '') fail();
  return root;
}
