import { baseURL, messages, model, type Program } from './program.ts';

/**
 * The yardstick: read, decode, split on blank lines, `JSON.parse`, add up. It yields nothing, checks nothing and
 * survives nothing.
 */
export const program: Program = async (fetch, onText) => {
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, stream: true }),
  });
  if (response.body === null) throw new Error('no body');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let buffer = '';
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    buffer += decoder.decode(value, { stream: true });
    const frames = buffer.split('\n\n');
    buffer = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.slice('data: '.length);
      if (data === '[DONE]') return text;
      const content = JSON.parse(data).choices[0]?.delta.content;
      if (content === undefined) continue;
      text += content;
      onText?.(content);
    }
  }
};
