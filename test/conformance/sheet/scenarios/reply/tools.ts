import type { Serve } from '../../server/wire.ts';
import { call, chunk, city, data, done, finish, role, text } from '../frames.ts';
import { sends } from '../framing.ts';
import { group } from '../scenario.ts';

export const name = 'get_weather';
export const paris = { name, arguments: city('Paris') };
export const rome = { name, arguments: city('Rome') };

/** The first fragment of a call. */
export const opens = (index: number, id = `call_${index}`, argumentsText = '') =>
  call({ index, id, type: 'function', function: { name, arguments: argumentsText } });

/** A later fragment. */
export const adds = (index: number, argumentsText: string) =>
  call({ index, type: 'function', function: { arguments: argumentsText } });

/** A whole call in one delta. */
export const whole = (fields: object, of = paris) =>
  call({ type: 'function', function: of, ...fields });

export const callsThenDone = (...frames: string[]): Serve =>
  sends(role, ...frames, finish('tool_calls'), done);
export const one = { text: '', finish: 'tool_calls' as const, calls: [paris] };
export const both = { text: '', finish: 'tool_calls' as const, calls: [paris, rome] };
const none = { text: '', finish: 'tool_calls' as const, calls: [] };

/** No call may be run; whether that is told by an error, by the end or by the call is the client's. */
export const noneToRun = [{ error: true as const }, none, { text: '' as const, calls: [] }];

export const tools = group(
  'Tool calls',
  [
    {
      name: 'a call in two fragments (LM Studio)',
      serve: callsThenDone(opens(0), adds(0, city('Paris'))),
      right: one,
    },
    {
      name: 'a whole call in one delta (Ollama)',
      serve: callsThenDone(whole({ index: 0, id: 'call_a' })),
      right: one,
    },
    {
      name: 'arguments a character at a time',
      serve: callsThenDone(opens(0), ...[...city('Paris')].map((letter) => adds(0, letter))),
      right: one,
    },
    {
      name: 'two calls, one after the other',
      serve: callsThenDone(opens(0), adds(0, city('Paris')), opens(1), adds(1, city('Rome'))),
      right: both,
    },
    {
      name: 'two calls, their fragments interleaved',
      serve: callsThenDone(
        opens(0),
        opens(1),
        adds(0, '{"city":'),
        adds(1, '{"city":'),
        adds(0, '"Paris"}'),
        adds(1, '"Rome"}'),
      ),
      right: both,
    },
    {
      name: 'two calls in one delta',
      serve: callsThenDone(
        data(
          chunk({
            tool_calls: [
              { index: 0, id: 'a', type: 'function', function: paris },
              { index: 1, id: 'b', type: 'function', function: rome },
            ],
          }),
        ),
      ),
      right: both,
    },
    {
      name: 'two whole calls without `index`',
      serve: callsThenDone(whole({ id: 'a' }), whole({ id: 'b' }, rome)),
      right: both,
    },
    {
      name: 'two whole calls, both with `index: 0`, other ids',
      serve: callsThenDone(whole({ index: 0, id: 'a' }), whole({ index: 0, id: 'b' }, rome)),
      right: both,
    },
    {
      name: 'the only call has `index: 1`',
      serve: callsThenDone(opens(1), adds(1, city('Paris'))),
      right: one,
    },
    {
      name: 'the id on every fragment',
      serve: callsThenDone(
        opens(0, 'a', '{"city":'),
        call({ index: 0, id: 'a', type: 'function', function: { arguments: '"Paris"}' } }),
      ),
      right: one,
    },
    {
      name: '`"id":""` and `"name":""` on later fragments',
      serve: callsThenDone(
        opens(0, 'a', '{"city":'),
        call({ index: 0, id: '', type: 'function', function: { name: '', arguments: '"Paris"}' } }),
      ),
      right: one,
    },
    {
      name: '`"id":null` and `"name":null` on later fragments',
      serve: callsThenDone(
        opens(0, 'a', '{"city":'),
        call({ index: 0, id: null, function: { name: null, arguments: '"Paris"}' } }),
      ),
      right: one,
    },
    { name: 'no id at all', serve: callsThenDone(whole({ index: 0 })), right: one },
    { name: 'an empty id', serve: callsThenDone(whole({ index: 0, id: '' })), right: one },
    {
      name: 'the id comes after the name',
      serve: callsThenDone(
        call({ index: 0, function: { name, arguments: '{"city":' } }),
        call({ index: 0, id: 'late', function: { arguments: '"Paris"}' } }),
      ),
      right: one,
    },
    {
      name: 'arguments as an object',
      serve: callsThenDone(
        call({
          index: 0,
          id: 'a',
          type: 'function',
          function: { name, arguments: { city: 'Paris' } },
        }),
      ),
      right: one,
    },
    {
      name: '`"arguments": null` on the first fragment',
      serve: callsThenDone(
        call({ index: 0, id: 'a', type: 'function', function: { name, arguments: null } }),
        adds(0, city('Paris')),
      ),
      right: one,
    },
    {
      name: 'no `arguments` on the first fragment',
      serve: callsThenDone(
        call({ index: 0, id: 'a', type: 'function', function: { name } }),
        adds(0, city('Paris')),
      ),
      right: one,
    },
    {
      name: 'no `type`',
      serve: callsThenDone(call({ index: 0, id: 'a', function: paris })),
      right: one,
    },
    {
      name: 'a fragment with `"function": null`',
      serve: callsThenDone(opens(0), call({ index: 0, function: null }), adds(0, city('Paris'))),
      right: one,
    },
    {
      name: 'text, then a call',
      serve: callsThenDone(text('Let me look.'), opens(0), adds(0, city('Paris'))),
      right: { ...one, text: 'Let me look.' },
    },
    {
      name: 'text and a call in the same delta',
      serve: callsThenDone(
        data(
          chunk({
            content: 'Hm.',
            tool_calls: [{ index: 0, id: 'a', type: 'function', function: paris }],
          }),
        ),
      ),
      right: { ...one, text: 'Hm.' },
    },
    {
      name: 'the call on the finish frame',
      serve: sends(
        call({ index: 0, id: 'a', type: 'function', function: paris }, 'tool_calls'),
        done,
      ),
      right: one,
    },
    {
      name: 'a call, and finish_reason `stop`',
      serve: sends(role, opens(0), adds(0, city('Paris')), finish('stop'), done),
      right: one,
    },
    {
      name: 'a call, and `[DONE]` without a finish frame',
      serve: sends(role, opens(0), adds(0, city('Paris')), done),
      right: one,
    },
    {
      name: 'arguments that are broken JSON',
      serve: callsThenDone(opens(0), adds(0, '{"city":"Par')),
      right: noneToRun,
    },
    {
      name: 'two JSON glued in the arguments (`{}{}`)',
      serve: callsThenDone(opens(0), adds(0, '{}'), adds(0, city('Paris'))),
      right: noneToRun,
    },
    {
      name: 'arguments that happen to parse, and the stream breaks off',
      serve: sends(role, opens(0, 'a', '{}')),
      right: { error: true },
    },
    {
      name: 'cut by `max_tokens` inside the arguments',
      serve: sends(role, opens(0), adds(0, '{"city":"Par'), finish('length'), done),
      right: [{ text: '', finish: 'length', calls: [] }, { error: true }],
    },
  ],
  { ask: { tools: true }, cuts: true },
);
