import type { Fetch } from './programs/program.ts';

/** How the bytes of a reply arrive. */
export type Shape = 'event' | '64k';

const head =
  '"id":"chatcmpl-3k9q0w8e7r6t5y4u3i2o1p","object":"chat.completion.chunk","created":1795345054,' +
  '"model":"google/gemma-4-e4b","system_fingerprint":"google/gemma-4-e4b"';
const words = ['The', ' quick', ' brown', ' fox', ' jumps', ' over', ' it', '. ', ' lazy', '\\n'];

/** A frame as LM Studio writes it: about 240 bytes for a word. */
function frame(delta: string, finish = 'null'): string {
  return `data: {${head},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]}\n\n`;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const frames = words.map((word) => encode(frame(`{"content":"${word}"}`)));
const first = encode(frame('{"role":"assistant","content":""}'));
const last = encode(`${frame('{}', '"stop"')}data: [DONE]\n\n`);

/** The text of a reply of so many deltas. */
export function textOf(deltas: number): string {
  let text = '';
  for (let nth = 0; nth < deltas; nth++) text += JSON.parse(`"${words[nth % words.length]}"`);
  return text;
}

/** Gives the reads of a reply one after the other, made before the measurement or repeated from a block. */
export function readsOf(shape: Shape, deltas: number): () => Uint8Array | undefined {
  if (shape === 'event') {
    let nth = -1;
    return () => {
      nth++;
      if (nth === 0) return first;
      if (nth <= deltas) return frames[(nth - 1) % frames.length];
      return nth === deltas + 1 ? last : undefined;
    };
  }
  // A block of whole rounds of frames, and the reads of 64 KiB that a run of such blocks gives.
  const bytes = join([
    first,
    ...Array.from({ length: deltas }, (_, nth) => frames[nth % 10] ?? first),
    last,
  ]);
  let at = 0;
  return () => {
    if (at >= bytes.length) return undefined;
    at += 65_536;
    return bytes.subarray(at - 65_536, at);
  };
}

function join(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** One event of so many bytes of text, in reads of 64 KiB. */
export function bigEvent(size: number): () => Uint8Array | undefined {
  const bytes = join([encode(frame(`{"content":"${'x'.repeat(size)}"}`)), last]);
  let at = 0;
  return () => {
    if (at >= bytes.length) return undefined;
    at += 65_536;
    return bytes.subarray(at - 65_536, at);
  };
}

/** A response whose body gives these reads, each when it is asked for. */
export function respond(next: () => Uint8Array | undefined): Response {
  const body = new ReadableStream({
    pull(controller) {
      const bytes = next();
      if (bytes === undefined) controller.close();
      else controller.enqueue(bytes);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** A `fetch` that answers every request with such a reply. */
export function replyFetch(shape: Shape, deltas: number): Fetch {
  return async () => respond(readsOf(shape, deltas));
}
