import { call, city, done, finish, HELLO, helloText, role, usage } from '../frames.ts';
import { sends } from '../framing.ts';
import { group } from '../scenario.ts';
import { name, noneToRun, opens, paris, whole } from './tools.ts';

/** A reply of text that ends with this reason. */
const textUntil = (reason: string) => sends(...helloText, finish(reason), usage(), done);

const cutOff: [reason: string, from: string][] = [
  ['MAX_TOKENS', 'Gemini'],
  ['max_tokens', 'Anthropic, through gateways'],
  ['model_length', 'Mistral'],
  ['model_context_window_exceeded', 'GLM'],
  ['repetition', 'vLLM'],
];

const filtered: [reason: string, from: string][] = [
  ['SAFETY', 'Gemini'],
  ['IMAGE_PROHIBITED_CONTENT', 'Gemini'],
  ['sensitive', 'GLM'],
];

const broken: [reason: string, from: string][] = [
  ['abort', 'vLLM'],
  ['network_error', 'GLM'],
  ['insufficient_system_resource', 'DeepSeek'],
];

const cutCall = [{ text: '' as const, finish: 'length' as const, calls: [] }, ...noneToRun];

/** Modelled after what the servers' documentation and sources list; the budget after OpenRouter's streams. */
export const reasons = group(
  'A finish reason in other words',
  [
    ...cutOff.map(([reason, from]) => ({
      name: `\`${reason}\` (${from}): cut`,
      serve: textUntil(reason),
      right: { text: HELLO, finish: 'length' as const },
    })),
    ...filtered.map(([reason, from]) => ({
      name: `\`${reason}\` (${from}): filtered`,
      serve: textUntil(reason),
      right: { text: HELLO, finish: 'content_filter' as const },
    })),
    ...broken.map(([reason, from]) => ({
      name: `\`${reason}\` (${from}): the server failed`,
      serve: textUntil(reason),
      right: { error: true as const, keeps: HELLO },
    })),
    {
      name: 'a stop token as the reason (Together)',
      serve: textUntil('<|im_end|>'),
      right: { text: HELLO },
    },
    {
      name: '`STOP`, in capitals, and a whole call',
      serve: sends(role, whole({ index: 0, id: 'a' }), finish('STOP'), done),
      ask: { tools: true },
      right: { text: '', finish: 'tool_calls', calls: [paris] },
    },
    {
      name: 'a word that nobody knows, and a whole call: not to be run',
      serve: sends(role, whole({ index: 0, id: 'a' }), finish('interrupted_by_peer'), done),
      ask: { tools: true },
      right: noneToRun,
    },
    {
      name: 'a filter, and a whole call: not to be run',
      serve: sends(role, whole({ index: 0, id: 'a' }), finish('content_filter'), done),
      ask: { tools: true },
      right: [{ text: '', finish: 'content_filter', calls: [] }, ...noneToRun],
    },
    {
      name: '`tool_calls` with half of the arguments, and `max_tokens` used up (OpenRouter)',
      serve: sends(role, opens(0, 'a', '{"city":"Pa'), finish('tool_calls'), usage(7), done),
      ask: { tools: true, maxTokens: 7 },
      right: cutCall,
    },
    {
      name: '`tool_calls` right behind the name, and `max_tokens` used up',
      serve: sends(role, opens(0), finish('tool_calls'), usage(7), done),
      ask: { tools: true, maxTokens: 7 },
      right: cutCall,
    },
    ...['null', '[]', '7', JSON.stringify('Paris')].map((text) => ({
      name: `arguments that are JSON and no object: \`${text}\``,
      serve: sends(role, opens(0, 'a', text), finish('tool_calls'), done),
      ask: { tools: true },
      right: noneToRun,
    })),
    {
      name: 'arguments that are an object in a text of JSON',
      serve: sends(
        role,
        call({ index: 0, id: 'a', function: { name, arguments: JSON.stringify(city('Paris')) } }),
        finish('tool_calls'),
        done,
      ),
      ask: { tools: true },
      right: { text: '', finish: 'tool_calls', calls: [paris] },
    },
  ],
  { cuts: true },
);
