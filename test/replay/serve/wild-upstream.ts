import type { IncomingMessage, ServerResponse } from 'node:http';
import { sent } from '../helpers.ts';

/** Pieces that a server writes one by one: what a careless recorder would change. */
export const wildPieces: readonly Uint8Array[] = [
  ': a comment\n\n',
  'data: {"choices":[{"delta":{"content":"two"}}]}\n\ndata: {"choices":[{"delta":{"content":" frames"}}]}\n\n',
  'data: {"choices":[{"delta":{"content":"CRLF"}}]}\r\n\r\n',
  'data: {"choices":[{"delta":{"content":"\u{1f980}',
  '"}}]}\n\n',
  'event: error\ndata: {"error":{"message":"no"}}\n\n',
  'data: {"choices":[{"delta":{"conte',
].flatMap((text) => {
  const bytes = new TextEncoder().encode(text);
  // The crab's four bytes come in two pieces.
  return text.endsWith('\u{1f980}') ? [bytes.subarray(0, -2), bytes.subarray(-2)] : [bytes];
});

/**
 * A server with every bad habit: `/wild` writes {@link wildPieces}, one when `next` resolves, and destroys the socket;
 * `/busy` answers 429.
 */
export function answerWildly(next: () => Promise<unknown>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    if (request.url === '/busy') {
      response.writeHead(429, { 'retry-after': '7', 'content-type': 'application/json' });
      response.end('{"error":"slow down"}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-powered-by': 'Express' });
    response.flushHeaders();
    for (const piece of wildPieces) {
      await next();
      await sent(response, piece);
    }
    await next();
    response.destroy();
  };
}
