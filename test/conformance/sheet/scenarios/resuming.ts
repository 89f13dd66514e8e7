import type { Serve, Wire } from '../server/wire.ts';
import { answers } from './errors.ts';
import { HELLO, hello, text } from './frames.ts';
import { group, type Seen } from './scenario.ts';

/** The whole reply, with a character of three bytes. */
const frames = [...hello.slice(0, 2), text('世 '), ...hello.slice(2)];
const WHOLE = HELLO.replace('world', '世 world');
const body = Buffer.from(frames.join(''));
/** In the middle of a frame, and in the middle of the character. */
const inFrame = Buffer.from(frames.slice(0, 2).join('')).length + 40;
const inCharacter = body.indexOf('世') + 1;
const afterText = Buffer.from(frames.slice(0, 2).join('')).length;

type Break = (wire: Wire) => Promise<void>;
const reset: Break = (wire) => wire.reset();
const close: Break = (wire) => wire.close();
const end: Break = (wire) => wire.end();

/**
 * llama.cpp since May 2026: a reply whose request has an `X-Conversation-Id` goes on when its reader is gone, and its rest is
 * given from any byte.
 * @param breaks - how many bytes each connection gives, and how it breaks; those after the last one give all that is left
 */
function resumable(...breaks: [after: number, how: Break][]): Serve {
  // By the run's host, which has a port of its own.
  const idOf = new Map<string | undefined, string | undefined>();
  return async (wire) => {
    const { method, path, headers, nth } = wire.request;
    const { searchParams } = new URL(path, 'http://server');
    const isPost = method === 'POST';
    const id = isPost ? headers['x-conversation-id'] : (searchParams.get('conv_id') ?? undefined);
    if (method === 'DELETE') return wire.raw('HTTP/1.1 204 No Content\r\n\r\n');
    if (isPost) idOf.set(headers.host, id);
    else if (id === undefined || idOf.get(headers.host) !== id) return notFound(wire);
    const from = Number(searchParams.get('from') ?? 0);
    const [after, how] = breaks[nth - 1] ?? [Infinity, end];
    if (after > 0) await wire.head();
    if (after > 0) await wire.send(body.subarray(from, from + after));
    await how(wire);
  };
}

const notFound = answers(404, JSON.stringify({ error: { message: 'File Not Found', code: 404 } }));

const isLoading = answers(503, JSON.stringify({ error: { message: 'Loading model' } }));
const breaksOnce = resumable([afterText, reset]);

/** The first connection breaks after some text; what is asked then is answered so. */
const withoutRest =
  (rest: Serve): Serve =>
  async (wire) => {
    if (wire.request.method !== 'POST') return rest(wire);
    await wire.head();
    await wire.send(body.subarray(0, afterText));
    await wire.reset();
  };

/** A reply that goes on without a reader has to be stopped by word. */
function isNotStopped({ requests }: Seen): string | undefined {
  const goesOn = requests.some(({ headers }) => headers['x-conversation-id'] !== undefined);
  const isStopped = requests.some(({ method }) => method === 'DELETE');
  return goesOn && !isStopped ? 'keeps generating' : undefined;
}

const asksOnce = ({ requests }: Seen): string | undefined =>
  requests.filter(({ method }) => method === 'POST').length > 1
    ? 'sends the prompt twice'
    : undefined;

export const resuming = group(
  'The connection breaks and comes back (llama.cpp)',
  [
    {
      name: 'after some text: reset',
      serve: resumable([afterText, reset]),
      right: { text: WHOLE },
    },
    {
      name: 'after some text: closed',
      serve: resumable([afterText, close]),
      right: { text: WHOLE },
    },
    {
      name: 'after some text: a clean end',
      serve: resumable([afterText, end]),
      right: { text: WHOLE },
    },
    { name: 'inside a frame', serve: resumable([inFrame, reset]), right: { text: WHOLE } },
    { name: 'inside a character', serve: resumable([inCharacter, reset]), right: { text: WHOLE } },
    {
      name: 'before the head, when the prompt was read',
      serve: resumable([0, reset]),
      right: { text: WHOLE },
    },
    {
      name: 'again and again',
      serve: resumable([inFrame, reset], [30, close], [0, reset], [90, end], [1, reset]),
      right: { text: WHOLE },
    },
    {
      name: 'for a while in which the server answers 503',
      serve: (wire) => ([2, 3].includes(wire.request.nth) ? isLoading : breaksOnce)(wire),
      right: { text: WHOLE },
    },
    {
      name: 'the server was restarted, or does not know of it: the error, and what had come',
      serve: withoutRest(notFound),
      right: { error: true, keeps: 'Hello, ' },
    },
    {
      name: 'the server has dropped that part: the error, and what had come',
      serve: withoutRest(
        answers(400, JSON.stringify({ error: { message: 'Stream offset lost, please restart' } })),
      ),
      right: { error: true, keeps: 'Hello, ' },
    },
    {
      name: 'LM Studio, which answers 200 to any path: the error, and what had come',
      serve: withoutRest(answers(200, JSON.stringify({ error: 'Unexpected endpoint or method.' }))),
      right: { error: true, keeps: 'Hello, ' },
    },
    {
      name: 'a reader that leaves stops the server',
      async serve(wire) {
        if (wire.request.method === 'DELETE') return wire.raw('HTTP/1.1 204 No Content\r\n\r\n');
        await wire.head();
        await wire.send(body.subarray(0, afterText));
        await wire.hold();
        // The DELETE comes over another connection.
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
      use: 'leave',
      right: { leaves: true },
      wrong: isNotStopped,
    },
  ],
  { transport: true, ask: { resumes: true }, wrong: asksOnce, limit: 12_000 },
);
