import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Exchange, listExchanges, readExchange } from './exchange.ts';
import { frameEnds } from './frames.ts';
import { pieces } from './play.ts';
import { findSecret, secretsOf } from './secrets.ts';

/** What a folder of exchanges holds, and what is wrong with it. */
export interface Checked {
  readonly exchanges: readonly Exchange[];
  /** Each one names the file and what is wrong. */
  readonly problems: readonly string[];
}

/** Checks a folder as `local-llm check` does: format, hashes, sums, line ends, secrets, and files of no exchange. */
export async function checkFolder(folder: string): Promise<Checked> {
  const exchanges: Exchange[] = [];
  const problems: string[] = [];
  const files = await listExchanges(folder);
  const known = new Set(files.map(({ file }) => file));
  for (const { name, file } of files) {
    try {
      const exchange = await readExchange(file, name);
      known.add(join(file, '..', exchange.response.body));
      for (const problem of await problemsOf(exchange)) problems.push(`${file}: ${problem}`);
      exchanges.push(exchange);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  for (const file of await readdir(folder, { recursive: true })) {
    const ours = /\.(sse|tmp)$|\.body\.(json|txt)$/.test(file);
    if (ours && !known.has(join(folder, file))) {
      problems.push(`${join(folder, file)}: belongs to no exchange; a recording that was stopped?`);
    }
  }
  if (files.length === 0) problems.push(`${folder}: holds no exchange`);
  return { exchanges, problems };
}

/** What reading does not mind, or cannot see. */
async function problemsOf(exchange: Exchange): Promise<string[]> {
  const { file, provenance, request, response, chunks } = exchange;
  const body = new TextDecoder().decode(await exchange.readBody());
  const head = await readFile(file, 'utf8');
  const problems: string[] = [];
  if (provenance.kind === 'recorded') {
    const there = { chunks, 'response.bytes': response.bytes, 'response.sha256': response.sha256 };
    for (const [field, value] of Object.entries(there)) {
      if (value === undefined) problems.push(`${field} is missing, which a recording has`);
    }
  }
  if (head.includes('\r'))
    problems.push("it has CR line ends ('fixtures/** -text' in .gitattributes)");
  if (response.sha256 === undefined && body.includes('\r')) {
    problems.push(
      `${response.body} has CR line ends; if they are meant, confirm them with response.sha256`,
    );
  }
  const known = secretsOf(process.env);
  const secret =
    findSecret({ provenance, request, response }, known, 'it') ??
    findSecret(body, known, response.body);
  if (secret) problems.push(secret);
  return problems;
}

/**
 * Shows an exchange, a frame a line: when it was whole (ms since the request), its bytes, its text. `|` marks a
 * chunk's end inside a frame, `{1|3}` one inside a character, with the character's bytes on both sides.
 */
export async function* show(exchange: Exchange): AsyncGenerator<string> {
  const { name, provenance, request, response, end } = exchange;
  yield `${name} (${provenance.kind}): ${request.method} ${request.path} -> ${response.status}, ${end}`;
  const body = await exchange.readBody();
  const ends = [...pieces(exchange, body)];
  let from = 0;
  let piece = 0;
  for (const to of response.body.endsWith('.sse') ? frameEnds(body) : [body.length]) {
    const inside: number[] = [];
    while ((ends[piece]?.to ?? to) < to) {
      const border = ends[piece++]?.to ?? to;
      if (border > from) inside.push(border);
    }
    const due = String(ends[piece]?.due ?? 0).padStart(7);
    yield `${due} ms ${String(to - from).padStart(6)} B  ${marked(body, from, to, inside)}`;
    from = to;
  }
}

/** The text between two places, with marks where chunks end inside. */
function marked(body: Uint8Array, from: number, to: number, borders: readonly number[]): string {
  const isInside = (at: number) => ((body[at] ?? 0) & 0xc0) === 0x80;
  const text = (start: number, end: number) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(body.subarray(start, end));
  let shown = '';
  let start = from;
  for (const border of borders) {
    let first = border;
    let last = border;
    while (first > start && isInside(first)) first--;
    while (last < to && isInside(last)) last++;
    shown += text(start, last) + (first === last ? '|' : `{${border - first}|${last - border}}`);
    start = last;
  }
  shown += text(start, to);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not reach a terminal
  return shown.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
}
