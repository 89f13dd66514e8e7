import type { Explanation, Failure } from './phrases.ts';

type Explain = (failure: Failure) => Explanation;

const askAgain = 'Press 重试 (Retry) to ask again.';

const failures = {
  settings: ({ message }) => ({
    happened: `The settings in agents.json are not right: ${message}.`,
    advice: 'Correct them, press Refresh in the list of chats, and ask again with 重试 (Retry).',
  }),
  connection: ({ url }) => ({
    happened: `There is no connection to the server at ${url}.`,
    advice: `Look whether the server is running and \`baseURL\` is right. ${askAgain}`,
  }),
  refused: ({ url }) => ({
    happened: `No server is running at ${url}.`,
    advice: `Start it (in LM Studio: Developer > Start Server, or \`lms server start\` in a terminal), or correct \`baseURL\` in agents.json. ${askAgain}`,
  }),
  dns: ({ url }) => ({
    happened: `Nobody knows a machine by the name in ${url}.`,
    advice: 'Correct `baseURL` in agents.json; `127.0.0.1` is this machine.',
  }),
  unreachable: ({ url }) => ({
    happened: `The machine at ${url} does not answer.`,
    advice: `Check \`baseURL\` and the network. ${askAgain}`,
  }),
  'tls-untrusted': ({ url }) => ({
    happened: `Nobody whom VS Code trusts has signed the certificate of ${url}.`,
    advice:
      'Start VS Code with `NODE_EXTRA_CA_CERTS` set to the path of the certificate, or use `http://` in `baseURL`.',
  }),
  'tls-certificate': ({ url }) => ({
    happened: `The certificate of ${url} is for another name, or has expired.`,
    advice: 'Correct the name in `baseURL` in agents.json, or give the server a new certificate.',
  }),
  'tls-plain-http': ({ url }) => ({
    happened: `The server at ${url} does not speak https.`,
    advice: 'Begin `baseURL` in agents.json with `http://`.',
  }),
  reset: ({ url }) => ({
    happened: `The server at ${url} closed the connection before the answer was finished.`,
    advice: `Its log may say why. ${askAgain}`,
  }),
  timeout: ({ url }) => ({
    happened: `The server at ${url} does not answer in time.`,
    advice: `It may be busy. ${askAgain}`,
  }),
  'first-token': ({ patience }) => ({
    happened: `The server sent no word for ${patience}.`,
    advice: `Look whether it is still working, or raise \`timeouts.firstToken\` in agents.json. ${askAgain}`,
  }),
  idle: ({ patience }) => ({
    happened: `The server fell silent in mid-answer, for ${patience}.`,
    advice: 'Raise `timeouts.idle` in agents.json, or look at the log of the server.',
  }),
  'runtime-limit': ({ url }) => ({
    happened: `The connection to ${url} was cut after a long silence.`,
    advice: askAgain,
  }),
  http: ({ status }) => ({
    happened: `The server refused the question${status === undefined ? '' : ` (status ${status})`}.`,
    advice: `${askAgain} If it fails again, look at the log of the server.`,
  }),
  server: () => ({
    happened: 'The server reported an error.',
    advice: `${askAgain} If it fails again, look at the log of the server.`,
  }),
  protocol: ({ url }) => ({
    happened: `What came from ${url} is not an answer of a chat server.`,
    advice: 'Check that `baseURL` in agents.json ends with `/v1`.',
  }),
  interrupted: () => ({
    happened: 'The connection broke before the answer was finished. What had come is kept.',
    advice: `The log of the server may say why. ${askAgain}`,
  }),
  'too-large': ({ message }) => ({
    happened: `The answer was broken off, because it is too large: ${message}.`,
    advice: 'Ask for less at a time.',
  }),
  token: () => ({
    happened: 'The server wants a token, or another one than it got.',
    advice:
      "Store the token under a name of your choice in My Assistant's setting `apiKey`, and write that name into `metadata.llm.apiKey` in agents.json.",
  }),
  context: () => ({
    happened: "The conversation is longer than the model's context.",
    advice:
      'Leave the oldest messages out, reset the context, or load the model with more context.',
  }),
  template: () => ({
    happened: "The model's chat template does not accept these messages.",
    advice: 'Choose another model, or take `systemPrompt` out of agents.json.',
  }),
  'no-model': () => ({
    happened: 'No model is loaded.',
    advice: `Load one here, or in the server (in LM Studio: \`lms load\` in a terminal). ${askAgain}`,
  }),
  'model-unnamed': () => ({
    happened: 'The server has several models and has to be told which one to take.',
    advice: 'Choose one in the drop-down "Model", or load one here.',
  }),
  'model-not-found': ({ model }) => ({
    happened: `The server has no model by the name ${model === undefined ? 'that it was asked for' : `\`${model}\``}.`,
    advice: 'Choose another one in the drop-down "Model", or load one here.',
  }),
  'load-failed': ({ model }) => ({
    happened: `The server could not load ${model === undefined ? 'the model' : `\`${model}\``}.`,
    advice: 'Its log says why. Choose another model, or load one here.',
  }),
  memory: () => ({
    happened: 'The machine has too little memory for this model.',
    advice: 'Choose a smaller model, or load it with less context.',
  }),
  loading: () => ({
    happened: 'The model is still being loaded.',
    advice: `Wait a moment. ${askAgain}`,
  }),
  image: ({ model }) => ({
    happened: `${model === undefined ? 'The model' : `\`${model}\``} does not take the pictures in this chat.`,
    advice:
      'Choose a model that can see in the drop-down "Model"; or press "Reset context", and ask without the pictures.',
  }),
  crashed: () => ({
    happened: 'The model has crashed.',
    advice: `Load it again here, or in the server. ${askAgain}`,
  }),
  busy: () => ({
    happened: 'The server is busy with other work.',
    advice: `Wait a moment. ${askAgain}`,
  }),
  redirect: ({ url }) => ({
    happened: `The server at ${url} sends elsewhere, and a redirect is not followed.`,
    advice: 'Write the address to which it leads into `baseURL` in agents.json.',
  }),
  'base-url': ({ url }) => ({
    happened: `There is a server at ${url}, but no chat model behind that address.`,
    advice: 'Check that `baseURL` in agents.json ends with `/v1`.',
  }),
  unknown: ({ message }) => ({
    happened: `Something went wrong that the agent does not know: ${message}.`,
    advice: askAgain,
  }),
} satisfies Record<string, Explain>;

export const english = {
  failures,

  // What is waited for, and for how long.
  waiting: (time: string) => `⏳ Waiting for the first word: ${time}`,
  loading: (model: string, time: string) => `⏳ Loading \`${model}\`: ${time}`,
  reading: (time: string) => `⏳ Reading the prompt: ${time}`,
  readingShare: (percent: number, time: string) => `⏳ Reading the prompt: ${percent} %, ${time}`,
  busy: (time: string) =>
    `⏳ The server is still busy with the question that was stopped. This one is next: ${time}`,
  thinking: (time: string) => `💭 Thinking: ${time}`,
  time: (seconds: number) =>
    seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`,

  // How an answer ended.
  serverSays: (words: string) => `The server says: "${words}"`,
  cutOff: () =>
    'The answer was cut off: it reached the limit of tokens, or the end of the context.',
  cutOffAdvice: () =>
    '"Continue" goes on where it ended. For longer answers raise `max_tokens` in agents.json.',
  continueAdvice: () => '"Continue" goes on where the answer ended.',
  stoppedEarly: () => 'Stopped before the first word.',
  stoppedEarlyAdvice: () =>
    'Press 重试 (Retry) to ask again, or go on writing: your next question is sent together with this one.',
  empty: () => 'The model gave an empty answer.',
  askAgain: () => askAgain,
  onlyReasoning: () => 'The model has only been thinking, and was cut off before its answer.',
  onlyReasoningAdvice: () =>
    'Raise `max_tokens` in agents.json, load the model with more context, or set "Reasoning" to "off".',
  filtered: () => 'The server held the rest of the answer back, because of its contents.',
  toolCall: (names: string) =>
    `The model wants to call the tool ${names}. This chat cannot run tools, so the answer ends here.`,
  toolCallAdvice: () => 'Ask it to answer without tools.',
  otherEnd: (reason: string) => `The server ended the answer for a reason of its own: "${reason}".`,
  otherModel: (answered: string, asked: string) =>
    `\`${answered}\` answered, but \`${asked}\` was asked for. The server takes the model that is loaded when it does not know a name.`,
  otherModelAdvice: () =>
    'Choose the model in the drop-down "Model", or correct `metadata.llm.model` in agents.json.',
  contextFull: (used: string, size: string, percent: number) =>
    `The context is ${percent} % full: ${used} of ${size} tokens.`,
  contextAdvice: () =>
    'When it is full, the model forgets the beginning or refuses to answer. "Reset context" starts afresh.',
  stats: (tokens: string, rate: string, seconds: string) =>
    `${tokens} tokens, ${rate} tokens/s, ${seconds} s`,
  statsContext: (used: string, size: string, percent: number) =>
    `context: ${used} of ${size} tokens (${percent} %)`,

  // What was left out.
  unknownSettings: (fields: string) =>
    `agents.json has settings that mean nothing here: ${fields}.`,
  unknownSettingsAdvice: () => 'Correct their names, or take them out.',
  fileNotSent: (name: string) => `\`${name}\` was not sent.`,
  fileAdvice: () =>
    "Text in UTF-8 up to 256 KiB, and PNG or JPEG pictures up to 10 MiB are sent, from this chat's own folder.",
  noFile: () => 'No file was chosen.',
  noFileAdvice: (send: string) => `Choose one with 添加初始文件 first, then press "${send}".`,
  imagesLeftOut: (model: string, count: number) =>
    `\`${model}\` takes no pictures, so ${count === 1 ? 'the picture' : `the ${count} pictures`} in this chat ${count === 1 ? 'was' : 'were'} not sent.`,
  imagesAdvice: () =>
    'Choose a model that can see in the drop-down "Model", or load one in the server.',
  oldestLeftOut: (count: number) =>
    count === 1
      ? 'The oldest message was left out, and stays out from now on.'
      : `The ${count} oldest messages were left out, and stay out from now on.`,
  nothingLeftOut: () =>
    'There is nothing older that could be left out: this question alone is too long.',
  nothingLeftOutAdvice: () => 'Shorten it, or load the model with more context.',
  unknownTask: (name: string) => `This button is from another version of the agent: \`${name}\`.`,
  notTheLast: () => 'Only the last answer of a chat can be continued.',
  ready: (host: string, model: string) => `Ready: ${host}, ${model}.`,
  models: (names: readonly string[]) => `The server has ${names.join(', ')}.`,
  loadFailed: (model: string) => `\`${model}\` could not be loaded.`,
  loadFailedAdvice: () => 'Take a smaller model, or less context; the log of the server says more.',

  // Labels on the panel.
  modelLabel: () => 'Model',
  anyModel: () => 'loaded model',
  reasoningLabel: () => 'Reasoning',
  presetLabel: () => 'Preset',
  noPreset: () => 'none',
  show: () => 'show',
  hide: () => 'hide',
  off: () => 'off',
  effort: (level: string) => level,
  resetContext: () => 'Reset context',
  sendFile: () => 'Send file',
  continue: () => 'Continue',
  loadModel: (model: string) => `Load ${model}`,
  answerShorter: () => 'Answer without the oldest messages',

  // What the model reads.
  readFile: () => 'Read the attached file and say in a few sentences what is in it.',
  goOn: () =>
    'Go on exactly where your last answer ended. Repeat nothing of it, and add no remarks.',

  // 'Generate Text at Cursor'.
  generating: () => 'local-llm: generating text',
  insertionFailed: (happened: string) => `local-llm: no text was inserted. ${happened}`,
  documentGone: () => 'The document cannot be written to.',
};
