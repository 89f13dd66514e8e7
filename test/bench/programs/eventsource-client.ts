import { createEventSource } from 'eventsource-client';
import { baseURL, messages, model, type Program } from './program.ts';

export const program: Program = async (fetch, onText) => {
  const source = createEventSource({
    url: `${baseURL}/chat/completions`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, stream: true }),
    fetch: (url, init) => fetch(url, init as RequestInit),
  });
  let text = '';
  for await (const { data } of source) {
    if (data === '[DONE]') break;
    const content = JSON.parse(data).choices[0]?.delta.content;
    if (!content) continue;
    text += content;
    onText?.(content);
  }
  source.close();
  return text;
};
