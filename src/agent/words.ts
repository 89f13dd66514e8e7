/** What the agent itself says, in both languages. */
export type Language = 'en' | 'zh';

/** One sentence in both languages; `{name}` is filled in. */
export type Phrase = readonly [en: string, zh: string];

/** Says a phrase in one language. */
export type Say = (phrase: Phrase, values?: { readonly [name: string]: unknown }) => string;

/** Makes the function that says phrases in a language. */
export function createSay(language: Language): Say {
  return (phrase, values = {}) =>
    phrase[language === 'zh' ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Chinese characters against words in other letters; kana tell Japanese. */
export function isMostlyChinese(text: string): boolean {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const words = text.match(/[\p{L}\p{N}_]+/gu)?.filter((word) => !/\p{Script=Han}/u.test(word));
  return han > 0 && han >= (words?.length ?? 0) && !/[\u3040-\u30ff]/.test(text);
}

/** What went wrong and what to do about it, by a ChatError's `reason`, else by its `kind`. */
export const errorPhrases: { readonly [reasonOrKind: string]: Phrase } = {
  refused: [
    'Nothing listens at {url}. Start the server (LM Studio: Developer > Start Server, or `lms server start`), or correct `baseURL`.',
    '{url} 没有服务在监听。请启动服务（LM Studio：Developer > Start Server，或运行 `lms server start`），或改正 `baseURL`。',
  ],
  dns: [
    'The host name in {url} cannot be found. Correct `baseURL`.',
    '找不到 {url} 里的主机名。请改正 `baseURL`。',
  ],
  connection: [
    'No connection to {url}. Is the server running, and can this machine reach it?',
    '连不上 {url}。服务在运行吗？这台机器能访问它吗？',
  ],
  timeout: [
    'The server was silent for too long. See its log; the limits are in `timeouts`.',
    '服务太久没有回应。请看它的日志；等待上限在 `timeouts` 里设置。',
  ],
  token: [
    "The server asks for a valid API token. Store it under a name in My Assistant's setting `apiKey`, and put that name into `metadata.llm.apiKey`.",
    '服务要求有效的 API 令牌。请在 My Assistant 设置的 `apiKey` 里存一个键，再把键名写进 `metadata.llm.apiKey`。',
  ],
  'no-model': [
    'No model is loaded. Load one (LM Studio, or `lms load`), then press Retry.',
    '还没有加载模型。请加载一个（在 LM Studio 里，或运行 `lms load`），再按 Retry。',
  ],
  'model-not-found': [
    'The server does not know the model `{model}`. Choose another.',
    '服务不认识模型 `{model}`。请换一个。',
  ],
  context: [
    'The conversation does not fit into the context. Press "Reset context", or load the model with a larger context.',
    '对话超出了模型的上下文长度。请按“重置上下文”，或用更大的上下文加载模型。',
  ],
  'base-url': [
    '{url} is not the address of a chat API. Correct `baseURL`.',
    '{url} 不是聊天 API 的地址。请改正 `baseURL`。',
  ],
  'no-v1': [
    '{url} is not the address of a chat API: `/v1` is missing at its end. Set `baseURL` to {url}/v1.',
    '{url} 不是聊天 API 的地址：末尾少了 `/v1`。请把 `baseURL` 设为 {url}/v1。',
  ],
  loading: [
    'The model is still being loaded. Press Retry in a while.',
    '模型还在加载。请稍后按 Retry。',
  ],
  image: [
    'The model cannot take the image. Choose a model that sees, or ask without the image.',
    '模型无法接收图片。请换一个支持视觉的模型，或不带图片再问。',
  ],
  template: [
    'The chat template of the model refused the conversation. Press "Reset context", or choose another model.',
    '模型的聊天模板拒绝了这段对话。请按“重置上下文”，或换一个模型。',
  ],
  crashed: [
    'The model has crashed. Load it again; the log of the server says why.',
    '模型崩溃了。请重新加载；原因在服务的日志里。',
  ],
  memory: [
    'There is not enough memory for the model. Load a smaller model, or a smaller context.',
    '内存不够加载这个模型。请换小一点的模型，或减小上下文。',
  ],
  busy: ['The server is busy. Press Retry in a while.', '服务正忙。请稍后按 Retry。'],
  http: ['The server answered with an error{status}.', '服务返回了错误{status}。'],
  server: ['The server broke off with an error.', '服务中途报错。'],
  protocol: [
    'What {url} sent is not a chat completion. Is `baseURL` right?',
    '{url} 返回的不是聊天回复。`baseURL` 对吗？',
  ],
  interrupted: [
    'The connection broke before the answer was finished. Press Retry; the log of the server says why.',
    '回答还没写完，连接就断了。请按 Retry；原因在服务的日志里。',
  ],
  'too-large': ['The answer is too large.', '回答太大了。'],
};

/** For an error that is not a ChatError. */
export const somethingWrong: Phrase = ['Something went wrong.', '出错了。'];

/** Everything else that is said: notes, labels, the words for what a setting should be. */
export const phrases = {
  serverSays: ['Its words: {words}', '原话：{words}'],
  models: ['It has: {models}.', '它有这些模型：{models}。'],
  keyMissing: [
    'No key is stored under the name that `metadata.llm.apiKey` gives.',
    '`metadata.llm.apiKey` 所写的键名下没有存令牌。',
  ],
  length: [
    'The answer is cut off: the token limit or the end of the context was reached.',
    '回答被截断：到了 token 上限或上下文末尾。',
  ],
  empty: ['The model sent an empty answer. Press Retry.', '模型的回答是空的。请按 Retry。'],
  onlyReasoning: [
    'The model only reasoned ({count} characters) and gave no answer. Raise the token limit, or set reasoning to show or off.',
    '模型只有思考（{count} 个字符），没有回答。请提高 token 上限，或把思考设为显示或关闭。',
  ],
  filtered: ['The server filtered the answer.', '回答被服务过滤了。'],
  tools: [
    'The model asks for tools ({names}), which this chat does not run.',
    '模型要求调用工具（{names}），这里不会执行。',
  ],
  otherModel: [
    'Model `{answered}` answered, not `{asked}`, which was asked for.',
    '回答的是模型 `{answered}`，不是所要的 `{asked}`。',
  ],
  wrongType: [
    '`{field}` must be {wanted}. Correct it in agents.json.',
    '`{field}` 必须是{wanted}。请在 agents.json 里改正。',
  ],
  unknownField: ['Unknown and left aside: {fields}.', '不认识、未采用的设置：{fields}。'],
  nothingToSay: ['There is no question to answer.', '没有要回答的问题。'],
  unknownTask: [
    'This agent does not know the task `{name}`. It knows `ResetContext`.',
    '这个智能体没有任务 `{name}`，只有 `ResetContext`。',
  ],
  reset: ['The context is reset.', '上下文已重置。'],
  ready: ['Ready: {model} at {url}.', '已就绪：{url}，{model}。'],
  anyModel: ['the loaded model', '已加载的模型'],
  waiting: [
    '⏳ Loading the model or reading the prompt… {seconds} s',
    '⏳ 正在加载模型或读取提示… {seconds} 秒',
  ],
  reading: [
    '⏳ Reading the prompt: {percent} %… {seconds} s',
    '⏳ 正在读取提示：{percent} %… {seconds} 秒',
  ],
  thinking: ['💭 Thinking… {seconds} s', '💭 正在思考… {seconds} 秒'],
  stats: [
    '{tokens} tokens, {rate} tokens/s, first token after {first} s, {total} s in all ({model})',
    '{tokens} 个 token，{rate} token/秒，首个 token {first} 秒，共 {total} 秒（{model}）',
  ],
  noFile: ['`{name}` was not sent: {why}', '`{name}` 没有发送：{why}'],
  outside: ['it lies outside the folder of this chat.', '它不在本对话的文件夹里。'],
  unreadable: ['it cannot be read ({code}).', '读不了（{code}）。'],
  tooBig: ['it is larger than {limit}.', '它超过 {limit}。'],
  notImage: ['only PNG and JPEG images are supported.', '只支持 PNG 和 JPEG 图片。'],
  notText: [
    'it is neither text nor a PNG or JPEG image.',
    '它既不是文本，也不是 PNG 或 JPEG 图片。',
  ],
  model: ['Model', '模型'],
  auto: ['loaded model', '已加载的模型'],
  loaded: ['loaded', '已加载'],
  reasoning: ['Reasoning', '思考'],
  show: ['show', '显示'],
  hide: ['hide', '隐藏'],
  off: ['off', '关闭'],
  resetButton: ['Reset context', '重置上下文'],
  string: ['a string', '字符串'],
  object: ['an object', '对象'],
  boolean: ['true or false', ' true 或 false'],
  time: ['a number of milliseconds', '毫秒数'],
  address: [
    'an http or https URL such as `http://127.0.0.1:1234/v1`',
    '像 `http://127.0.0.1:1234/v1` 这样的 http 或 https 地址',
  ],
  header: ['a key without line breaks and foreign characters', '不含换行和特殊字符的令牌'],
} satisfies { [name: string]: Phrase };
