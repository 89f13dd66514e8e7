import { call, chunk, city, data, done, finish, role } from '../frames.ts';
import { sends } from '../framing.ts';
import { group } from '../scenario.ts';
import {
  adds,
  both,
  callsThenDone,
  name,
  noneToRun,
  one,
  opens,
  paris,
  rome,
  whole,
} from './tools.ts';

const withoutParameters = { name, arguments: '{}' };
const plain = { text: '', finish: 'tool_calls' as const, calls: [withoutParameters] };

/** A fragment of the call with `index: 0`, of which only the function counts. */
const piece = (of: object, more: object = {}) => call({ index: 0, ...more, function: of });

/** vercel/ai#6687, #10283 and #18440, qwen-code#6249, LibreChat#13987, agno#8880, smolagents#1958, continue#5849. */
export const oddTools = group(
  'Odd tool calls',
  [
    {
      name: 'no parameters: `"arguments": ""`',
      serve: callsThenDone(opens(0)),
      right: plain,
    },
    {
      name: 'no parameters: `"arguments": null`',
      serve: callsThenDone(piece({ name, arguments: null }, { id: 'a' })),
      right: plain,
    },
    {
      name: 'no parameters: no `arguments`',
      serve: callsThenDone(piece({ name }, { id: 'a' })),
      right: plain,
    },
    {
      name: 'no parameters, and `stop`',
      serve: sends(role, opens(0), finish('stop'), done),
      right: plain,
    },
    {
      name: 'no parameters, then a call with some',
      serve: callsThenDone(opens(0), opens(1), adds(1, city('Rome'))),
      right: { ...plain, calls: [withoutParameters, rome] },
    },
    {
      name: 'no parameters, and the stream breaks off',
      serve: sends(role, opens(0)),
      right: { error: true },
    },
    {
      name: 'no arguments yet, cut by `max_tokens`',
      serve: sends(role, opens(0), finish('length'), done),
      right: [{ text: '', finish: 'length', calls: [] }, { error: true }],
    },
    {
      name: 'a later fragment without `index`, id and name',
      serve: callsThenDone(
        opens(0, 'a', '{"city":'),
        call({ function: { arguments: '"Paris"}' } }),
      ),
      right: one,
    },
    {
      name: 'a later fragment with `"index": null`',
      serve: callsThenDone(
        opens(0, 'a', '{"city":'),
        call({ index: null, id: null, function: { name: null, arguments: '"Paris"}' } }),
      ),
      right: one,
    },
    {
      name: 'fragments without `index`, id and name go on with the last of two',
      serve: callsThenDone(
        opens(0),
        adds(0, city('Paris')),
        opens(1),
        call({ function: { arguments: '{"city":' } }),
        call({ function: { arguments: '"Rome"}' } }),
      ),
      right: both,
    },
    {
      name: 'no `index` anywhere, two calls in fragments',
      serve: callsThenDone(
        call({ id: 'a', type: 'function', function: { name, arguments: '' } }),
        call({ function: { arguments: city('Paris') } }),
        call({ id: 'b', type: 'function', function: { name, arguments: '' } }),
        call({ function: { arguments: city('Rome') } }),
      ),
      right: both,
    },
    {
      name: 'the id at `index: 2`, the arguments at `index: 1`',
      serve: callsThenDone(opens(2, 'a'), adds(1, '{"city":'), adds(1, '"Paris"}')),
      right: one,
    },
    {
      name: 'two calls, and an `index` that nobody opened goes on with the last',
      serve: callsThenDone(opens(0), adds(0, city('Paris')), opens(1), adds(7, city('Rome'))),
      right: both,
    },
    {
      name: 'ids that are known beat their `index`',
      serve: callsThenDone(
        opens(0, 'a'),
        opens(1, 'b'),
        call({ index: 0, id: 'b', function: { arguments: city('Rome') } }),
        call({ index: 1, id: 'a', function: { arguments: city('Paris') } }),
      ),
      right: both,
    },
    {
      name: 'every fragment at `index: 0`, told apart by ids',
      serve: callsThenDone(
        opens(0, 'a'),
        opens(0, 'b'),
        piece({ arguments: '{"city":' }, { id: 'a' }),
        piece({ arguments: '{"city":' }, { id: 'b' }),
        piece({ arguments: '"Paris"}' }, { id: 'a' }),
        piece({ arguments: '"Rome"}' }, { id: 'b' }),
      ),
      right: both,
    },
    {
      name: 'two calls in fragments at `index: 0`, other ids, the rest without ids',
      serve: callsThenDone(
        opens(0, 'a'),
        adds(0, city('Paris')),
        opens(0, 'b'),
        adds(0, '{"city":'),
        adds(0, '"Rome"}'),
      ),
      right: both,
    },
    {
      name: 'two whole calls at `index: 0` without ids',
      serve: callsThenDone(whole({ index: 0 }), whole({ index: 0 }, rome)),
      right: both,
    },
    {
      name: 'two whole calls at `index: 0` without ids, in one delta',
      serve: callsThenDone(
        data(
          chunk({
            tool_calls: [
              { index: 0, function: paris },
              { index: 0, function: rome },
            ],
          }),
        ),
      ),
      right: both,
    },
    {
      name: 'the same whole call twice at `index: 0`, with empty ids',
      serve: callsThenDone(whole({ index: 0, id: '' }), whole({ index: 0, id: '' })),
      right: { ...both, calls: [paris, paris] },
    },
    {
      name: 'two whole calls without parameters (`{}`) at `index: 0`, without ids',
      serve: callsThenDone(
        whole({ index: 0 }, withoutParameters),
        whole({ index: 0 }, withoutParameters),
      ),
      right: { ...plain, calls: [withoutParameters, withoutParameters] },
    },
    {
      name: 'two whole calls without `index` and ids',
      serve: callsThenDone(whole({}), whole({}, rome)),
      right: both,
    },
    {
      name: 'a name in two pieces',
      serve: callsThenDone(
        piece({ name: 'get_' }, { id: 'a' }),
        piece({ name: 'weather', arguments: '' }),
        adds(0, city('Paris')),
      ),
      right: one,
    },
    {
      name: 'a name in three pieces, the id on each, `"arguments": ""` on each',
      serve: callsThenDone(
        piece({ name: 'get', arguments: '' }, { id: 'a' }),
        piece({ name: '_wea', arguments: '' }, { id: 'a' }),
        piece({ name: 'ther', arguments: '' }, { id: 'a' }),
        piece({ arguments: city('Paris') }, { id: 'a' }),
      ),
      right: one,
    },
    {
      name: 'a name that prolongs itself',
      serve: callsThenDone(
        piece({ name: 'get_' }, { id: 'a' }),
        piece({ name: 'get_weather' }),
        adds(0, city('Paris')),
      ),
      right: one,
    },
    {
      name: 'a name that repeats itself before the arguments',
      serve: callsThenDone(
        piece({ name, arguments: '' }, { id: 'a' }),
        piece({ name, arguments: '{"city":' }),
        adds(0, '"Paris"}'),
      ),
      right: one,
    },
    {
      name: 'the name on every fragment, with the id',
      serve: callsThenDone(
        piece({ name, arguments: '{"city":' }, { id: 'a' }),
        piece({ name, arguments: '"Paris"}' }, { id: 'a' }),
      ),
      right: one,
    },
    {
      name: 'the name on every fragment, without ids',
      serve: callsThenDone(
        piece({ name, arguments: '{"city":' }),
        piece({ name, arguments: '"Par' }),
        piece({ name, arguments: 'is"}' }),
      ),
      right: one,
    },
    {
      name: 'the name after the arguments',
      serve: callsThenDone(piece({ arguments: city('Paris') }, { id: 'a' }), piece({ name })),
      right: one,
    },
    {
      name: 'a call that never gets a name',
      serve: callsThenDone(piece({ arguments: city('Paris') }, { id: 'a' })),
      right: noneToRun,
    },
    {
      name: 'a call whose name is empty',
      serve: callsThenDone(piece({ name: '', arguments: '{}' }, { id: 'a' })),
      right: noneToRun,
    },
    {
      name: 'a call without a name, then one with',
      serve: callsThenDone(
        piece({ arguments: city('Rome') }, { id: 'a' }),
        call({ index: 1, id: 'b', function: paris }),
      ),
      right: [one, { error: true }],
    },
  ],
  { ask: { tools: true }, cuts: true },
);
