import { gzipSync } from 'node:zlib';
import type { Serve } from '../server/wire.ts';
import {
  bare,
  chunk,
  data,
  done,
  finish,
  HELLO,
  hello,
  helloText,
  opening,
  text,
  usage,
} from './frames.ts';
import { group } from './scenario.ts';

/** Sends these pieces, a read each, and ends the body. */
export const sends =
  (...pieces: (string | Uint8Array)[]): Serve =>
  async (wire) => {
    for (const piece of pieces) await wire.send(piece);
    await wire.end();
  };

const whole = hello.join('');
const bytesOf = (text: string) => Buffer.from(text);
const eventStream = { 'content-type': 'text/event-stream' };

/** A reply whose content type or head is not the usual one. */
const underHead =
  (headers: Record<string, string>, body: string | Uint8Array = whole): Serve =>
  async (wire) => {
    await wire.head(200, headers);
    await wire.send(body);
    await wire.end();
  };

const lineEnds = ['\n\n', '\r\n\n', '\r\r\n', '\n\r'];

const cjk = '你好，世界 👋🏽 ça va?';

/** The same bytes, cut after every character's first byte. */
function cutInsideCharacters(frames: string): Uint8Array[] {
  const bytes = bytesOf(frames);
  const cuts = [...bytes.keys()].filter((at) => (bytes[at] ?? 0) >= 0xc0).map((at) => at + 1);
  return [0, ...cuts].map((from, nth) => bytes.subarray(from, cuts[nth] ?? bytes.length));
}

export const framing = group('Framing', [
  { name: 'LF line ends', serve: sends(...hello), right: { text: HELLO } },
  { name: 'CRLF line ends', serve: sends(whole.replaceAll('\n', '\r\n')), right: { text: HELLO } },
  {
    name: 'CRLF, each frame a read',
    serve: sends(...hello.map((frame) => frame.replaceAll('\n', '\r\n'))),
    right: { text: HELLO },
  },
  {
    name: 'CRLF, a read ends between CR and LF',
    serve: sends(...whole.replaceAll('\n', '\r\n').split(/(?<=\r)/)),
    right: { text: HELLO },
  },
  { name: 'CR line ends', serve: sends(whole.replaceAll('\n', '\r')), right: { text: HELLO } },
  {
    name: 'CR line ends, each frame a read, the socket left open',
    async serve(wire) {
      for (const frame of hello) await wire.send(frame.replaceAll('\n', '\r'));
      await wire.hold();
    },
    right: { text: HELLO },
  },
  {
    name: 'LF, CRLF and CR mixed in one stream',
    serve: sends(...hello.map((frame, nth) => frame.replace('\n\n', lineEnds[nth % 4] ?? ''))),
    right: { text: HELLO },
  },
  {
    name: 'byte by byte',
    serve: (wire) => wire.drip(whole).then(() => wire.end()),
    right: { text: HELLO },
  },
  {
    name: 'byte by byte, CRLF, characters of 2 to 4 bytes',
    serve: (wire) =>
      wire
        .drip([opening(cjk), finish(), done].join('').replaceAll('\n', '\r\n'))
        .then(() => wire.end()),
    right: { text: cjk },
  },
  { name: 'the whole reply in one read', serve: sends(whole), right: { text: HELLO } },
  {
    name: 'reads end inside characters',
    serve: sends(...cutInsideCharacters([opening(cjk), finish(), done].join(''))),
    right: { text: cjk },
  },
  {
    name: 'no space after `data:`',
    serve: sends(...hello.map((frame) => frame.replace('data: ', 'data:'))),
    right: { text: HELLO },
  },
  {
    name: 'two spaces after `data:`',
    serve: sends(...hello.slice(0, -1).map((frame) => frame.replace('data: ', 'data:  ')), done),
    right: { text: HELLO },
  },
  { name: 'a BOM before the first byte', serve: sends('\ufeff', ...hello), right: { text: HELLO } },
  {
    name: 'comments between frames',
    serve: sends(...hello.map((frame) => `: ping\n\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: 'comments inside an event',
    serve: sends(...hello.map((frame) => `: a comment\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: '`:` pings before the first token',
    serve: sends(':\n\n', ':\n\n', ':\n\n', ...hello),
    right: { text: HELLO },
  },
  {
    name: 'empty `data:` events',
    serve: sends(...hello.map((frame) => `data:\n\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: 'comments in frames: `data: : keepalive` (Vertex)',
    serve: sends(...hello.map((frame) => `data: : keepalive\n\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: '`data` without a colon',
    serve: sends(...hello.map((frame) => `data\n\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: '`id:` and `retry:` fields',
    serve: sends(...hello.map((frame, nth) => `id: ${nth}\nretry: 10\n${frame}`)),
    right: { text: HELLO },
    requests: 1,
  },
  {
    name: '`event: message` on every frame',
    serve: sends(...hello.map((frame) => `event: message\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: '`event:` after `data:` in the same event',
    serve: sends(...hello.map((frame) => frame.replace('\n\n', '\nevent: chunk\n\n'))),
    right: { text: HELLO },
  },
  {
    name: 'unknown fields',
    serve: sends(...hello.map((frame) => `x-took: 3\nnonsense\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: 'one JSON over several `data:` lines',
    serve: sends(
      ...helloText.map((frame) => frame.replace(',"choices"', ',\ndata: "choices"')),
      finish(),
      done,
    ),
    right: { text: HELLO },
  },
  {
    name: 'many blank lines',
    serve: sends('\n\n\n', ...hello.map((frame) => `${frame}\n\n\n`)),
    right: { text: HELLO },
  },
  {
    name: 'lines that start with a space',
    serve: sends(...hello.map((frame) => ` not a field\n\n${frame}`)),
    right: { text: HELLO },
  },
  {
    name: '`[DONE]` without a line end, at the end of the body',
    serve: sends(...helloText, finish(), 'data: [DONE]'),
    right: { text: HELLO },
  },
  {
    name: '`[DONE]` with one line end',
    serve: sends(...helloText, finish(), 'data: [DONE]\n'),
    right: { text: HELLO },
  },
  {
    name: '`data:[DONE]` without a space',
    serve: sends(...helloText, finish(), 'data:[DONE]\n\n'),
    right: { text: HELLO },
  },
  {
    name: 'the last text and finish without a blank line after it',
    serve: sends(...helloText.slice(0, -1), `data: ${chunk({ content: 'world.' }, 'stop')}`),
    right: { text: HELLO },
  },
  {
    name: 'frames after `[DONE]`',
    serve: sends(...hello, text(' And more.'), 'data: [DONE]\n\n'),
    right: { text: HELLO },
  },
  {
    name: '`data: ` and `[DONE]` inside the text',
    serve: sends(opening('data: [DONE]\n\ndata: {}'), text('\n[DONE]'), finish(), done),
    right: { text: 'data: [DONE]\n\ndata: {}\n[DONE]' },
  },
  {
    name: 'U+2028, U+0085, VT and FF in the text',
    serve: sends(opening('a\u2028b\u0085c'), text('\v\f'), finish(), done),
    right: { text: 'a\u2028b\u0085c\v\f' },
  },
  {
    name: "spaces and `\\u` escapes, as Python's json writes",
    serve: sends(
      'data: {"id": "1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "\\u4f60\\ud83d\\ude00"}, "finish_reason": null}]}\n\n',
      'data: {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n',
      done,
    ),
    right: { text: '你😀' },
  },
  {
    name: 'a surrogate pair cut between two deltas',
    serve: sends(
      'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"a\\ud83d"}}]}\n\n',
      'data: {"choices":[{"index":0,"delta":{"content":"\\ude00b"}}]}\n\n',
      finish(),
      done,
    ),
    right: { text: 'a😀b' },
  },
  {
    name: 'a byte that is not UTF-8',
    serve: sends(
      Buffer.concat([
        bytesOf('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"a'),
        Uint8Array.of(0xff),
        bytesOf('b"}}]}\n\n'),
      ]),
      finish(),
      done,
    ),
    right: { text: 'a\ufffdb' },
  },
  {
    name: '`charset=iso-8859-1` over UTF-8',
    serve: underHead(
      { 'content-type': 'text/event-stream; charset=iso-8859-1' },
      [opening(cjk), finish(), done].join(''),
    ),
    right: { text: cjk },
  },
  {
    name: 'an event stream as `text/plain`',
    serve: underHead({ 'content-type': 'text/plain' }),
    right: { text: HELLO },
  },
  {
    name: 'an event stream as `application/json`',
    serve: underHead({ 'content-type': 'application/json' }),
    right: { text: HELLO },
  },
  {
    name: 'an event stream without a content type',
    serve: underHead({ 'cache-control': 'no-cache' }),
    right: { text: HELLO },
  },
  {
    name: 'HTTP/1.0, the body ends with the connection',
    async serve(wire) {
      await wire.raw('HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n');
      for (const frame of hello) await wire.raw(frame);
      await wire.close();
    },
    right: { text: HELLO },
  },
  {
    name: 'a head that comes byte by byte',
    async serve(wire) {
      const head =
        'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';
      for (const byte of head) {
        await wire.raw(byte);
        await wire.wait(1);
      }
      await wire.raw(whole);
      await wire.close();
    },
    right: { text: HELLO },
  },
  {
    name: '`Text/Event-Stream; charset=UTF-8`, other header names in capitals',
    serve: underHead({ 'CONTENT-TYPE': 'Text/Event-Stream; charset=UTF-8' }),
    right: { text: HELLO },
  },
  {
    name: 'status 201 with a stream',
    async serve(wire) {
      await wire.head(201);
      await sends(...hello)(wire);
    },
    right: { text: HELLO },
  },
  {
    name: 'bytes after the end of the body',
    async serve(wire) {
      await wire.head();
      for (const frame of hello) await wire.send(frame);
      await wire.raw('0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n');
      await wire.hold();
    },
    right: { text: HELLO },
  },
  {
    name: '`: keepalive 10/100` comments, as mlx_lm sends',
    serve: sends(': keepalive 10/100\n\n', ': keepalive 100/100\n\n', ...hello),
    right: { text: HELLO },
  },
  {
    name: '`event: ping` with JSON of its own',
    serve: sends('event: ping\ndata: {"type":"ping"}\n\n', ...hello),
    right: { text: HELLO },
  },
  {
    name: '`event: done` with `[DONE]`',
    serve: sends(...helloText, finish(), 'event: done\ndata: [DONE]\n\n'),
    right: { text: HELLO },
  },
  {
    name: '`content-length` in the place of chunks',
    serve: underHead({ ...eventStream, 'content-length': String(bytesOf(whole).length) }),
    right: { text: HELLO },
  },
  {
    name: '103 Early Hints before the head',
    async serve(wire) {
      await wire.raw('HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n');
      await sends(...hello)(wire);
    },
    right: { text: HELLO },
  },
  {
    name: 'chunk extensions and trailers',
    async serve(wire) {
      await wire.head();
      const size = bytesOf(whole).length.toString(16);
      await wire.raw(`${size};name=value\r\n${whole}\r\n0\r\nx-took: 3\r\n\r\n`);
    },
    right: { text: HELLO },
  },
  {
    name: 'compressed where the client allows it',
    async serve(wire) {
      if (!/gzip/.test(wire.request.headers['accept-encoding'] ?? '')) return sends(whole)(wire);
      await underHead({ ...eventStream, 'content-encoding': 'gzip' }, gzipSync(whole))(wire);
    },
    right: { text: HELLO },
  },
  {
    name: 'compressed though the client did not ask for it',
    serve: underHead({ ...eventStream, 'content-encoding': 'gzip' }, gzipSync(whole)),
    right: [{ text: HELLO }, { error: /gzip|encoding|compress/i }],
  },
  {
    name: 'JSON that is no object: `null`, a number, a string, a list',
    serve: sends(
      'data: null\n\n',
      opening('Hello'),
      'data: 5\n\ndata: "x"\n\ndata: []\n\n',
      ...hello.slice(1),
    ),
    right: [{ text: HELLO }, { error: /not a|no chat|null|5/i }],
  },
  {
    name: 'key order and unknown keys',
    serve: sends(
      data(
        '{"z":{"a":[1]},"choices":[{"finish_reason":null,"delta":{"x":1,"content":"Hi","role":"assistant"},"index":0,"seed":7}]}',
      ),
      finish(),
      done,
    ),
    right: { text: 'Hi' },
  },
  {
    name: '1 MiB of comments before the first token',
    async serve(wire) {
      for (let nth = 0; nth < 16; nth++) await wire.send(`: ${'x'.repeat(65_000)}\n\n`);
      await sends(...hello)(wire);
    },
    right: { text: HELLO },
  },
  {
    name: 'usage before the last text',
    serve: sends(
      opening('Hello'),
      usage(),
      data(bare({ choices: [], usage: null })),
      ...hello.slice(1),
    ),
    right: { text: HELLO },
  },
]);
