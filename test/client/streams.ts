import type { ChatChunk } from '../../src/index.ts';

const encoder = new TextEncoder();

/** Data frames, one for each value; a string is sent as it is. */
export function frames(...data: readonly unknown[]): string {
  return data
    .map((item) => `data: ${typeof item === 'string' ? item : JSON.stringify(item)}\n\n`)
    .join('');
}

/** A chunk with this delta in its first choice. */
export function chunk(delta: unknown, finishReason: string | null = null): ChatChunk {
  return { model: 'tiny', choices: [{ index: 0, delta, finish_reason: finishReason }] };
}

/** A plain reply, with usage. */
export const hello = frames(
  chunk({ role: 'assistant', content: 'Hel' }),
  chunk({ content: 'lo' }),
  chunk({}, 'stop'),
  { choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } },
  '[DONE]',
);

/** What a {@link fakeServer} has seen. */
export interface Seen {
  requests: { url: string; init: RequestInit }[];
  /** Bodies that were cancelled by their reader. */
  cancelled: number;
}

/**
 * A `fetch` that answers from memory.
 * @param reads - what each read of the body gives, in order; a promise is awaited, an error breaks the body. After the
 * last one the body ends, unless that is a promise that stays pending
 */
export function fakeServer(
  reads: readonly (string | Uint8Array | Error | Promise<string>)[],
  init: ResponseInit = {},
): { fetch: (url: string, init: RequestInit) => Promise<Response>; seen: Seen } {
  const seen: Seen = { requests: [], cancelled: 0 };
  const fetch = async (url: string, request: RequestInit) => {
    seen.requests.push({ url, init: request });
    let next = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const read = await reads[next++];
          if (read === undefined) controller.close();
          else if (read instanceof Error) controller.error(read);
          else controller.enqueue(typeof read === 'string' ? encoder.encode(read) : read);
        },
        cancel() {
          seen.cancelled++;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { 'content-type': 'text/event-stream' }, ...init });
  };
  return { fetch, seen };
}

/** A {@link fakeServer} whose reads the test hands out when it wants to; what was not handed out is silence. */
export function serverByHand() {
  const give: ((read: string) => void)[] = [];
  const reads = Array.from(
    { length: 20 },
    () => new Promise<string>((resolve) => give.push(resolve)),
  );
  return { ...fakeServer(reads), give: (read: string) => give.shift()?.(read) };
}

/** A promise that stays pending: a server that is silent. */
export const silence = new Promise<never>(() => {});

/** All that a loop over it gives. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
