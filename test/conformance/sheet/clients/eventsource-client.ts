import { createEventSource } from 'eventsource-client';
import {
  type Client,
  collectCalls,
  messages,
  model,
  opened,
  versionOf,
  weatherTool,
} from './client.ts';

/** The obvious loop on an event-stream client: read events until `[DONE]`, parse each one. */
export const eventsourceClient: Client = {
  name: 'eventsource-client',
  version: versionOf('eventsource-client'),
  tellsReasoning: false,
  open({ baseURL, apiKey, maxTokens, tools, signal, usage = true }) {
    const source = createEventSource({
      url: `${baseURL}/chat/completions`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        model,
        messages,
        stream: true,
        ...(usage && { stream_options: { include_usage: true } }),
        ...(maxTokens !== undefined && { max_tokens: maxTokens }),
        ...(tools && { tools: [weatherTool] }),
      }),
    });
    signal?.addEventListener('abort', () => source.close());
    const { add, calls } = collectCalls();
    async function* untilDone() {
      try {
        for await (const { data } of source) {
          if (data === '[DONE]') return;
          yield JSON.parse(data);
        }
      } finally {
        source.close();
      }
    }
    return opened({
      pieces: untilDone(),
      read(chunk) {
        const choice = chunk.choices?.[0];
        add(choice?.delta?.tool_calls);
        return {
          text: choice?.delta?.content ?? '',
          ...(choice?.finish_reason && { finish: choice.finish_reason }),
        };
      },
      after: () => ({ calls }),
    });
  },
};
