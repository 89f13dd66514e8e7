import type { Serve } from '../../server/wire.ts';
import {
  call,
  chunk,
  city,
  data,
  done,
  finish,
  HELLO,
  helloText,
  opening,
  role,
  text,
  usage,
} from '../frames.ts';
import { sends } from '../framing.ts';
import { group } from '../scenario.ts';

/** Longer than a finished reply is waited for. */
const LONG_GAP_MS = 2500;

/** Sends these frames, with a pause where a number of ms stands. */
const paces =
  (...steps: (string | number)[]): Serve =>
  async (wire) => {
    for (const step of steps) {
      if (typeof step === 'number') await wire.wait(step);
      else await wire.send(step);
    }
    await wire.end();
  };

/** Sends these frames, and the connection breaks. */
const breaks =
  (end: 'end' | 'close' | 'reset', ...frames: string[]): Serve =>
  async (wire) => {
    await wire.head();
    for (const frame of frames) await wire.send(frame);
    await wire[end]();
  };

const thought = (words: string, reason: string | null) =>
  data(chunk({ reasoning_content: words }, reason));
const earlyFinish = data(chunk({ role: 'assistant', content: '' }, 'stop'));
const helloEach = (reason: string) =>
  ['Hello', ', ', 'world.'].map((content) => data(chunk({ content }, reason)));

/**
 * A finish reason before the end: open-webui#23921 (on the first chunk), open-webui#16377 (on each reasoning chunk),
 * gcli2api#403 (on every chunk), and the string "null" (KoboldCpp before 1.85, AIShell#350).
 */
export const finishes = group('Odd finish reasons', [
  {
    name: 'on the first, empty chunk',
    serve: sends(earlyFinish, ...helloText, finish(), usage(), done),
    right: { text: HELLO },
    cuts: true,
  },
  {
    name: 'on the first, empty chunk, 2.5 s later the text',
    serve: paces(earlyFinish, LONG_GAP_MS, ...helloText, finish(), usage(), done),
    right: { text: HELLO },
    limit: 8000,
  },
  {
    name: 'on the first, empty chunk, 2.5 s later the reasoning, and 2.5 s later the text',
    serve: paces(
      earlyFinish,
      LONG_GAP_MS,
      thought('Hm.', null),
      LONG_GAP_MS,
      ...helloText,
      finish(),
      done,
    ),
    right: { text: HELLO, reasoning: 'Hm.' },
    limit: 10_000,
  },
  {
    name: 'on the first, empty chunk, and no other one',
    serve: sends(earlyFinish, ...helloText, done),
    right: { text: HELLO },
    cuts: true,
  },
  {
    name: 'on the first, empty chunk, then a tool call',
    serve: sends(
      earlyFinish,
      call({ index: 0, id: 'a', function: { name: 'get_weather', arguments: city('Paris') } }),
      finish('tool_calls'),
      done,
    ),
    ask: { tools: true },
    right: {
      text: '',
      finish: 'tool_calls',
      calls: [{ name: 'get_weather', arguments: city('Paris') }],
    },
    cuts: true,
  },
  {
    name: 'on every reasoning chunk, then the text',
    serve: sends(thought('Let me', 'stop'), thought(' see', 'stop'), ...helloText, finish(), done),
    right: { text: HELLO, reasoning: 'Let me see' },
    cuts: true,
  },
  {
    name: 'on every reasoning chunk, 1 s between them, then the text',
    serve: paces(
      thought('Let me', 'stop'),
      1000,
      thought(' see', 'stop'),
      1000,
      ...helloText,
      finish(),
      done,
    ),
    right: { text: HELLO, reasoning: 'Let me see' },
    limit: 6000,
  },
  {
    name: 'on every chunk',
    serve: sends(...helloEach('stop'), done),
    right: { text: HELLO },
    cuts: true,
  },
  {
    name: 'on every chunk, 1 s between them',
    serve: paces(...helloEach('stop').flatMap((frame) => [frame, 1000]), done),
    right: { text: HELLO },
    limit: 8000,
  },
  {
    name: 'after the first text; later more text, and 2.5 s later the rest',
    serve: paces(
      opening('Hello'),
      finish(),
      text(', '),
      LONG_GAP_MS,
      text('world.'),
      finish(),
      done,
    ),
    right: { text: HELLO },
    limit: 8000,
  },
  {
    name: 'the string `"null"` on every chunk',
    serve: sends(...helloEach('null'), finish(), done),
    right: { text: HELLO },
    cuts: true,
  },
  {
    name: 'the string `"null"` on every chunk, 2.5 s between two of them',
    serve: paces(...helloEach('null').slice(0, 2), LONG_GAP_MS, text('world.'), finish(), done),
    right: { text: HELLO },
    limit: 8000,
  },
  {
    name: 'the string `"null"` after `stop`',
    serve: sends(...helloText, finish(), finish('null'), done),
    right: { text: HELLO },
    cuts: true,
  },
  {
    name: '`stop`, then `length`: the last one counts',
    serve: sends(opening('Hello'), finish(), text(', world.'), finish('length'), done),
    right: { text: HELLO, finish: 'length' },
    cuts: true,
  },
  ...(['end', 'close', 'reset'] as const).flatMap((end) => {
    const words = { end: 'a clean end', close: 'closed', reset: 'reset' }[end];
    return [
      {
        name: `the string \`"null"\` on every chunk, then no more: ${words}`,
        serve: breaks(end, ...helloEach('null')),
        right: { error: true as const, keeps: HELLO },
        cuts: true as const,
      },
      {
        name: `on the first, empty chunk, then no more: ${words}`,
        serve: breaks(end, earlyFinish),
        // A clean end can be meant as an empty answer.
        right:
          end === 'end'
            ? [{ error: true as const }, { text: '', finish: 'empty' as const }]
            : { error: true as const, keeps: '' },
        cuts: true as const,
      },
      {
        name: `before the last text, then no more: ${words}`,
        serve: breaks(end, opening('Hello'), finish(), text(', ')),
        right: { error: true as const, keeps: 'Hello, ' },
        cuts: true as const,
      },
      {
        name: `on the first, empty chunk, then text and no more: ${words}`,
        serve: breaks(end, earlyFinish, ...helloText.slice(0, 2)),
        right: { error: true as const, keeps: 'Hello, ' },
        cuts: true as const,
      },
      {
        name: `on the first, empty chunk, then half a tool call: ${words}`,
        serve: breaks(
          end,
          earlyFinish,
          call({ index: 0, id: 'a', function: { name: 'get_weather', arguments: '{}' } }),
        ),
        ask: { tools: true },
        right: { error: true as const },
        cuts: true as const,
      },
    ];
  }),
  {
    name: 'no finish, and only the role came: a clean end',
    serve: breaks('end', role),
    right: { error: true, keeps: '' },
    cuts: true,
  },
]);
