import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listExchanges, listFiles } from '../replay/exchange/folder.ts';
import type { Exchange } from '../replay/exchange/format.ts';
import { readExchange } from '../replay/index.ts';
import { cluesOf, findSecret, findSecretInBody } from '../replay/record/secrets.ts';

/** What a folder of exchanges holds, and what is wrong with it. */
interface Checked {
  readonly exchanges: readonly Exchange[];
  /** Each one names the file and what is wrong. */
  readonly problems: readonly string[];
}

/**
 * Checks a folder as `local-llm-stream-agent check` does: format, hashes, sums, line ends, secrets, and files of no exchange.
 */
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
  for (const entry of listFiles(folder)) {
    const file = join(folder, entry);
    const head = file.replace(/(\.sse|\.ndjson|\.body\.(json|txt))$/, '.json');
    // The body of a head that cannot be read is no leftover.
    const isBody = head !== file;
    const isFine = isBody ? known.has(file) || known.has(head) : !/\.(tmp|lock)$/.test(file);
    if (!isFine) problems.push(`${file}: belongs to no exchange; an interrupted recording?`);
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
  const clues = cluesOf(process.env);
  const secret =
    findSecret({ provenance, request, response }, clues, 'it') ??
    findSecretInBody(body, clues, response.body);
  if (secret) problems.push(secret);
  return problems;
}
