/** A program's own options, in every form that is taken. */
import {
  type Fetch,
  listModels,
  type ServerOptions,
  type StreamOptions,
  streamChat,
} from 'local-llm-stream-agent';

const messages = [{ role: 'user', content: 'Hello' }];
const headers: NonNullable<ServerOptions['headers']>[] = [
  { 'x-a': 'b' },
  { 'x-a': 'b' } as const,
  { 'x-a': 'b' } as Record<string, string>,
  new Headers({ 'x-a': 'b' }),
  [['x-a', 'b']],
  [['x-a', 'b']] as const,
  new Map([['x-a', 'b']]),
  new URLSearchParams('x-a=b').entries(),
  new Request('http://127.0.0.1').headers,
];
for (const given of headers) streamChat({ messages }, { headers: given });
export const listed = listModels({ headers: new Headers(), apiKey: undefined });

const { signal } = new AbortController();
const fetches: Fetch[] = [fetch, globalThis.fetch, async () => new Response('')];
const options: StreamOptions = {
  baseURL: new URL('http://127.0.0.1:1234/v1'),
  signal,
  fetch: fetches[0],
  timeouts: { firstToken: 0, idle: Number.POSITIVE_INFINITY },
  maxEventBytes: 2 ** 20,
  maxResultBytes: undefined,
  onChunk: ({ choices, usage }, rawData) => [choices, usage, rawData.length],
};
streamChat({ messages }, options);

// @ts-expect-error a value is a string
streamChat({ messages }, { headers: { 'x-a': 7 } });
// @ts-expect-error an entry has two parts
streamChat({ messages }, { headers: [['x-a']] });
// @ts-expect-error the text of headers is none
streamChat({ messages }, { headers: 7 });
// @ts-expect-error ms
streamChat({ messages }, { timeouts: { idle: '5s' } });
// @ts-expect-error spelt wrong
streamChat({ messages }, { timeout: 5 });
