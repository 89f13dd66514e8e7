import OpenAI from 'openai-4';
import { baseURL, messages, model, type Program } from './program.ts';

export const program: Program = async (fetch, onText) => {
  // Its type for a fetch is node-fetch's.
  const client = new OpenAI({ baseURL, apiKey: 'not-needed', fetch: Object(fetch) });
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  let text = '';
  for await (const chunk of stream) {
    const content = chunk.choices[0]?.delta?.content;
    if (!content) continue;
    text += content;
    onText?.(content);
  }
  return text;
};
