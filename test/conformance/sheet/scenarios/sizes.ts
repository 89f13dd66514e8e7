import type { Serve } from '../server/wire.ts';
import { chunk, data, done, finish, HELLO, hello, opening, role, text } from './frames.ts';
import { sends } from './framing.ts';
import { group } from './scenario.ts';

const MIB = 2 ** 20;

/** One event of so many bytes, in reads of 64 KiB. */
const bigEvent =
  (size: number): Serve =>
  async (wire) => {
    const frame = Buffer.from(opening('x'.repeat(size)));
    for (let at = 0; at < frame.length; at += 65_536) {
      await wire.send(frame.subarray(at, at + 65_536));
    }
    await sends(finish(), done)(wire);
  };

/** The same piece again and again, up to 160 MiB; then silence. */
const endless =
  (first: string, piece: string): Serve =>
  async (wire) => {
    await wire.send(first);
    const bytes = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
    for (let sent = 0; sent < 160 * MIB; sent += bytes.length) await wire.send(bytes);
    await wire.hold();
  };

export const sizes = group('Size', [
  ...[1, 4, 16].map((mib) => ({
    name: `one event of ${mib} MiB`,
    serve: bigEvent(mib * MIB),
    right: { text: 'x'.repeat(mib * MIB) },
    limit: 5000,
    alone: true,
  })),
  {
    name: 'an error after 48 MiB of text, and a key to keep out of its message',
    async serve(wire) {
      const frame = text('x'.repeat(MIB));
      for (let nth = 0; nth < 48; nth++) await wire.send(frame);
      await sends(data('{"error":"Compute error."}'))(wire);
    },
    ask: { apiKey: 'sk-local-0123456789abcdef' },
    right: { error: /Compute error/, keeps: 'x'.repeat(48 * MIB) },
    limit: 10_000,
    alone: true,
  },
  {
    name: '20,000 deltas of one character',
    serve: sends(role, ...Array(20).fill(text('a').repeat(1000)), finish(), done),
    right: { text: 'a'.repeat(20_000) },
    limit: 8000,
    alone: true,
  },
  {
    name: 'a line without an end: given up',
    serve: endless(`${opening('Hello')}data: `, 'x'),
    right: { error: true, keeps: 'Hello' },
    limit: 6000,
    alone: true,
  },
  {
    name: 'an event without an end: given up',
    serve: endless(opening('Hello'), `data: ${'x'.repeat(1000)}\n`),
    right: { error: true, keeps: 'Hello' },
    limit: 6000,
    alone: true,
  },
  {
    name: 'a head without an end: given up',
    transport: true,
    async serve(wire) {
      await wire.raw('HTTP/1.1 200 OK\r\n');
      for (let nth = 0; nth < 20_000; nth++) await wire.raw(`x-${nth}: ${'x'.repeat(1000)}\r\n`);
      await wire.hold();
    },
    right: { error: true },
    limit: 6000,
    alone: true,
  },
  {
    name: 'an error body without an end: given up',
    transport: true,
    async serve(wire) {
      await wire.head(400, { 'content-type': 'text/plain' });
      const bytes = 'No models loaded. '.repeat(4000);
      for (let sent = 0; sent < 160 * MIB; sent += bytes.length) await wire.send(bytes);
      await wire.hold();
    },
    right: { error: /400|No models/ },
    limit: 6000,
    alone: true,
  },
  {
    name: 'JSON 100,000 levels deep',
    serve: sends(
      opening('Hello'),
      data(`{"choices":[],"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
      ...hello.slice(1),
    ),
    right: [{ text: HELLO }, { error: true, keeps: 'Hello' }],
    limit: 5000,
    alone: true,
  },
  {
    name: 'numbers beyond any range, and prototype keys',
    serve: sends(
      data(
        '{"choices":[{"index":0,"created":1e999,"delta":{"role":"assistant","content":"Hi","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}],"usage":{"completion_tokens":1e400,"__proto__":{"polluted":1}}}',
      ),
      data(
        chunk({
          tool_calls: [{ index: 4294967296, function: { name: '__proto__', arguments: '' } }],
        }),
      ),
      finish(),
      done,
    ),
    right: [{ text: 'Hi' }, { text: 'Hi', finish: 'tool_calls' }, { error: true }],
    wrong: () => (Reflect.get({}, 'polluted') === undefined ? undefined : 'pollutes prototypes'),
    limit: 5000,
    alone: true,
  },
]);
