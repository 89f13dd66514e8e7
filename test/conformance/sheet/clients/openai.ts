import type OpenAI from 'openai';
import {
  type Ask,
  type Client,
  collectCalls,
  messages,
  model,
  opened,
  versionOf,
  weatherTool,
} from './client.ts';

/**
 * `create({ stream: true })`, as the README and the tutorial use it.
 * @param name - the installed package: `openai`, or an older one under another name
 */
export async function openai(name: 'openai' | 'openai-4'): Promise<Client> {
  const { default: Client }: { default: typeof OpenAI } = await import(name);
  const version = versionOf(name);
  return {
    name: `openai ${version.split('.')[0]}`,
    version,
    tellsReasoning: false,
    async open({
      baseURL,
      apiKey = 'not-needed',
      maxTokens,
      tools,
      signal,
      patience,
      usage = true,
    }: Ask) {
      const client = new Client({ baseURL, apiKey, ...(patience && { timeout: patience }) });
      const pieces = await client.chat.completions.create(
        {
          model,
          messages,
          stream: true,
          ...(usage && { stream_options: { include_usage: true } }),
          ...(maxTokens !== undefined && { max_tokens: maxTokens }),
          ...(tools && { tools: [weatherTool] }),
        },
        { ...(signal && { signal }) },
      );
      const { add, calls } = collectCalls();
      return opened({
        pieces,
        read(chunk) {
          const choice = chunk.choices[0];
          add(choice?.delta?.tool_calls);
          return {
            text: choice?.delta?.content || '',
            ...(choice?.finish_reason && { finish: choice.finish_reason }),
          };
        },
        after: () => ({ calls }),
      });
    },
  };
}
