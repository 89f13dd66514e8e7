import { readFileSync } from 'node:fs';
import { type Fetch, streamChat } from '../../../../src/index.ts';
import { type Ask, type Client, messages, model, opened, weatherTool } from './client.ts';

const packageJson = new URL('../../../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageJson, 'utf8'));

/** This project, over the global `fetch` or over a given one. */
export function ours(name: string, fetch?: Fetch): Client {
  return {
    name,
    version,
    tellsReasoning: true,
    open({ baseURL, apiKey, maxTokens, tools, signal, patience, usage, resumes }: Ask) {
      const reply = streamChat(
        {
          model,
          messages,
          ...(maxTokens !== undefined && { max_tokens: maxTokens }),
          ...(tools && { tools: [weatherTool] }),
          ...(usage === false && { stream_options: null }),
        },
        {
          baseURL,
          apiKey,
          signal,
          fetch,
          resume: resumes,
          timeouts: { firstToken: patience, idle: patience },
        },
      );
      return opened({
        pieces: reply,
        read: (text) => ({ text }),
        async after() {
          const { text, reasoning, toolCalls, verdict } = await reply.result;
          return { finalText: text, reasoning, calls: toolCalls, finish: verdict };
        },
      });
    },
  };
}
