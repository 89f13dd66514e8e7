/** A program that has the openai package's types. */
import { streamChat } from 'local-llm-stream-agent';
import type OpenAI from 'openai';
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessage,
  ChatCompletionMessageParam,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
} from 'openai/resources/chat/completions';

declare const messages: ChatCompletionMessageParam[];
declare const streaming: ChatCompletionCreateParamsStreaming;
declare const whole: ChatCompletionCreateParamsNonStreaming;
declare const either: ChatCompletionCreateParams;
declare const tools: ChatCompletionTool[];
declare const tool_choice: ChatCompletionToolChoiceOption;
declare const said: ChatCompletionMessage;
declare const format: NonNullable<ChatCompletionCreateParams['response_format']>;
declare const effort: OpenAI.ReasoningEffort;
declare const assistant: ChatCompletionAssistantMessageParam;

streamChat({ messages });
streamChat(streaming);
streamChat(whole);
streamChat(either);
streamChat({ ...streaming, temperature: 0.2 });
streamChat({
  messages: [...messages, said, assistant],
  tools,
  tool_choice,
  response_format: format,
});
streamChat({ messages, model: streaming.model, reasoning_effort: effort, stop: streaming.stop });
streamChat({
  messages,
  stream_options: streaming.stream_options,
  logit_bias: streaming.logit_bias,
});
streamChat({ messages, metadata: streaming.metadata, user: streaming.user });

const typed: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }];
export const reply = streamChat({ messages: typed, model: 'm', top_k: 40 });

// @ts-expect-error the types were found: these messages are no `any`
export const seven: number = messages;
