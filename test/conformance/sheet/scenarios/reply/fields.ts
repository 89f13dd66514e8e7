import { bare, chunk, city, data, done, finish, HELLO, hello, helloText, role } from '../frames.ts';
import { sends } from '../framing.ts';
import { group } from '../scenario.ts';

const delta = (fields: object) => data(chunk(fields));
const text = (words: string) => ({ type: 'text', text: words });
const thinking = (words: string) => ({ type: 'thinking', thinking: [text(words)] });
const weather = { name: 'get_weather', arguments: city('Paris') };
const reasoned = { text: HELLO, reasoning: 'Hm.' };
const called = { text: '', finish: 'tool_calls' as const, calls: [weather] };

/** Mistral, Databricks, OpenRouter, Copilot, LiteLLM, OpenAI. */
export const fields = group(
  'Other fields of a delta',
  [
    {
      name: 'content as a list of parts',
      serve: sends(
        ...['Hello', ', ', 'world.'].map((words) => delta({ content: [text(words)] })),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'content as a list of several parts, and of none',
      serve: sends(
        delta({ content: [] }),
        delta({ content: [text('Hello'), text(', ')] }),
        delta({ content: [text('world.'), { type: 'reference', reference_ids: [1] }] }),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'content as a list with `thinking` parts (Mistral)',
      serve: sends(
        delta({ content: [thinking('H')] }),
        delta({ content: [thinking('m.')] }),
        ...hello,
      ),
      right: reasoned,
    },
    {
      name: '`thinking` and text in turn (Mistral)',
      serve: sends(
        delta({ content: [thinking('H')] }),
        delta({ content: 'Hello' }),
        delta({ content: [thinking('m.'), text(', ')] }),
        delta({ content: 'world.' }),
        finish(),
        done,
      ),
      right: reasoned,
    },
    {
      name: '`reasoning` parts with a summary (Databricks)',
      serve: sends(
        delta({
          content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }],
        }),
        delta({ content: [text(HELLO)] }),
        finish(),
        done,
      ),
      right: reasoned,
    },
    {
      name: 'a whole completion whose content is a list of parts',
      serve: sends(
        JSON.stringify({
          object: 'chat.completion',
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: [thinking('Hm.'), text(HELLO)] },
              finish_reason: 'stop',
            },
          ],
        }),
      ),
      right: reasoned,
    },
    {
      name: '`reasoning_content: ""` beside `reasoning`',
      serve: sends(delta({ reasoning_content: '', reasoning: 'Hm.' }), ...hello),
      right: reasoned,
    },
    {
      name: '`reasoning_content` and `reasoning` with the same words count once',
      serve: sends(delta({ reasoning_content: 'Hm.', reasoning: 'Hm.' }), ...hello),
      right: reasoned,
    },
    {
      name: '`reasoning_text` (Copilot, LiteLLM)',
      serve: sends(delta({ reasoning_text: 'H' }), delta({ reasoning_text: 'm.' }), ...hello),
      right: reasoned,
    },
    {
      name: '`reasoning_details` alone, with `text` (OpenRouter)',
      serve: sends(
        delta({ content: '', reasoning_details: [{ type: 'reasoning.text', text: 'H' }] }),
        delta({ content: '', reasoning_details: [{ type: 'reasoning.text', text: 'm.' }] }),
        ...hello,
      ),
      right: reasoned,
    },
    {
      name: '`reasoning_details` alone, with `summary` (OpenRouter)',
      serve: sends(
        delta({ reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm.' }] }),
        ...hello,
      ),
      right: reasoned,
    },
    {
      name: '`reasoning_details` beside `reasoning` count once (OpenRouter)',
      serve: sends(
        delta({ reasoning: 'Hm.', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }] }),
        delta({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'b2s=' }] }),
        ...hello,
      ),
      right: reasoned,
    },
    {
      name: '`refusal` as the answer',
      serve: sends(
        delta({ role: 'assistant', content: null, refusal: 'I ' }),
        delta({ refusal: 'cannot.' }),
        finish(),
        done,
      ),
      right: { text: 'I cannot.' },
    },
    {
      name: '`refusal: ""` on every delta is none',
      serve: sends(
        delta({ role: 'assistant', content: 'Hello', refusal: '' }),
        delta({ content: ', world.', refusal: '' }),
        finish(),
        done,
      ),
      right: { text: HELLO },
    },
    {
      name: 'the legacy `function_call`, in fragments',
      serve: sends(
        delta({ role: 'assistant', function_call: { name: 'get_weather', arguments: '' } }),
        delta({ function_call: { arguments: '{"city":' } }),
        delta({ function_call: { arguments: '"Paris"}' } }),
        finish('function_call'),
        done,
      ),
      ask: { tools: true },
      right: called,
    },
    {
      name: "a tool call of type `custom`, in fragments: its input is the call's",
      serve: sends(
        role,
        delta({
          tool_calls: [
            { index: 0, id: 'a', type: 'custom', custom: { name: 'get_weather', input: '' } },
          ],
        }),
        delta({ tool_calls: [{ index: 0, custom: { input: '{"city":' } }] }),
        delta({ tool_calls: [{ index: 0, custom: { input: '"Paris"}' } }] }),
        finish('tool_calls'),
        done,
      ),
      ask: { tools: true },
      right: called,
    },
    {
      name: 'parts of other kinds, and fields of other types',
      serve: sends(
        delta({ content: [{ type: 'image_url' }, null, 5, { type: 'text', text: 7 }] }),
        delta({ reasoning: { text: 'x' }, reasoning_text: 5, reasoning_details: 'x', refusal: {} }),
        data(bare({ choices: [{ index: 0, delta: { tool_calls: [null, 5], function_call: 5 } }] })),
        ...helloText,
        finish(),
        done,
      ),
      right: [{ text: HELLO }, { error: true }],
    },
  ],
  { cuts: true },
);
