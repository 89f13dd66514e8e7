import type { Serve, Wire } from '../server/wire.ts';
import { answers } from './errors.ts';
import { done, finish, HELLO, hello, helloText, opening, role, text } from './frames.ts';
import { sends } from './framing.ts';
import { group } from './scenario.ts';

/** Sends a delta every 20 ms until the client has left. */
const generates: Serve = async (wire) => {
  for (let nth = 0; ; nth++) {
    await wire.send(text(`word${nth} `));
    await wire.wait(20);
  }
};

/** Sends these pieces and says no more. */
const sendsThenSilence =
  (...pieces: string[]): Serve =>
  async (wire) => {
    for (const piece of pieces) await wire.send(piece);
    await wire.hold();
  };

const headThenSilence: Serve = async (wire) => {
  await wire.head();
  await wire.hold();
};

const silence: Serve = (wire) => wire.hold();

export const leaving = group(
  'Cancelling',
  [
    { name: '`break` at the first text', serve: generates, use: 'leave', right: { leaves: true } },
    {
      name: '`break`, everything has been sent but the end',
      serve: sendsThenSilence(...helloText),
      use: 'leave',
      right: { leaves: true },
    },
    {
      name: '`break`, and megabytes are waiting',
      async serve(wire) {
        await wire.send(opening('Hello'));
        for (;;) await wire.send(text('x'.repeat(1000)).repeat(50));
      },
      use: 'leave',
      right: { leaves: true },
    },
    {
      name: '`return()` while a read is pending and the server is silent',
      serve: sendsThenSilence(opening('Hello')),
      use: 'leave while waiting',
      right: { leaves: true },
    },
    {
      name: 'abort before asking: nothing is sent',
      serve: generates,
      use: 'abort before',
      right: { aborts: true },
      requests: 0,
    },
    {
      name: 'abort while the server has not answered',
      serve: silence,
      use: 'abort',
      right: { aborts: true },
      requests: 1,
    },
    {
      name: 'abort after the head, before a token',
      serve: headThenSilence,
      use: 'abort',
      right: { aborts: true },
      requests: 1,
    },
    { name: 'abort in the loop', serve: generates, use: 'abort in loop', right: { aborts: true } },
    {
      name: 'abort in the loop, more deltas in the same read',
      serve: sendsThenSilence(helloText.join('')),
      use: 'abort in loop',
      right: { aborts: true },
    },
    {
      name: 'abort while the server is silent in the middle',
      serve: sendsThenSilence(opening('Hello')),
      use: 'abort',
      right: { aborts: true },
    },
    {
      name: 'abort during the error body',
      async serve(wire) {
        await wire.head(400, { 'content-type': 'application/json' });
        await wire.send('{"error":');
        await wire.hold();
      },
      use: 'abort',
      right: { aborts: true },
    },
    {
      name: 'abort while waiting for a model that is loading (503)',
      serve: answers(503, '{"error":{"message":"Loading model"}}'),
      use: 'abort',
      right: [{ aborts: true }, { error: /loading/i }],
      limit: 12_000,
    },
    {
      name: 'abort after the end: nothing happens',
      serve: sends(...hello),
      use: 'abort after',
      right: { text: HELLO },
    },
  ],
  { transport: true },
);

/** Comments, for as long as the client stays. */
async function pings(wire: Wire): Promise<never> {
  for (;;) {
    await wire.send(': ping\n\n');
    await wire.wait(100);
  }
}

const patient = { patience: 1000 };
const gaveUp = { error: true as const };

export const time = group(
  'Time',
  [
    {
      name: 'silence before the head, patience 1 s: given up',
      serve: silence,
      ask: patient,
      right: gaveUp,
      requests: 1,
    },
    {
      name: 'silence before the first token, patience 1 s: given up',
      serve: headThenSilence,
      ask: patient,
      right: gaveUp,
      requests: 1,
    },
    {
      name: 'the role frame, then silence: given up',
      serve: sendsThenSilence(role),
      ask: patient,
      right: gaveUp,
    },
    {
      name: 'silence in the middle, patience 1 s: given up',
      serve: sendsThenSilence(opening('Hello')),
      ask: patient,
      right: { error: true, keeps: 'Hello' },
      requests: 1,
    },
    {
      name: 'pings only, before the first token: given up',
      serve: pings,
      ask: patient,
      right: gaveUp,
    },
    {
      name: 'pings for 2 s in the middle, then the rest: waited for',
      async serve(wire) {
        await wire.send(opening('Hello'));
        for (let nth = 0; nth < 20; nth++) {
          await wire.send(': ping\n\n');
          await wire.wait(100);
        }
        await sends(...hello.slice(1))(wire);
      },
      ask: patient,
      right: { text: HELLO },
    },
    {
      name: 'a head after 2 s, patience 10 s: waited for',
      async serve(wire) {
        await wire.wait(2000);
        await sends(...hello)(wire);
      },
      ask: { patience: 10_000 },
      right: { text: HELLO },
      requests: 1,
    },
    {
      name: 'a token every 400 ms, patience 1 s: waited for',
      async serve(wire) {
        for (const frame of hello) {
          await wire.send(frame);
          await wire.wait(400);
        }
        await wire.end();
      },
      ask: patient,
      right: { text: HELLO },
    },
    {
      name: 'text, then a byte every 5 ms: waited for',
      serve: (wire) =>
        wire
          .send(opening('Hello'))
          .then(() => wire.drip([text(', world.'), finish(), done].join(''), 5))
          .then(() => wire.end()),
      ask: patient,
      right: { text: HELLO },
      limit: 8000,
    },
    {
      name: 'the process is busy for 2 s, patience 1 s, and the whole reply is there: not a silent server',
      async serve(wire) {
        await wire.wait(200);
        await whileBusy(() =>
          wire.raw(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${hello.join('')}`),
        );
        await wire.close();
      },
      ask: patient,
      right: { text: HELLO },
      requests: 1,
      limit: 8000,
      alone: true,
    },
    {
      name: 'the process is busy for 2 s, patience 1 s, and the first token is there: not a silent server',
      async serve(wire) {
        await wire.send(role);
        await wire.wait(200);
        await whileBusy(() => wire.send(hello.join('')));
        await wire.end();
      },
      ask: patient,
      right: { text: HELLO },
      limit: 8000,
      alone: true,
    },
    {
      name: 'the process is busy for 2 s in the middle, patience 1 s, and the rest is there: not a silent server',
      async serve(wire) {
        await wire.send(opening('Hello'));
        await wire.wait(200);
        await whileBusy(() => wire.send(hello.slice(1).join('')));
        await wire.end();
      },
      ask: patient,
      right: { text: HELLO },
      limit: 8000,
      alone: true,
    },
    {
      name: 'the process is busy for 2 s, patience 1 s, and the server is silent: given up',
      async serve(wire) {
        await wire.send(opening('Hello'));
        await wire.wait(200);
        await whileBusy(async () => {});
        await wire.hold();
      },
      ask: patient,
      right: { error: true, keeps: 'Hello' },
      limit: 8000,
      alone: true,
    },
    {
      name: 'a program that takes 0.7 s a delta, patience 0.5 s: not a slow server',
      serve: sends(...hello),
      use: 'read slowly',
      ask: { patience: 500 },
      right: { text: HELLO },
    },
    {
      name: "silence beyond the runtime's own limit (300 s, here 0.5 s), before the head",
      async serve(wire) {
        await wire.wait(2000);
        await sends(...hello)(wire);
      },
      right: { text: HELLO },
      requests: 1,
      alone: true,
      prepare: impatientRuntime,
    },
    {
      name: "silence beyond the runtime's own limit (300 s, here 0.5 s), in the middle",
      async serve(wire) {
        await wire.send(opening('Hello'));
        await wire.wait(2000);
        await sends(...hello.slice(1))(wire);
      },
      right: { text: HELLO },
      alone: true,
      prepare: impatientRuntime,
    },
  ],
  { transport: true },
);

/**
 * Blocks the process for 2 s, as a busy program, SIGSTOP or a computer that slept does, while bytes that were just written
 * wait in the client's socket: at its end the client's clocks are due, and the event loop looks at clocks before sockets.
 * @param send - its bytes are written before the process is blocked
 */
async function whileBusy(send: () => Promise<void>): Promise<void> {
  await new Promise(setImmediate);
  const sending = send();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  await sending;
}

/** Gives the process's `fetch` limits of 500 ms, as a short stand-in for the 300 s that it has. */
function impatientRuntime(): void {
  new Headers();
  const key = Symbol.for('undici.globalDispatcher.1');
  const Agent = Reflect.get(globalThis, key).constructor;
  Reflect.set(globalThis, key, new Agent({ headersTimeout: 500, bodyTimeout: 500 }));
}
