import { createParser } from 'eventsource-parser';
import { baseURL, messages, model, type Program } from './program.ts';

/** The raw loop, with the frames cut by the parser that many clients use. */
export const program: Program = async (fetch, onText) => {
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, stream: true }),
  });
  if (response.body === null) throw new Error('no body');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let finished = false;
  const parser = createParser({
    onEvent({ data }) {
      if (data === '[DONE]') finished = true;
      if (finished) return;
      const content = JSON.parse(data).choices[0]?.delta.content;
      if (content === undefined) return;
      text += content;
      onText?.(content);
    },
  });
  while (!finished) {
    const { done, value } = await reader.read();
    if (done) break;
    parser.feed(decoder.decode(value, { stream: true }));
  }
  return text;
};
