import type { Fetch } from '../../src/client/types.ts';

/** How a connection of the server ends: after so many bytes of its body, cleanly or broken; or before its head. */
export type Cut =
  | { after: number; clean?: true }
  | { refuses: Error }
  | { answers: () => Response };

/** What the server was asked: the path from the base URL's end on, and the reply's id. */
export interface Asked {
  method: string;
  path: string;
  id: string | undefined;
}

const terminated = () =>
  new TypeError('terminated', {
    cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
  });

/**
 * A server that goes on with a reply when its reader is gone, and gives the rest from any byte. It is modelled after llama.cpp's
 * documentation (tools/server/README-dev.md, "Resumable streaming") and a run of its v0.5.0; what that sent is recorded
 * in fixtures/llama.cpp-2026-resume.
 * @param body - all bytes of the reply
 * @param cuts - how its connections end, in turn; those after the last one end with the body
 * @param readBytes - how many bytes one read of a connection gives
 */
export function resumableServer(body: string, cuts: readonly Cut[], readBytes = Infinity) {
  const bytes = new TextEncoder().encode(body);
  const asked: Asked[] = [];
  let id: string | undefined;
  let connections = 0;

  function connect(from: number): Response {
    const cut = cuts[connections++];
    if (cut && 'refuses' in cut) throw cut.refuses;
    if (cut && 'answers' in cut) return cut.answers();
    const until = cut ? Math.min(from + cut.after, bytes.length) : bytes.length;
    let at = from;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const end = Math.min(at + readBytes, until);
          if (at < end) controller.enqueue(bytes.slice(at, end));
          else if (cut && !cut.clean) controller.error(terminated());
          else controller.close();
          at = end;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  }

  const fetch: Fetch = async (url, { method = '', headers, signal }) => {
    const { pathname, searchParams } = new URL(url);
    const sent = new Headers(headers).get('x-conversation-id') ?? undefined;
    const from = searchParams.get('from');
    const path = `${pathname.replace('/v1', '')}${from === null ? '' : `?from=${from}`}`;
    asked.push({ method, path, id: sent ?? searchParams.get('conv_id') ?? undefined });
    signal?.throwIfAborted();
    if (method === 'DELETE') return new Response(null, { status: 204 });
    if (method === 'POST') id = sent;
    else if (searchParams.get('conv_id') !== id) return new Response('', { status: 404 });
    return connect(Number(from));
  };
  return { fetch, asked, bytes };
}
