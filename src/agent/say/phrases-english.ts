import { createExplain } from '../../advice/index.ts';

const askAgain = 'Press 重试 (Retry) to ask again.';
const chooseModel = 'Choose one in the drop-down "Model".';

/** How full a context is, in tokens. */
export interface ContextUse {
  used: number;
  size: number;
  percent: number;
}

export const english = {
  explain: createExplain('en', {
    baseURL: '`baseURL` in agents.json',
    askAgain,
    chooseModel,
    setToken:
      "Store the API token under a name of your choice in My Assistant's setting `apiKey`, and write that name into `metadata.llm.apiKey` in agents.json.",
    truster: 'VS Code',
  }),
  wrongSettings: (problem: string) => ({
    happened: `The settings in agents.json are not right: ${problem}.`,
    advice: 'Correct them, press Refresh in the chat list, and ask again with 重试 (Retry).',
  }),

  // What is waited for, and for how long.
  waiting: (time: string) => `⏳ Waiting for the first token: ${time}`,
  loading: (model: string, time: string) => `⏳ Loading \`${model}\`: ${time}`,
  reading: (time: string) => `⏳ Reading the prompt: ${time}`,
  readingShare: (percent: number, time: string) => `⏳ Reading the prompt: ${percent}%, ${time}`,
  busy: (time: string) =>
    `⏳ The server may still be busy with the question that was stopped: ${time}`,
  waitingForServer: (time: string) =>
    `⏳ Waiting for a server, to answer as soon as it runs: ${time}`,
  serverCame: 'The server is running now.',
  thinking: (time: string) => `💭 Thinking: ${time}`,
  thought: (time: string) => `Thought for ${time}`,
  goesOnAbove: 'The answer goes on above.',
  time(seconds: number) {
    const minutes = Math.floor(seconds / 60);
    const rest = seconds % 60;
    if (minutes === 0) return `${rest} s`;
    return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
  },

  // How an answer ended.
  serverSays: (words: string) => `The server says: "${words}"`,
  cutOff: 'The answer was cut off: it reached the token limit, or the end of the context.',
  cutOffAdvice:
    'Press "Continue" to pick up where it stopped. For longer answers raise `max_tokens` in agents.json.',
  continueAdvice: 'Press "Continue" to pick up where it stopped.',
  stoppedEarly: 'Stopped before the answer began.',
  stoppedEarlyAdvice:
    'Press 重试 (Retry) to ask again, or go on writing: your next question is sent together with this one.',
  empty: 'The model gave an empty answer.',
  askAgain,
  onlyReasoning: 'The model stopped while still thinking, before its answer began.',
  onlyReasoningAdvice: (hasButton: boolean) =>
    `${hasButton ? 'Press "Answer without thinking". Or raise' : 'Raise'} \`max_tokens\` in agents.json, or load the model with more context.`,
  filtered: "The server's content filter blocked the rest of the answer.",
  toolCall: (names: string) =>
    `The model wants to call the tool ${names}. This chat cannot run tools, so the answer ends here.`,
  otherEnd: (reason: string) => `The server ended the answer with an unknown reason: "${reason}".`,
  otherModel: (answered: string, asked: string) =>
    `\`${answered}\` answered, but \`${asked}\` was asked for. The server answers with the loaded model when it does not know the name.`,
  answeredBy: (model: string) => `Answered by \`${model}\`.`,
  otherModelAdvice:
    'Choose the model in the drop-down "Model", or correct `metadata.llm.model` in agents.json.',
  contextFull: ({ used, size, percent }: ContextUse) =>
    `The context is ${percent}% full: ${used} of ${size} tokens.`,
  contextAdvice:
    'When it is full, the model forgets the beginning or refuses to answer. "Go on with a summary" keeps the gist, "Reset context" starts afresh.',
  stats: (tokens: string, rate: string, seconds: string) =>
    `${tokens} tokens, ${rate} tokens/s, ${seconds} s`,
  statsContext: ({ used, size, percent }: ContextUse) =>
    `context: ${used} of ${size} tokens (${percent}%)`,

  notSaved: (words: string) => `This answer could not be saved while it came: ${words}.`,
  notSavedAdvice:
    'Make room on the disk, and copy the answer before you close the chat. What was saved before is untouched.',

  // What was left out.
  unknownSettings: (fields: string) => `agents.json has unknown settings: ${fields}.`,
  unknownSettingsAdvice: 'Correct their names, or remove them.',
  fileNotSent: (name: string) => `\`${name}\` was not sent.`,
  fileAdvice:
    "Text in UTF-8 up to 256 KiB, and PNG or JPEG images up to 10 MiB are sent, from this chat's own folder.",
  fileGoesWith: (file: string) => `${file} goes with your next question.`,
  noFile: 'No file was chosen.',
  noFileAdvice: 'Choose one with 添加初始文件 (Add initial file) first, then press "Send file".',
  imagesLeftOut: (model: string, count: number) =>
    `\`${model}\` does not accept images, so ${count === 1 ? 'the image' : `the ${count} images`} in this chat ${count === 1 ? 'was' : 'were'} not sent.`,
  imagesAdvice:
    'Choose a model that accepts images in the drop-down "Model", or load one in the server.',
  oldestLeftOut: (count: number) =>
    count === 1
      ? 'The oldest message was left out, and stays out from now on.'
      : `The ${count} oldest messages were left out, and stay out from now on.`,
  nothingLeftOut: 'There is nothing older that could be left out: this question alone is too long.',
  nothingLeftOutAdvice: 'Shorten it, or load the model with more context.',
  unknownTask: (name: string) => `This button is from another version of the agent: \`${name}\`.`,
  summaryNote:
    'From here on the model reads this summary in place of what is above. Nothing is deleted.',
  nothingToSumUp: 'There is nothing to sum up yet.',
  notTheLast: 'Only the last answer of a chat can be continued.',
  ready: (host: string, model: string) => `Ready: ${host}, ${model}.`,
  notLoaded: (model: string) => `\`${model}\` is not loaded.`,
  notLoadedAdvice:
    'Load it with the button below, or choose another model in the drop-down "Model".',

  // Labels on the panel.
  modelLabel: 'Model',
  anyModel: 'loaded model',
  reasoningLabel: 'Reasoning',
  presetLabel: 'Preset',
  noPreset: 'none',
  show: 'show',
  hide: 'hide',
  off: 'off',
  effort: (level: string) => level,
  resetContext: 'Reset context',
  sendFile: 'Send file',
  hereIsAFile: 'Here is a file for my next question.',
  continue: 'Continue',
  loadModel: (model: string) => `Load ${model}`,
  answerShorter: 'Leave out the oldest',
  loadWithMoreContext: 'Load with more context',
  goOnWithSummary: 'Go on with a summary',
  withoutTools: 'Answer without tools',
  withoutThinking: 'Answer without thinking',
  askAgainLabel: 'Ask again',

  // What the model reads.
  goOn: 'Go on exactly where your last answer ended. Repeat nothing of it, and add no remarks.',

  sumUp:
    'Sum up our conversation so far, so that it can go on with nothing but your summary: what I want, what was found out and decided, and what is still open. Keep names, numbers and short pieces of code that will be needed. Write the summary only.',
  summaryHeading: 'Summary of our conversation so far:',
  answerInWords: 'Answer in words. Do not call a tool.',

  // 'Generate Text at Cursor'.
  generating: 'local-llm: generating text',
  insertionFailed: (happened: string) => `local-llm: no text was inserted. ${happened}`,
  withoutPanel: (advice: string) =>
    advice
      .replace(askAgain, 'Run the command again.')
      .replace(chooseModel, 'Write the name of one into `metadata.llm.model` in agents.json.'),
  documentGone: 'The document cannot be written to.',
};
