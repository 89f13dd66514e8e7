import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FinishedReply, judge } from '../../../src/client/read/verdict.ts';

const plain: FinishedReply = {
  finishReason: 'stop',
  text: 'Hello',
  hasToolCalls: false,
  usage: undefined,
  maxTokens: undefined,
};

const cases: [what: string, ending: Partial<FinishedReply>, verdict: string][] = [
  ['text and `stop`', {}, 'complete'],
  ['text without a finish reason', { finishReason: undefined }, 'complete'],
  ['text and a finish reason that nobody knows', { finishReason: 'eos' }, 'complete'],
  ['text and `length`', { finishReason: 'length' }, 'length'],
  ['a call', { hasToolCalls: true, text: '' }, 'tool_calls'],
  ['a call whose server says `stop`', { hasToolCalls: true }, 'tool_calls'],
  ['a call that was cut', { hasToolCalls: true, finishReason: 'length' }, 'length'],
  [
    'a call that spent the budget',
    { hasToolCalls: true, maxTokens: 1, usage: { completion_tokens: 1 } },
    'tool_calls',
  ],
  ['`tool_calls` without a call', { finishReason: 'tool_calls' }, 'complete'],
  ['text that was filtered', { finishReason: 'content_filter' }, 'content_filter'],
  ['no text, filtered', { finishReason: 'content_filter', text: '' }, 'content_filter'],
  [
    'a call that was filtered',
    { finishReason: 'content_filter', hasToolCalls: true },
    'content_filter',
  ],
  ['no text', { text: '' }, 'empty'],
  ['white space alone', { text: ' \n\t' }, 'empty'],
  ['no text and `length`: reasoning took it all', { text: '', finishReason: 'length' }, 'empty'],
  ['as many tokens as were allowed', { maxTokens: 7, usage: { completion_tokens: 7 } }, 'length'],
  ['more tokens than were allowed', { maxTokens: 7, usage: { completion_tokens: 8 } }, 'length'],
  ['fewer tokens than were allowed', { maxTokens: 7, usage: { completion_tokens: 6 } }, 'complete'],
  ['a budget, and a server that does not count', { maxTokens: 7 }, 'complete'],
];

for (const [what, ending, verdict] of cases) {
  test(`${what}: ${verdict}`, () => assert.equal(judge({ ...plain, ...ending }), verdict));
}
