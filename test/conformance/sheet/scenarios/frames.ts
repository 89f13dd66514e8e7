/** The frames that the scenarios are made of, in LM Studio's key order. */

const head = {
  id: 'chatcmpl-3k9q0w8e7r6t5y4u3i2o1p',
  object: 'chat.completion.chunk',
  created: 1795345054,
  model: 'local-model',
  system_fingerprint: 'local-model',
};

/** A chunk's JSON with one choice. */
export function chunk(delta: unknown, finish: string | null = null, more: object = {}): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return JSON.stringify({ ...head, choices, ...more });
}

/** A chunk's JSON with these fields in the place of `choices`. */
export function bare(fields: object): string {
  return JSON.stringify({ ...head, ...fields });
}

/** A frame: one event. */
export function data(json: string): string {
  return `data: ${json}\n\n`;
}

/** A frame with a piece of the answer. */
export function text(content: string): string {
  return data(chunk({ content }));
}

/** The first frame of an answer: text, and the role. */
export function opening(content: string): string {
  return data(chunk({ role: 'assistant', content }));
}

/** A first frame without text. */
export const role = data(chunk({ role: 'assistant', content: '' }));

/** The frame with the finish reason. */
export function finish(reason = 'stop'): string {
  return data(chunk({}, reason));
}

/** The usage frame. */
export function usage(completion_tokens = 5): string {
  const counts = { prompt_tokens: 8, completion_tokens, total_tokens: 8 + completion_tokens };
  return data(bare({ choices: [], usage: counts }));
}

export const done = 'data: [DONE]\n\n';

/** The answer of {@link hello}. */
export const HELLO = 'Hello, world.';

/** The deltas of a whole reply. */
export const helloText = [opening('Hello'), text(', '), text('world.')];

/** A whole reply, a frame each. */
export const hello = [...helloText, finish(), usage(), done];

/** A fragment of a tool call. */
export function call(fields: object, reason: string | null = null): string {
  return data(chunk({ tool_calls: [fields] }, reason));
}

/** The arguments of the weather tool for a city, as a model writes them. */
export function city(name: string): string {
  return `{"city":"${name}"}`;
}
