import { InferenceClient } from '@huggingface/inference';
import {
  type Client,
  collectCalls,
  messages,
  model,
  opened,
  versionOf,
  weatherTool,
} from './client.ts';

/** `chatCompletionStream`, as the README has it. */
export const huggingFace: Client = {
  name: 'Hugging Face',
  version: versionOf('@huggingface/inference'),
  tellsReasoning: false,
  open({ baseURL, apiKey, maxTokens, tools, signal, usage = true }) {
    const pieces = new InferenceClient(apiKey, { endpointUrl: baseURL }).chatCompletionStream(
      {
        model,
        messages,
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
        const choice = chunk.choices?.[0];
        add(choice?.delta.tool_calls);
        return {
          text: choice?.delta.content ?? '',
          ...(choice?.finish_reason && { finish: choice.finish_reason }),
        };
      },
      after: () => ({ calls }),
    });
  },
};
