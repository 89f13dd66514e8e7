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
  role,
  text,
  usage,
} from '../frames.ts';
import { sends } from '../framing.ts';
import { group } from '../scenario.ts';

/** The deltas of the standard reply, each framed anew. */
const helloAs = (frame: (delta: { content: string }) => string) =>
  [{ role: 'assistant', content: 'Hello' }, { content: ', ' }, { content: 'world.' }].map(frame);

const completion = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1795345054,
  model: 'local-model',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: HELLO },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 8, completion_tokens: 5, total_tokens: 13 },
});

export const frames = group(
  'Frames',
  [
    {
      name: '`"error": null` on every frame',
      serve: sends(
        ...helloAs((delta) => data(chunk(delta, null, { error: null }))),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'frames without `choices`',
      serve: sends(data(bare({})), ...helloText, data(bare({ usage: null })), finish(), done),
      right: { text: HELLO },
    },
    {
      name: '`choices: []` and `choices: null`',
      serve: sends(
        data(bare({ choices: [] })),
        opening('Hello'),
        data(bare({ choices: null })),
        ...hello.slice(1),
      ),
      right: { text: HELLO },
    },
    {
      name: '`delta: null`',
      serve: sends(data(chunk(null)), ...helloText, data(chunk(null, 'stop')), done),
      right: { text: HELLO },
    },
    {
      name: 'a choice without `delta`',
      serve: sends(data(chunk(undefined)), ...helloText, data(chunk(undefined, 'stop')), done),
      right: { text: HELLO },
    },
    {
      name: '`content: null`, and empty deltas in between',
      serve: sends(
        data(chunk({ role: 'assistant', content: null })),
        opening('Hello'),
        text(''),
        data(chunk({})),
        ...hello.slice(1),
      ),
      right: { text: HELLO },
    },
    {
      name: 'no role on any delta',
      serve: sends(...['Hello', ', ', 'world.'].map(text), finish(), done),
      right: { text: HELLO },
    },
    {
      name: 'a role on every delta',
      serve: sends(
        ...helloAs((delta) => data(chunk({ ...delta, role: 'assistant' }))),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'text on the finish frame',
      serve: sends(...helloText.slice(0, 2), data(chunk({ content: 'world.' }, 'stop')), done),
      right: { text: HELLO },
    },
    {
      name: 'text after the finish frame',
      serve: sends(opening('Hello'), finish(), text(', '), text('world.'), done),
      right: { text: HELLO },
    },
    {
      name: 'no `finish_reason` key before the end',
      serve: sends(
        ...helloAs((delta) => data(bare({ choices: [{ index: 0, delta }] }))),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: '`finish_reason: ""` before the end',
      serve: sends(...helloAs((delta) => data(chunk(delta, ''))), finish(), done),
      right: { text: HELLO },
    },
    {
      name: '`tool_calls: []` and `tool_calls: null` beside the text',
      serve: sends(
        data(chunk({ role: 'assistant', content: 'Hello', tool_calls: [] })),
        data(chunk({ content: ', ', tool_calls: null, function_call: null, refusal: null })),
        text('world.'),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'usage on every frame, `usage: null` on the last',
      serve: sends(
        ...helloAs((delta) => data(chunk(delta, null, { usage: { completion_tokens: 1 } }))),
        data(chunk({}, 'stop', { usage: null })),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'prompt progress before the first token',
      serve: sends(
        ...[64, 128].map((processed) =>
          data(
            chunk({ role: 'assistant', content: null }, null, {
              prompt_progress: { total: 128, cache: 0, processed, time_ms: 7 },
            }),
          ),
        ),
        ...hello,
      ),
      right: { text: HELLO },
    },
    {
      name: 'a second choice (`index: 1`) between the frames',
      serve: sends(
        ...helloAs(
          (delta) =>
            data(chunk(delta)) + data(bare({ choices: [{ index: 1, delta: { content: 'X' } }] })),
        ),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'the same finish frame twice',
      serve: sends(...helloText, finish(), finish(), done),
      right: { text: HELLO },
    },
    {
      name: "the text completions API's frames (`choices[0].text`)",
      serve: sends(
        data(bare({ choices: [{ index: 0, text: 'Hello', finish_reason: null }] })),
        data(bare({ choices: [{ index: 0, text: '', finish_reason: 'stop' }] })),
        done,
      ),
      right: [{ text: 'Hello' }, { text: '', finish: 'empty' }, { error: true }],
    },
    {
      name: "the responses API's events",
      serve: sends(
        'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hello"}\n\n',
        'event: response.completed\ndata: {"type":"response.completed","response":{"status":"completed"}}\n\n',
      ),
      right: [{ text: 'Hello' }, { error: true }],
    },
    {
      name: "Ollama's own API: a JSON a line",
      async serve(wire) {
        await wire.head(200, { 'content-type': 'application/x-ndjson' });
        await wire.send(
          '{"model":"m","message":{"role":"assistant","content":"Hello"},"done":false}\n',
        );
        await wire.send('{"model":"m","message":{"role":"assistant","content":""},"done":true}\n');
        await wire.end();
      },
      right: [{ text: 'Hello' }, { error: true }],
    },
    {
      name: 'a whole completion as JSON, under 200',
      async serve(wire) {
        await wire.head(200, { 'content-type': 'application/json' });
        await wire.send(completion);
        await wire.end();
      },
      right: { text: HELLO },
    },
    {
      name: 'a whole completion as JSON, called an event stream',
      serve: sends(completion),
      right: { text: HELLO },
    },
    {
      name: 'a whole completion as pretty-printed JSON',
      async serve(wire) {
        await wire.head(200, { 'content-type': 'application/json; charset=utf-8' });
        await wire.send(JSON.stringify(JSON.parse(completion), undefined, 2));
        await wire.end();
      },
      right: { text: HELLO },
    },
    {
      name: 'a whole completion (`message`) as the only event',
      serve: sends(data(completion), done),
      right: [{ text: HELLO }, { error: true }],
    },
  ],
  { cuts: true },
);

export const verdicts = group('How the server signals the end', [
  {
    name: 'no `[DONE]` after the finish frame',
    serve: sends(...helloText, finish(), usage()),
    right: { text: HELLO },
  },
  {
    name: '`[DONE]` without a finish frame',
    serve: sends(...helloText, done),
    right: { text: HELLO },
  },
  {
    name: '`[DONE]`, and the socket stays open',
    async serve(wire) {
      for (const frame of hello) await wire.send(frame);
      await wire.hold();
    },
    right: { text: HELLO },
  },
  {
    name: 'finish frame, no `[DONE]`, and the socket stays open',
    async serve(wire) {
      for (const frame of [...helloText, finish()]) await wire.send(frame);
      await wire.hold();
    },
    right: { text: HELLO },
    limit: 5000,
  },
  {
    name: 'finish frame, then pings for ever',
    async serve(wire) {
      for (const frame of [...helloText, finish()]) await wire.send(frame);
      for (;;) {
        await wire.send(': ping\n\n');
        await wire.wait(100);
      }
    },
    right: { text: HELLO },
    limit: 5000,
  },
  {
    name: '`[DONE]`, the connection closes without ending the body',
    async serve(wire) {
      for (const frame of hello) await wire.send(frame);
      await wire.close();
    },
    right: { text: HELLO },
  },
  {
    name: 'finish frame, usage and `[DONE]` in one read with the text',
    serve: sends(hello.slice(0, 1).join(''), hello.slice(1).join('')),
    right: { text: HELLO },
  },
  {
    name: 'finish_reason `tool_calls`, but no call',
    serve: sends(...helloText, finish('tool_calls'), done),
    right: { text: HELLO },
  },
  {
    name: '`[DONE] ` with more behind it is no `[DONE]`',
    serve: sends(...helloText, 'data: [DONE] soon\n\n'),
    right: { error: true, keeps: HELLO },
  },
  {
    name: '`"[DONE]"` as a JSON string is no `[DONE]`',
    serve: sends(...helloText, 'data: "[DONE]"\n\n'),
    right: { error: true, keeps: HELLO },
  },
  {
    name: 'a reset after `[DONE]`',
    async serve(wire) {
      for (const frame of hello) await wire.send(frame);
      await wire.reset();
    },
    right: { text: HELLO },
  },
  {
    name: 'a reset after the finish frame',
    async serve(wire) {
      for (const frame of [...helloText, finish()]) await wire.send(frame);
      await wire.reset();
    },
    right: { text: HELLO },
  },
  {
    name: 'usage and `[DONE]` 500 ms after the finish frame',
    async serve(wire) {
      for (const frame of [...helloText, finish()]) await wire.send(frame);
      await wire.wait(500);
      await sends(usage(), done)(wire);
    },
    right: { text: HELLO },
  },
  {
    name: 'finish_reason `length`',
    serve: sends(...helloText, finish('length'), usage(), done),
    right: { text: HELLO, finish: 'length' },
  },
  {
    name: 'finish_reason `stop`, but `max_tokens` are used up',
    serve: sends(...helloText, finish('stop'), usage(5), done),
    ask: { maxTokens: 5 },
    right: { text: HELLO, finish: 'length' },
  },
  {
    name: 'finish_reason `content_filter`',
    serve: sends(opening('Hello'), finish('content_filter'), done),
    right: { text: 'Hello', finish: 'content_filter' },
  },
  {
    name: 'finish_reason `eos`, a word of its own',
    serve: sends(...helloText, finish('eos'), done),
    right: { text: HELLO },
  },
  {
    name: 'finish_reason `error`',
    serve: sends(opening('Hello'), finish('error'), done),
    right: { error: true, keeps: 'Hello' },
  },
  {
    name: 'no token at all: role, finish, `[DONE]`',
    serve: sends(role, finish(), usage(0), done),
    right: [{ text: '', finish: 'empty' }, { error: true }],
  },
  {
    name: '`[DONE]` alone',
    serve: sends(done),
    right: [{ text: '', finish: 'empty' }, { error: true }],
  },
  {
    name: 'nothing but white space',
    serve: sends(opening('\n'), text('  \n'), finish(), done),
    right: [{ text: '\n  \n', finish: 'empty' }, { text: '', finish: 'empty' }, { error: true }],
  },
  {
    name: 'reasoning, and no answer',
    serve: sends(
      data(chunk({ reasoning_content: 'Let me' })),
      data(chunk({ reasoning_content: ' see' })),
      finish(),
      done,
    ),
    right: [{ text: '', finish: 'empty' }, { error: true }],
  },
]);

export const reasoning = group(
  'Reasoning',
  [
    {
      name: '`reasoning_content`, then `\\n\\n` and the answer',
      serve: sends(
        data(chunk({ role: 'assistant', reasoning_content: 'Hm.' })),
        text('\n\n'),
        ...hello,
      ),
      right: { text: HELLO, reasoning: 'Hm.' },
    },
    {
      name: '`reasoning` beside `content: ""`',
      serve: sends(data(chunk({ role: 'assistant', content: '', reasoning: 'Hm.' })), ...hello),
      right: { text: HELLO, reasoning: 'Hm.' },
    },
    {
      name: '`reasoning_content: null` beside the text',
      serve: sends(
        ...helloAs((delta) => data(chunk({ ...delta, reasoning_content: null }))),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: '`<think>` in the content',
      serve: sends(opening('<think>'), text('\nHm.\n'), text('</think>'), text('\n\n'), ...hello),
      right: { text: HELLO },
    },
    {
      name: '`<think>` cut over deltas',
      serve: sends(
        role,
        ...'<think>Hm. 1 < 2.</think>\n\n'.split(/(?<=[<\nk/>])/).map((piece) => text(piece)),
        ...hello,
      ),
      right: { text: HELLO, reasoning: 'Hm. 1 < 2.' },
    },
    {
      name: 'text that only looks like `<think>` at first',
      serve: sends(opening('<th'), text('ead> is a tag'), finish(), done),
      right: { text: '<thead> is a tag' },
    },
    {
      name: '`<think>` later in the text stays',
      serve: sends(opening('Use <think>'), text(' tags'), finish(), done),
      right: { text: 'Use <think> tags' },
    },
    {
      name: 'newlines before the answer, no reasoning',
      serve: sends(opening('\n\n'), ...hello),
      right: { text: `\n\n${HELLO}` },
    },
  ],
  { cuts: true },
);
