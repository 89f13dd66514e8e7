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

const address: Phrase = ['Is `baseURL` right? Try {}', '`baseURL` 对吗？试试 {}'];
const another: Phrase = ['Choose another model.', '请换一个模型。'];

/** What to do about an error, by a ChatError's `reason`, else by its `kind`. Its own words are told with it. */
export const advice: { readonly [reasonOrKind: string]: Phrase } = {
  settings: ['Check agents.json.', '请检查 agents.json。'],
  connection: [
    'Is the server running? Start it (LM Studio: `lms server start`), or correct `baseURL`.',
    '服务在运行吗？请启动它（LM Studio：`lms server start`），或改正 `baseURL`。',
  ],
  timeout: ['`timeouts` sets how long to wait.', '等多久由 `timeouts` 设定。'],
  token: [
    "Put the token into My Assistant's setting `apiKey`, its name into `metadata.llm.apiKey`.",
    '请把令牌存进 My Assistant 设置的 `apiKey`，键名写进 `metadata.llm.apiKey`。',
  ],
  'no-model': [
    'Load a model (LM Studio: `lms load`), then press Retry.',
    '请加载一个模型（LM Studio：`lms load`），再按 Retry。',
  ],
  context: [
    'Reset the context, or load the model with a larger one.',
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
export const retry: Phrase = [
  "It failed. Press Retry; the server's log says why.",
  '出错了。请按 Retry；原因见服务的日志。',
];

export const unknownSettings: Phrase = ['Unknown settings: {}', '未知设置：{}'];
export const unknownTask: Phrase = ['Unknown task: `{}`', '未知任务：`{}`'];

export const cutOff: Phrase = [
  'Cut off: the token limit or the end of the context was reached.',
  '被截断：到了 token 上限或上下文末尾。',
];
export const emptyAnswer: Phrase = [
  'The answer is empty. Press Retry.',
  '回答是空的。请按 Retry。',
];
export const onlyReasoning: Phrase = [
  'Only reasoning ({} characters), no answer: raise the token limit, or change "Reasoning".',
  '只有思考（{} 字符），没有回答：请提高 token 上限，或改变“思考”。',
];
export const otherModel: Phrase = ['`{}` answered, not `{}`.', '回答的是 `{}`，不是 `{}`。'];

export const notSent: Phrase = ['Not sent: `{}` ({})', '未发送：`{}`（{}）'];
export const outsideFolder: Phrase = ["outside this chat's folder", '不在本对话的文件夹里'];
export const wrongImage: Phrase = ['only PNG and JPEG', '只支持 PNG 和 JPEG'];
export const notText: Phrase = ['no text', '不是文本'];

export const waitingFor: Phrase = [
  '⏳ Loading the model or reading the prompt… {} s',
  '⏳ 正在加载模型或读取提示… {} 秒',
];

export const modelLabel: Phrase = ['Model', '模型'];
export const loadedModelLabel: Phrase = ['loaded model', '已加载的模型'];
export const reasoningLabel: Phrase = ['Reasoning', '思考'];
export const modeLabels: readonly Phrase[] = [
  ['show', '显示'],
  ['hide', '隐藏'],
  ['off', '关闭'],
];
export const resetLabel: Phrase = ['Reset context', '重置上下文'];
