import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listExchanges, readExchange } from '../../src/replay/exchange/folder.ts';
import { startHttpServer } from '../tools/http-server.ts';

/** What of a test's context is used here. */
interface TestContext {
  after(done: () => unknown): void;
}

/** The project's own fixtures. */
export const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));

export const readFixture = (name: string) => readExchange(join(fixtures, `${name}.json`), name);

/** Every exchange of the project. */
export async function allFixtures() {
  const found = await listExchanges(fixtures);
  return Promise.all(found.map(({ file, name }) => readExchange(file, name)));
}

/** An empty folder that goes with the test. */
export async function scratch(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The parts of a hand-written exchange; what is left out has a plain value. */
export interface Written {
  request?: object;
  response?: object;
  end?: string;
  chunks?: unknown;
  provenance?: object;
  format?: unknown;
  content?: string | Uint8Array;
}

/** Writes an exchange by hand. */
export async function write(folder: string, name: string, parts: Written = {}): Promise<void> {
  const { content = 'data: [DONE]\n\n', request, response, ...rest } = parts;
  const body = { messages: [{ role: 'user', content: 'hi' }] };
  const head = {
    format: 1,
    provenance: { kind: 'modelled', source: 'this test' },
    request: { method: 'POST', path: '/v1/chat/completions', headers: {}, body, ...request },
    response: {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: `${name}.sse`,
      ...response,
    },
    end: 'complete',
    ...rest,
  };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(head));
  await writeFile(join(folder, head.response.body), content);
}

/** The request of {@link write}. */
export const ask = (content = 'hi'): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ messages: [{ role: 'user', content }] }),
});

/** An HTTP server for the time of a test. */
export async function startServer(t: TestContext, answer: RequestListener): Promise<string> {
  const { origin, close } = await startHttpServer(answer);
  t.after(close);
  return origin;
}

/** Sends bytes and waits until the kernel has them. */
export const sent = (response: ServerResponse, bytes: string | Uint8Array) =>
  new Promise<void>((done) => response.write(bytes, () => done()));

/** What a response's body gave: its chunks, and the error that ended it. */
export async function readBody(
  response: Response,
): Promise<{ chunks: Uint8Array[]; error?: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
    return { chunks };
  } catch (error) {
    return { chunks, error };
  }
}

export const textOf = (chunks: readonly Uint8Array[]): string => {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
};

export const sizesOf = (chunks: readonly Uint8Array[]): number[] =>
  chunks.map(({ length }) => length);
