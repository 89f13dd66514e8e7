/** A program that has the AI SDK's messages: its own, and those that it converts for an OpenAI-compatible server. */
import { convertToOpenAICompatibleChatMessages } from '@ai-sdk/openai-compatible/internal';
import { convertToModelMessages, type ModelMessage, type UIMessage } from 'ai';
import { streamChat } from 'local-llm-stream-agent';

declare const shown: UIMessage[];
declare const own: ModelMessage[];
declare const prompt: Parameters<typeof convertToOpenAICompatibleChatMessages>[0];

const converted = convertToOpenAICompatibleChatMessages(prompt);
streamChat({ messages: converted });
streamChat({ messages: [{ role: 'system', content: 'Be brief.' }, ...converted] });
export const sent = async () => streamChat({ messages: await convertToModelMessages(shown) });
streamChat({ messages: own });

// @ts-expect-error the types were found: these messages are no `any`
export const seven: number = converted;
// @ts-expect-error nor are these
export const eight: number = own;
