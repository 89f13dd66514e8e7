import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDelta } from '../../../src/client/read/delta-fields.ts';

type Said = [what: 'text' | 'reasoning' | 'call', value: unknown];

/** What a delta says, in order. */
function read(delta: unknown): Said[] {
  const said: Said[] = [];
  readDelta(
    delta,
    (channel, text) => said.push([channel, text]),
    (item) => said.push(['call', item]),
  );
  return said;
}

const call = { index: 0, id: 'c1', function: { name: 'add', arguments: '{}' } };

const cases: [what: string, delta: unknown, said: Said[]][] = [
  ['no delta', undefined, []],
  ['null', null, []],
  ['a delta that is a text', 'Hi', []],
  ['a delta that is a list', [{ content: 'Hi' }], []],
  ['an empty delta', {}, []],
  ['a role alone', { role: 'assistant', content: '' }, []],
  ['content that is null', { content: null }, []],
  ['content that is a number', { content: 7 }, []],
  ['content', { content: 'Hi' }, [['text', 'Hi']]],
  ['white space is text', { content: '\n' }, [['text', '\n']]],
  ['DeepSeek’s and LM Studio’s reasoning', { reasoning_content: 'Hm' }, [['reasoning', 'Hm']]],
  ['gpt-oss’s, Ollama’s and vLLM’s', { reasoning: 'Hm', content: '' }, [['reasoning', 'Hm']]],
  ['Copilot’s', { reasoning_text: 'Hm' }, [['reasoning', 'Hm']]],
  [
    'an empty field beside a full one',
    { reasoning_content: '', reasoning: 'Hm' },
    [['reasoning', 'Hm']],
  ],
  [
    'two empty fields beside a full one',
    { reasoning_content: '', reasoning: '', reasoning_text: 'Hm' },
    [['reasoning', 'Hm']],
  ],
  [
    'the same words in several fields',
    {
      reasoning_content: 'Hm',
      reasoning: 'Hm',
      reasoning_text: 'Hm',
      reasoning_details: [{ text: 'Hm' }],
    },
    [['reasoning', 'Hm']],
  ],
  ['reasoning that is an object', { reasoning: { text: 'Hm' } }, []],
  [
    'OpenRouter’s details alone',
    {
      reasoning_details: [
        { type: 'reasoning.text', text: 'H' },
        { type: 'reasoning.summary', summary: 'm' },
        { type: 'reasoning.encrypted', data: 'x' },
        null,
      ],
    },
    [['reasoning', 'Hm']],
  ],
  ['details without a text', { reasoning_details: [] }, []],
  [
    'details beside an empty field',
    { reasoning: '', reasoning_details: [{ text: 'Hm' }] },
    [['reasoning', 'Hm']],
  ],
  [
    'reasoning and text in one delta: the reasoning first',
    { content: 'Hi', reasoning_content: 'Hm' },
    [
      ['reasoning', 'Hm'],
      ['text', 'Hi'],
    ],
  ],
  ['a refusal is the answer', { content: null, refusal: 'I can’t.' }, [['text', 'I can’t.']]],
  ['a refusal that is null, empty or no text', { content: 'Hi', refusal: null }, [['text', 'Hi']]],
  ['a refusal of another type', { refusal: { text: 'No' } }, []],
  [
    'parts of text',
    {
      content: [
        { type: 'text', text: 'H' },
        { type: 'output_text', text: 'i' },
      ],
    },
    [
      ['text', 'H'],
      ['text', 'i'],
    ],
  ],
  [
    'Mistral’s thinking',
    {
      content: [
        {
          type: 'thinking',
          thinking: [
            { type: 'text', text: 'H' },
            { type: 'text', text: 'm' },
          ],
        },
        { type: 'text', text: 'Hi' },
      ],
    },
    [
      ['reasoning', 'Hm'],
      ['text', 'Hi'],
    ],
  ],
  [
    'thinking that is a text',
    { content: [{ type: 'thinking', thinking: 'Hm' }] },
    [['reasoning', 'Hm']],
  ],
  [
    'Databricks’ summary',
    { content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] }] },
    [['reasoning', 'Hm']],
  ],
  [
    'reasoning with a text',
    { content: [{ type: 'reasoning', text: 'Hm' }] },
    [['reasoning', 'Hm']],
  ],
  ['a part that refuses', { content: [{ type: 'refusal', refusal: 'No.' }] }, [['text', 'No.']]],
  [
    'parts that say nothing',
    {
      content: [
        null,
        'Hi',
        {},
        { type: 'text' },
        { type: 'thinking' },
        { type: 'image_url', image_url: {} },
      ],
    },
    [],
  ],
  [
    'calls',
    { tool_calls: [call, null] },
    [
      ['call', call],
      ['call', null],
    ],
  ],
  ['an empty list of calls', { content: 'Hi', tool_calls: [] }, [['text', 'Hi']]],
  ['calls that are no list', { tool_calls: call }, []],
  [
    'text beside calls: the text first',
    { tool_calls: [call], content: 'Hi' },
    [
      ['text', 'Hi'],
      ['call', call],
    ],
  ],
  [
    'a call as it was before `tool_calls`',
    { function_call: { name: 'add', arguments: '' } },
    [['call', { function: { name: 'add', arguments: '' } }]],
  ],
  ['an old call that is null', { function_call: null, tool_calls: null }, []],
  ['an old call that is a text', { function_call: 'auto' }, []],
];

for (const [what, delta, said] of cases) {
  test(what, () => assert.deepEqual(read(delta), said));
}
