/** One sentence that the agent says, in both languages; each `{}` is filled in. */
export type Phrase = readonly [en: string, zh: string];

/** Says a phrase in one language. */
export type Say = (phrase: Phrase, ...values: unknown[]) => string;

/** Makes the function that says phrases in a language: `zh`, or else English. */
export function createSay(language: string): Say {
  return (phrase, ...values) =>
    phrase[language === 'zh' ? 1 : 0].replace(/\{\}/g, () => String(values.shift()));
}

/** Chinese characters against words in Latin letters; kana tell Japanese. */
export function isMostlyChinese(text: string): boolean {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const han = count(/[\u4e00-\u9fff]/g);
  return han > 0 && han >= count(/[a-z]+/gi) && !count(/[\u3040-\u30ff]/);
}

const address: Phrase = ['Does `baseURL` end with `/v1`?', '`baseURL` 末尾是 `/v1` 吗？'];
const another: Phrase = ['Choose another model.', '请换一个模型。'];

/** What to do about an error, by a ChatError's `reason`, else by its `kind`. Its own words are told with it. */
export const advice: { readonly [reasonOrKind: string]: Phrase } = {
  settings: ['Check agents.json.', '请检查 agents.json。'],
  connection: [
    'Is the server running? LM Studio: `lms server start`',
    '服务在运行吗？LM Studio: `lms server start`',
  ],
  timeout: ['The server is busy. Raise `timeouts`.', '服务器正忙。请调大 `timeouts`。'],
  token: [
    "Put the token into My Assistant's setting `apiKey`, its name into `metadata.llm.apiKey`.",
    '请把令牌存进 My Assistant 设置的 `apiKey`，键名写进 `metadata.llm.apiKey`。',
  ],
  'no-model': ['Load a model. LM Studio: `lms load`', '请加载一个模型。LM Studio: `lms load`'],
  context: [
    'Reset the context, or load the model with more context.',
    '请重置上下文，或用更大的上下文加载模型。',
  ],
  'base-url': address,
  protocol: address,
  redirect: address,
  'model-not-found': another,
  image: another,
  template: another,
  memory: another,
};

/** For any other error. */
export const retry: Phrase = ['It failed. Press Retry.', '出错了。请按 Retry。'];

export const unknown: Phrase = ['Unknown: {}', '未知：{}'];

export const cutOff: Phrase = [
  'Cut off: raise `max_tokens` or the context.',
  '被截断：请调大 `max_tokens` 或上下文。',
];
export const emptyAnswer: Phrase = [
  'The answer is empty. Press Retry.',
  '回答是空的。请按 Retry。',
];
export const onlyReasoning: Phrase = [
  'Only reasoning ({} characters): raise `max_tokens` or the context.',
  '只有思考（{} 字符）：请调大 `max_tokens` 或上下文。',
];
export const otherModel: Phrase = ['`{}` answered, not `{}`.', '回答的是 `{}`，不是 `{}`。'];

export const notSent: Phrase = [
  "Not sent: `{}` (only UTF-8 (≤ 256 KiB), PNG, JPEG (≤ 10 MiB) from this chat's folder)",
  '未发送：`{}`（只支持本对话文件夹里的 UTF-8 (≤ 256 KiB), PNG, JPEG (≤ 10 MiB)）',
];

export const waitingFor: Phrase = [
  '⏳ Loading the model or reading the prompt… {} s',
  '⏳ 加载模型或读取提示… {} s',
];

export const modelLabel: Phrase = ['Model', '模型'];
export const loadedModelLabel: Phrase = ['loaded model', '已加载的模型'];
export const reasoningLabel: Phrase = ['Reasoning', '思考'];
export const resetLabel: Phrase = ['Reset context', '重置上下文'];
