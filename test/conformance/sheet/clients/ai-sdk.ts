import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, streamText, tool } from 'ai';
import { type Client, messages, model, opened, versionOf, weatherTool } from './client.ts';

/** `streamText`'s full stream: its text stream drops errors. */
export const aiSdk: Client = {
  name: 'AI SDK',
  version: `${versionOf('ai')} + openai-compatible ${versionOf('@ai-sdk/openai-compatible')}`,
  tellsReasoning: true,
  open({ baseURL, apiKey, maxTokens, tools, signal, patience, usage }) {
    const provider = createOpenAICompatible({
      baseURL,
      name: 'local',
      includeUsage: usage ?? true,
      ...(apiKey && { apiKey }),
    });
    const { description, parameters } = weatherTool.function;
    const result = streamText({
      model: provider.chatModel(model),
      messages,
      onError: () => {},
      ...(signal && { abortSignal: signal }),
      ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
      ...(patience && { timeout: { firstChunkMs: patience, chunkMs: patience } }),
      ...(tools && {
        tools: { get_weather: tool({ description, inputSchema: jsonSchema(parameters) }) },
      }),
    });
    return opened({
      pieces: result.stream,
      read(part) {
        switch (part.type) {
          case 'text-delta':
            return { text: part.text };
          case 'reasoning-delta':
            return { reasoning: part.text };
          case 'tool-call': {
            const { toolCallId: id, toolName: name, input } = part;
            return {
              calls: [{ id, name, arguments: JSON.stringify(input), complete: !part.invalid }],
            };
          }
          case 'error':
            throw part.error;
          case 'abort':
            throw signal?.reason ?? new Error(String(part.reason ?? 'aborted'));
          case 'finish':
            return { finish: part.finishReason };
          default:
            return {};
        }
      },
      after: async () => ({ finalText: await result.text }),
    });
  },
};
