import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, readEnd } from '../../../src/client/read/verdict.ts';
import type { Usage } from '../../../src/index.ts';

interface Case {
  finishReason: string | undefined;
  usage: Usage | undefined;
  maxTokens: number | undefined;
  text: string;
  hasToolCalls: boolean;
}

const plain: Case = {
  finishReason: 'stop',
  text: 'Hello',
  hasToolCalls: false,
  usage: undefined,
  maxTokens: undefined,
};

const spent = { maxTokens: 7, usage: { completion_tokens: 7 } };

const cases: [what: string, reply: Partial<Case>, verdict: string][] = [
  ['text and `stop`', {}, 'complete'],
  ['text without a finish reason', { finishReason: undefined }, 'complete'],
  ['text and a finish reason that nobody knows', { finishReason: '</s>' }, 'complete'],
  ['text and `length`', { finishReason: 'length' }, 'length'],
  ['a call', { hasToolCalls: true, text: '' }, 'tool_calls'],
  ['a call whose server says `stop`', { hasToolCalls: true }, 'tool_calls'],
  ['a call and a word that nobody knows', { hasToolCalls: true, finishReason: 'x' }, 'tool_calls'],
  ['a call that was cut', { hasToolCalls: true, finishReason: 'length' }, 'length'],
  ['a call that spent the budget', { ...spent, hasToolCalls: true, text: '' }, 'length'],
  [
    'a call that spent the budget, and `tool_calls`',
    { ...spent, hasToolCalls: true, finishReason: 'tool_calls' },
    'length',
  ],
  ['`tool_calls` without a call', { finishReason: 'tool_calls' }, 'complete'],
  ['text that was filtered', { finishReason: 'content_filter' }, 'content_filter'],
  ['no text, filtered', { finishReason: 'content_filter', text: '' }, 'content_filter'],
  ['filtered at the budget', { ...spent, finishReason: 'SAFETY' }, 'content_filter'],
  [
    'a call that was filtered',
    { finishReason: 'content_filter', hasToolCalls: true },
    'content_filter',
  ],
  ['no text', { text: '' }, 'empty'],
  ['white space alone', { text: ' \n\t' }, 'empty'],
  ['no text and `length`: reasoning took it all', { text: '', finishReason: 'length' }, 'empty'],
  ['as many tokens as were allowed', spent, 'length'],
  ['the same, and a word that nobody knows', { ...spent, finishReason: 'eos' }, 'length'],
  ['more tokens than were allowed', { ...spent, usage: { completion_tokens: 8 } }, 'length'],
  ['fewer tokens than were allowed', { ...spent, usage: { completion_tokens: 6 } }, 'complete'],
  ['a budget, and a server that does not count', { maxTokens: 7 }, 'complete'],
];

for (const [what, reply, verdict] of cases) {
  test(`${what}: ${verdict}`, () => {
    const { text, hasToolCalls, finishReason, usage, maxTokens } = { ...plain, ...reply };
    assert.equal(judge(readEnd(finishReason, usage, maxTokens), text, hasToolCalls), verdict);
  });
}

const ends: [end: string, finishReasons: string[]][] = [
  ['whole', ['stop', 'STOP', 'tool_calls', 'function_call', 'tool_use']],
  ['cut', ['length', 'max_tokens', 'MAX_TOKENS', 'model_length', 'repetition']],
  ['cut', ['model_context_window_exceeded']],
  ['filtered', ['content_filter', 'sensitive', 'SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'refusal']],
  ['filtered', ['RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY']],
  ['broken', ['error', 'abort', 'network_error', 'insufficient_system_resource']],
  ['broken', ['MALFORMED_FUNCTION_CALL']],
  ['unknown', ['eos', '<|im_end|>', 'lengthy', 'toString', '__proto__']],
  // Words of the lists with something before or behind.
  ['unknown', ['stopped', 'no_length', 'refusals', 'no_refusal', 'errors', 'no_error']],
];

for (const [end, finishReasons] of ends) {
  for (const finishReason of finishReasons) {
    test(`the finish reason ${finishReason}: ${end}`, () => {
      assert.equal(readEnd(finishReason, undefined, undefined), end);
      const mayBeCut = end === 'whole' || end === 'unknown';
      assert.equal(readEnd(finishReason, spent.usage, spent.maxTokens), mayBeCut ? 'cut' : end);
    });
  }
}
