/** A program's own request: every known field with its type, and what is wrong with one. */
import {
  type ChatMessage,
  type ChatRequest,
  type ChatResult,
  type ContentPart,
  streamChat,
} from 'local-llm-stream-agent';

interface Turn {
  role: 'user' | 'assistant';
  content: string;
}

declare const turns: Turn[];
declare const frozen: readonly Readonly<Turn>[];
streamChat({ messages: turns });
streamChat({ messages: frozen });

const inferred = [{ role: 'user', content: 'Hello' }];
streamChat({ messages: inferred });

/** A database's row: more fields than go on the wire are no mistake. */
class Row {
  id = 7;
  role = 'user';
  content: string | null = null;
}
streamChat({ messages: [new Row()] });

streamChat({
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        { type: 'file', file: { file_data: 'AA==' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      reasoning_content: 'Hm.',
      tool_calls: [{ id: '1', type: 'function', function: { name: 'now', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: '1', content: '12:00' },
    { role: 'a role of some template', content: '', name: undefined, reasoning: undefined },
  ],
  model: 'm',
  temperature: 0.2,
  top_p: 0.9,
  top_k: 40,
  min_p: 0.05,
  max_tokens: -1,
  max_completion_tokens: null,
  stop: ['\n\n', 'END'],
  seed: 7,
  presence_penalty: 0,
  frequency_penalty: 0,
  repeat_penalty: 1.1,
  logit_bias: { 50256: -100 },
  logprobs: true,
  top_logprobs: 5,
  n: 1,
  tools: [
    {
      type: 'function',
      function: {
        name: 'now',
        description: 'What time it is',
        parameters: { type: 'object', properties: {} },
        strict: true,
      },
    },
  ],
  tool_choice: 'required',
  parallel_tool_calls: false,
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'answer', schema: {}, strict: true },
  },
  reasoning_effort: 'low',
  stream: true,
  stream_options: null,
  ttl: 300,
  user: 'me',
  metadata: { run: '1' },
});
streamChat({
  messages: [],
  model: undefined,
  temperature: undefined,
  stop: undefined,
  tools: undefined,
  tool_choice: { type: 'function', function: { name: 'now' } },
  response_format: { type: 'text' },
  stream_options: { include_usage: false },
});

// An effort that `listModels()` told, which may be any word.
declare const effort: string;
streamChat({ messages: [], reasoning_effort: effort });

// Tools and a format that were written down before, without a type.
const tools = [{ type: 'function', function: { name: 'now', parameters: { type: 'object' } } }];
const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema: {} } };
streamChat({ messages: [], tools, response_format });

/** What only some server knows. */
interface Own {
  return_progress: boolean;
}
declare const own: Own;
streamChat({ messages: [] }, { extraBody: { return_progress: true, cache_prompt: false } });
streamChat({ messages: [] }, { extraBody: own });
streamChat({ messages: [] }, { extraBody: undefined });

interface Prefilled extends ChatMessage {
  prefix: boolean;
}
const prefilled: Prefilled = { role: 'assistant', content: 'So', prefix: true };
interface VideoPart extends ContentPart {
  video_url: { url: string };
}
const video: VideoPart = { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AA==' } };
const request: ChatRequest = { messages: [prefilled, { role: 'user', content: [video] }] };
streamChat({ ...request, temperature: 1 });

// What a result has is a message, and words need no `as const`.
declare const result: ChatResult;
const choice = { tool_choice: 'auto' };
streamChat({ messages: [{ role: 'user', content: 'Hello' }, result.message], ...choice });

// @ts-expect-error a request has messages
streamChat({});
// @ts-expect-error a name that is spelt wrong
streamChat({ messages: [], temprature: 0.2 });
// @ts-expect-error a field that no type names goes into extraBody
streamChat({ messages: [], return_progress: true });
// @ts-expect-error a number
streamChat({ messages: [], temperature: '0.2' });
// @ts-expect-error texts
streamChat({ messages: [], stop: [1] });
// @ts-expect-error a list
streamChat({ messages: [], tools: {} });
// @ts-expect-error an object with a type
streamChat({ messages: [], response_format: 'json' });
// @ts-expect-error a schema has a name
streamChat({ messages: [], response_format: { type: 'json_schema', json_schema: { schema: {} } } });
// @ts-expect-error on the wire it is top_p
streamChat({ messages: [], topP: 0.9 });
// @ts-expect-error a message has a role
streamChat({ messages: [{ content: 'Hello' }] });
// @ts-expect-error a name that is spelt wrong, in a message
streamChat({ messages: [{ role: 'user', contnet: 'Hello' }] });
// @ts-expect-error text or parts
streamChat({ messages: [{ role: 'user', content: 7 }] });
// @ts-expect-error an image has a url
streamChat({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] });
// @ts-expect-error an answer to a call names the call in snake_case
streamChat({ messages: [{ role: 'tool', toolCallId: '1', content: '' }] });
// @ts-expect-error an object
streamChat({ messages: [] }, { extraBody: 'return_progress' });
// @ts-expect-error an option that is spelt wrong
streamChat({ messages: [] }, { extra_body: {} });
