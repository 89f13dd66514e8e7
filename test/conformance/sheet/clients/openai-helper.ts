import OpenAI from 'openai';
import { type Client, messages, model, opened, versionOf, weatherTool } from './client.ts';

/** `openai`'s other way: the `stream()` helper, which collects the reply itself. */
export const openaiHelper: Client = {
  name: 'openai 7 stream()',
  version: versionOf('openai'),
  tellsReasoning: false,
  open({ baseURL, apiKey = 'not-needed', maxTokens, tools, signal, patience, usage = true }) {
    const client = new OpenAI({ baseURL, apiKey, ...(patience && { timeout: patience }) });
    const stream = client.chat.completions.stream(
      {
        model,
        messages,
        ...(usage && { stream_options: { include_usage: true } }),
        ...(maxTokens !== undefined && { max_tokens: maxTokens }),
        ...(tools && { tools: [weatherTool] }),
      },
      { ...(signal && { signal }) },
    );
    return opened({
      pieces: stream,
      read: (chunk) => ({ text: chunk.choices[0]?.delta?.content || '' }),
      async after() {
        const { choices } = await stream.finalChatCompletion();
        const { finish_reason: finish, message } = choices[0] ?? {};
        const calls = (message?.tool_calls ?? []).map((call) => ({
          id: call.id,
          name: 'function' in call ? call.function.name : '',
          arguments: 'function' in call ? call.function.arguments : '',
        }));
        return { finalText: message?.content ?? '', calls, ...(finish && { finish }) };
      },
    });
  },
};
