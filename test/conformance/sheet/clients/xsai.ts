import { streamText } from '@xsai/stream-text';
import { type Client, messages, model, opened, versionOf, weatherTool } from './client.ts';

/** `streamText`'s full stream. It calls its tools itself, so they are given something to do. */
export const xsai: Client = {
  name: 'xsai',
  version: versionOf('@xsai/stream-text'),
  tellsReasoning: true,
  open({ baseURL, apiKey, maxTokens, tools, signal, usage: asksUsage = true }) {
    const {
      fullStream,
      textStream,
      steps,
      messages: all,
      usage,
      totalUsage,
    } = streamText({
      baseURL,
      model,
      messages,
      ...(asksUsage && { streamOptions: { includeUsage: true } }),
      ...(apiKey && { apiKey }),
      ...(signal && { abortSignal: signal }),
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
      ...(tools && { tools: [{ ...weatherTool, execute: () => 'sunny' }] }),
    });
    void textStream;
    // Its four promises reject beside the stream; a program that reads the stream only has to quiet them.
    for (const promise of [steps, all, usage, totalUsage]) promise.catch(() => {});
    return opened({
      pieces: fullStream,
      read(event) {
        switch (event.type) {
          case 'text-delta':
            return { text: event.text };
          case 'reasoning-delta':
            return { reasoning: event.text };
          case 'tool-call': {
            const { toolCallId: id, toolName: name, args } = event;
            return { calls: [{ id, name, arguments: args }], finish: 'tool_calls' };
          }
          case 'error':
            throw event.error;
          case 'finish':
            return { finish: event.finishReason };
          default:
            return {};
        }
      },
    });
  },
};
