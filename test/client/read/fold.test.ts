import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fold } from '../../../src/client/read/fold.ts';
import { Queue } from '../../../src/client/read/queue.ts';
import type { ChatChunk, ReplyEvent } from '../../../src/client/types.ts';
import { chunk } from '../streams.ts';

interface Folded {
  events: ReplyEvent[];
  reply: Fold;
}

/** Folds chunks, and gives out what was held back. */
function fold(
  chunks: readonly unknown[],
  { maxTokens = undefined as number | undefined, startsInReasoning = false } = {},
): Folded {
  const queue = new Queue<ReplyEvent>();
  const reply = new Fold(queue, { maxResultBytes: 1e6, startsInReasoning }, maxTokens);
  for (const one of chunks) reply.addChunk(one as ChatChunk);
  reply.flush();
  const events: ReplyEvent[] = [];
  for (let event = queue.take(); event; event = queue.take()) events.push(event);
  return { events, reply };
}

const text = (piece: string): ReplyEvent => ({ type: 'text', text: piece });
const reasoning = (piece: string): ReplyEvent => ({ type: 'reasoning', text: piece });

const events: [what: string, chunks: unknown[], events: ReplyEvent[]][] = [
  [
    'chunks that say nothing',
    [{}, { choices: [] }, { choices: null }, { choices: [null] }, chunk(null), chunk({})],
    [],
  ],
  ['text', [chunk({ content: 'Hel' }), chunk({ content: 'lo' })], [text('Hel'), text('lo')]],
  [
    'reasoning, then text',
    [chunk({ reasoning: 'Hm' }), chunk({ content: 'Hi' })],
    [reasoning('Hm'), text('Hi')],
  ],
  [
    'empty lines between reasoning and text belong to nobody',
    [
      chunk({ reasoning: 'Hm\n' }),
      chunk({ content: '\n\r\n' }),
      chunk({ content: '\nHi\n' }),
      chunk({ content: '\nyou' }),
    ],
    [reasoning('Hm\n'), text('Hi\n'), text('\nyou')],
  ],
  [
    'line ends inside the text behind reasoning stay',
    [chunk({ reasoning: 'Hm' }), chunk({ content: 'one\n\ntwo' })],
    [reasoning('Hm'), text('one\n\ntwo')],
  ],
  [
    'those behind a mark are nobody’s either',
    [chunk({ content: '<think></think>\n\nHi' })],
    [text('Hi')],
  ],
  [
    'spaces stay',
    [chunk({ reasoning: 'Hm' }), chunk({ content: '  Hi' })],
    [reasoning('Hm'), text('  Hi')],
  ],
  [
    'empty lines at the start of a plain answer stay',
    [chunk({ content: '\n\nHi' })],
    [text('\n\nHi')],
  ],
  [
    'a closing mark alone: the text up to it is taken back',
    [chunk({ content: 'Hm' }), chunk({ content: ', well</think>\n\nHi' })],
    [text('Hm'), text(', well'), { type: 'correction', reasoning: 'Hm, well' }, text('Hi')],
  ],
  [
    'a character that is cut into two deltas comes whole',
    [chunk({ content: 'a\ud83d' }), chunk({ content: '\ude00b' })],
    [text('a'), text('😀b')],
  ],
  [
    'the first character that has two halves, and the last',
    ['a\ud800', '\udc00b\udbff', '\udfff'].map((content) => chunk({ content })),
    [text('a'), text('\ud800\udc00b'), text('\udbff\udfff')],
  ],
  [
    'a half alone waits for the other one',
    [chunk({ content: '\ud83d' }), chunk({ content: '\ude00' })],
    [text('😀')],
  ],
  [
    'two halves wait apart, one on each channel',
    [
      chunk({ reasoning: '\ud83d' }),
      chunk({ content: '\ud83e' }),
      chunk({ reasoning: '\ude00' }),
      chunk({ content: '\udd14' }),
    ],
    [reasoning('😀'), text('🤔')],
  ],
  [
    'a half whose other one never comes is given out at the end',
    [chunk({ content: 'a\ud83d' })],
    [text('a'), text('\ud83d')],
  ],
  [
    'nor does that of reasoning',
    [chunk({ reasoning: 'a\ud83d' })],
    [reasoning('a'), reasoning('\ud83d')],
  ],
  [
    'a half with no other one behind it',
    [chunk({ content: '\ud83d' }), chunk({ content: 'a' })],
    [text('\ud83da')],
  ],
  [
    'half after half',
    [chunk({ content: '\ud83d' }), chunk({ content: '\ud83d' }), chunk({ content: '\ude00' })],
    [text('\ud83d'), text('😀')],
  ],
  [
    'prompt processing',
    [{ prompt_progress: { processed: 3, total: 9 } }],
    [{ type: 'progress', processed: 3, total: 9 }],
  ],
  [
    'progress beside a token',
    [{ ...chunk({ content: 'a' }), prompt_progress: { processed: 9, total: 9 } }],
    [{ type: 'progress', processed: 9, total: 9 }, text('a')],
  ],
  ['progress that is null', [{ prompt_progress: null }], []],
  [
    'the other answers of `n: 2`',
    [{ choices: [{ index: 1, delta: { content: 'b' }, finish_reason: 'stop' }] }],
    [],
  ],
  ['a choice without an index', [{ choices: [{ delta: { content: 'a' } }] }], [text('a')]],
  [
    'a whole message, from a server that does not stream',
    [{ choices: [{ message: { reasoning_content: 'Hm', content: 'Hi' }, finish_reason: 'stop' }] }],
    [reasoning('Hm'), text('Hi')],
  ],
  [
    'a message behind deltas repeats them',
    [
      chunk({ content: 'Hi' }),
      { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] },
    ],
    [text('Hi')],
  ],
  [
    'a message beside a delta',
    [{ choices: [{ delta: { content: 'H' }, message: { content: 'Hi' } }] }],
    [text('H')],
  ],
  [
    'a fragment of a call',
    [chunk({ tool_calls: [{ index: 5, id: 'a', function: { name: 'add', arguments: '{' } }] })],
    [{ type: 'tool_call', index: 0, id: 'a', name: 'add', arguments: '{' }],
  ],
];

for (const [what, chunks, expected] of events) {
  test(what, () => {
    const { events: given, reply } = fold(chunks);
    assert.deepEqual(given, expected);
    const sum = { text: '', reasoning: '' };
    for (const event of expected) {
      if (event.type === 'text' || event.type === 'reasoning') sum[event.type] += event.text;
      if (event.type === 'correction') {
        sum.reasoning += sum.text;
        sum.text = '';
      }
    }
    const { text: whole, reasoning: thought } = reply.collected(true);
    assert.deepEqual({ text: whole, reasoning: thought }, sum);
  });
}

test('a closing mark alone, cut anywhere: a correction of just the text that was given out', () => {
  const content = 'Hm, <b>[x]\n</think>\n\nHello';
  for (let at = 1; at < content.length; at++) {
    const given = fold([
      chunk({ content: content.slice(0, at) }),
      chunk({ content: content.slice(at) }),
    ]);
    const types = given.events.map(({ type }) => type);
    assert.equal(types.filter((type) => type === 'correction').length, 1, `cut at ${at}`);
    let before = '';
    for (const event of given.events) {
      if (event.type === 'correction') {
        assert.equal(event.reasoning, before);
        before = '';
      } else if (event.type === 'text') before += event.text;
      else assert.fail(event.type);
    }
    assert.equal(before, 'Hello', `cut at ${at}`);
    const { text: answer, reasoning: thought } = given.reply.collected(true);
    assert.deepEqual([answer, thought], ['Hello', 'Hm, <b>[x]\n'], `cut at ${at}`);
  }
});

test('where the prompt has opened the reasoning nothing has to be corrected', () => {
  const { events: given } = fold([chunk({ content: 'Hm' }), chunk({ content: '</think>\n\nHi' })], {
    startsInReasoning: true,
  });
  assert.deepEqual(given, [reasoning('Hm'), text('Hi')]);
});

test('bytes are UTF-8, each piece once; a fragment of a call costs 64 more', () => {
  const { reply } = fold([
    chunk({ reasoning: 'ä' }),
    chunk({ content: '€' }),
    chunk({ content: '😀' }),
    chunk({ content: 'Hm</think>' }),
  ]);
  assert.equal(reply.bytes, 2 + 3 + 4 + 2 + '</think>'.length);
  const call = fold([
    chunk({ tool_calls: [{ index: 0, function: { name: 'add', arguments: '{"ä"' } }] }),
  ]);
  assert.equal(call.reply.bytes, 64 + 'add'.length + 5);
  assert.equal(fold([chunk({ role: 'assistant', content: '' })]).reply.bytes, 0);
});

test('the model and the usage are the last ones that say something', () => {
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
  const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  const { reply } = fold([
    { model: 'first', usage: { ...usage, completion_tokens: 1 } },
    { model: 'second', usage },
    { model: null, usage: null },
    { model: 7, usage: zeros },
    { usage: {} },
    { usage: [1] },
  ]);
  const { model, usage: counted } = reply.collected(true);
  assert.deepEqual({ model, counted }, { model: 'second', counted: usage });
});

const stop = chunk({}, 'stop');
const token = chunk({ content: 'a' });
const both = chunk({ content: 'a' }, 'stop');
const usage = { usage: { completion_tokens: 1 } };

const endings: [what: string, chunks: unknown[], ending: string, finishReason?: string][] = [
  ['nothing', [], 'open'],
  ['a token', [token], 'open'],
  ['a token, then a finish reason', [token, stop], 'finished', 'stop'],
  ['a finish reason before any token: more may follow', [stop], 'doubtful', 'stop'],
  [
    'and after a role frame',
    [chunk({ role: 'assistant', content: '' }, 'stop')],
    'doubtful',
    'stop',
  ],
  ['text behind an early finish reason', [stop, token], 'open', 'stop'],
  ['and its real one', [stop, token, stop], 'finished', 'stop'],
  ['a finish reason with a token: it may be the last', [token, both], 'doubtful', 'stop'],
  ['which the usage tells', [token, both, usage], 'finished', 'stop'],
  ['or another finish reason', [token, both, stop], 'finished', 'stop'],
  ['and a chunk that says nothing does not', [token, both, chunk({})], 'doubtful', 'stop'],
  ['a finish reason with every token', [both, both], 'open', 'stop'],
  ['and its real one', [both, both, stop], 'finished', 'stop'],
  ['usage before any finish reason', [token, usage], 'open'],
  [
    'usage with an early finish reason, as a reply without a token has it',
    [stop, usage],
    'finished',
    'stop',
  ],
  ['the text "null"', [token, chunk({}, 'null')], 'open'],
  ['an empty text', [token, chunk({}, '')], 'open'],
  ['a number', [token, { choices: [{ delta: {}, finish_reason: 1 }] }], 'open'],
  ['the last reason counts', [token, stop, chunk({}, 'length')], 'finished', 'length'],
  [
    'a whole message',
    [{ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] }],
    'finished',
    'stop',
  ],
  ['a whole message without a reason', [{ choices: [{ message: { content: 'a' } }] }], 'finished'],
  [
    'a call, then its finish reason',
    [chunk({ tool_calls: [{ index: 0, function: { name: 'a' } }] }), chunk({}, 'tool_calls')],
    'finished',
    'tool_calls',
  ],
];

for (const [what, chunks, ending, finishReason] of endings) {
  test(`${what}: ${ending}`, () => {
    const { reply } = fold(chunks);
    assert.equal(reply.stage, ending);
    assert.equal(reply.collected(true).finishReason, finishReason);
  });
}

test('the verdict is on the text, the calls, the usage and the budget', () => {
  const call = chunk({ tool_calls: [{ index: 0, function: { name: 'a' } }] });
  assert.equal(fold([token, stop]).reply.verdict(), 'complete');
  assert.equal(fold([chunk({ reasoning: 'Hm' }), stop]).reply.verdict(), 'empty');
  assert.equal(fold([call, stop]).reply.verdict(), 'tool_calls');
  assert.equal(fold([token, stop, usage], { maxTokens: 1 }).reply.verdict(), 'length');
  assert.equal(fold([token, chunk({}, 'length')]).reply.verdict(), 'length');
});

test('calls are complete only once the reply is finished, and not where their arguments may have been cut', () => {
  const now = chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'now' } }] });
  const call = { id: 'a', name: 'now' };
  const { reply } = fold([now, stop]);
  assert.deepEqual(reply.collected(false).toolCalls, [{ ...call, arguments: '', complete: false }]);
  assert.deepEqual(reply.collected(true).toolCalls, [{ ...call, arguments: '{}', complete: true }]);
  const cut = fold([now, chunk({}, 'length')]).reply;
  assert.deepEqual(cut.collected(true).toolCalls, [{ ...call, arguments: '{}', complete: false }]);
  assert.deepEqual(fold([token]).reply.collected(true).toolCalls, []);
  const spent = fold([now, stop, usage], { maxTokens: 1 }).reply;
  assert.deepEqual(spent.collected(true).toolCalls, [
    { ...call, arguments: '{}', complete: false },
  ]);
});

test('of calls no more are kept than the result may have: one event may hold millions', () => {
  const events = new Queue<ReplyEvent>();
  const settings = { maxResultBytes: 1000, startsInReasoning: false };
  const reply = new Fold(events, settings, undefined);
  reply.addChunk(chunk({ tool_calls: Array(1000).fill(0) }));
  assert.equal(events.length, Math.floor(1000 / 64) + 1);
  assert.ok(reply.bytes > 1000);
});

test('a chunk gives its word if it says nothing else: only then can the next be known by it', () => {
  const reply = fold([]).reply;
  const word = (one: unknown) => reply.addChunk(one as ChatChunk);
  assert.deepEqual(word(chunk({ content: 'Hi' })), { channel: 'text', text: 'Hi' });
  assert.deepEqual(word(chunk({ reasoning: 'Hm' })), { channel: 'reasoning', text: 'Hm' });
  for (const more of [
    chunk({}),
    chunk({ content: '' }),
    chunk({ content: 'Hi' }, 'stop'),
    chunk({ content: 'Hi', reasoning: 'Hm' }),
    chunk({ content: ['a', 'b', 'c'].map((text) => ({ type: 'text', text })) }),
    chunk({ content: 'Hi', tool_calls: [{ index: 0, function: { name: 'a' } }] }),
    { ...chunk({ content: 'Hi' }), usage: { completion_tokens: 1 } },
    { ...chunk({ content: 'Hi' }), prompt_progress: {} },
    { choices: [{ index: 1, delta: { content: 'Hi' } }] },
  ]) {
    assert.equal(word(more), undefined, JSON.stringify(more));
  }
  const whole = { choices: [{ message: { content: 'Hi' } }] };
  assert.equal(fold([]).reply.addChunk(whole), undefined);
});
