import { createExplain } from '../../advice/index.ts';
import type { Phrases } from './phrases.ts';

const askAgain = '点“重试”再问一次。';
const chooseModel = '请在下拉框“模型”里选一个。';

/** What is wrong with a setting is found by the client, too, which speaks English. */
function problemInChinese(problem: string): string {
  return problem
    .replace(' must be an object such as ', ' 必须是对象，例如 ')
    .replace(/ must be an object$/, ' 必须是对象')
    .replace(/ must be of type (\w+)$/, ' 的类型必须是 $1')
    .replace(/ must be 0 or more$/, ' 必须是不小于 0 的数字')
    .replace(/ must be one of (.*)$/, ' 只能是 $1 之一')
    .replace(/ must begin with (.*) or (.*)$/, ' 必须以 $1 或 $2 开头')
    .replace(/^.* cannot be sent in a header$/, 'API 令牌或 `baseURL` 里有不能发送的字符');
}

export const chinese: Phrases = {
  explain: createExplain('zh', {
    baseURL: 'agents.json 里的 `baseURL`',
    askAgain,
    chooseModel,
    setToken:
      '请在 My Assistant 的设置 `apiKey` 里用一个名字存好 API 令牌，再把这个名字写进 agents.json 的 `metadata.llm.apiKey`。',
    truster: 'VS Code',
  }),
  wrongSettings: (problem) => ({
    happened: `agents.json 里的设置有误：${problemInChinese(problem)}。`,
    advice: '改好之后，先在对话列表里点 Refresh，再点“重试”。',
  }),

  waiting: (time) => `⏳ 正在等待首个 token：${time}`,
  loading: (model, time) => `⏳ 正在加载 \`${model}\`：${time}`,
  reading: (time) => `⏳ 正在处理提示词：${time}`,
  readingShare: (percent, time) => `⏳ 正在处理提示词：${percent}%，${time}`,
  busy: (time) => `⏳ 服务可能还在处理刚才停止的问题：${time}`,
  waitingForServer: (time) => `⏳ 正在等服务启动，启动后马上回答：${time}`,
  serverCame: '服务已经启动。',
  thinking: (time) => `💭 正在思考：${time}`,
  thought: (time) => `思考了 ${time}`,
  goesOnAbove: '接着上面的回答往下写了。',
  time(seconds) {
    const minutes = Math.floor(seconds / 60);
    const rest = seconds % 60;
    if (minutes === 0) return `${rest} 秒`;
    return rest === 0 ? `${minutes} 分钟` : `${minutes} 分 ${rest} 秒`;
  },

  serverSays: (words) => `服务的原话：“${words}”`,
  cutOff: '回答没有说完就被截断了：达到 token 上限，或者上下文已经用完。',
  cutOffAdvice: '点“继续”可以接着生成。想要更长的回答，请调大 agents.json 里的 `max_tokens`。',
  continueAdvice: '点“继续”可以接着生成。',
  stoppedEarly: '还没开始回答就停止了。',
  stoppedEarlyAdvice: '点“重试”再问一次，或者接着写：下一个问题会和这个问题一起发送。',
  empty: '模型给了一个空的回答。',
  askAgain,
  onlyReasoning: '模型一直在思考，还没开始回答就被截断了。',
  onlyReasoningAdvice: (hasButton) =>
    `${hasButton ? '请点“不思考直接回答”，或者' : '请'}调大 agents.json 里的 \`max_tokens\`，或者用更大的上下文加载模型。`,
  filtered: '服务的内容过滤拦截了余下的回答。',
  toolCall: (names) => `模型想调用工具 ${names}。这个对话不能运行工具，所以回答到此为止。`,
  otherEnd: (reason) => `服务以未知原因结束了回答：“${reason}”。`,
  otherModel: (answered, asked) =>
    `请求的是 \`${asked}\`，回答的是 \`${answered}\`。服务遇到不认识的名字时，会用已加载的模型来回答。`,
  answeredBy: (model) => `这次是 \`${model}\` 回答的。`,
  otherModelAdvice: '请在下拉框“模型”里选择，或者改正 agents.json 里的 `metadata.llm.model`。',
  contextFull: ({ used, size, percent }) =>
    `上下文已经用了 ${percent}%：${size} 个 token 中的 ${used} 个。`,
  contextAdvice:
    '用完之后，模型会忘掉开头的内容，或者无法回答。点“用摘要继续”可以保留要点，点“重置上下文”则从头开始。',
  stats: (tokens, rate, seconds) => `${tokens} 个 token，每秒 ${rate} 个，用时 ${seconds} 秒`,
  statsContext: ({ used, size, percent }) => `上下文：${used} / ${size} token（${percent}%）`,

  notSaved: (words) => `这个回答在生成过程中没能保存：${words}。`,
  notSavedAdvice: '请先腾出磁盘空间，并在关闭对话之前复制这个回答。之前保存的内容没有受影响。',

  unknownSettings: (fields) => `agents.json 里有无法识别的设置：${fields}。`,
  unknownSettingsAdvice: '请改正名字，或者删掉它们。',
  fileNotSent: (name) => `\`${name}\` 没有发送。`,
  fileAdvice:
    '可以发送的是：256 KiB 以内的 UTF-8 文本，10 MiB 以内的 PNG 或 JPEG 图片，并且要在这个对话自己的文件夹里。',
  fileGoesWith: (file) => `${file} 会和下一个问题一起发送。`,
  noFile: '还没有选文件。',
  noFileAdvice: '请先点“添加初始文件”选一个，再点“发送文件”。',
  imagesLeftOut: (model, count) =>
    `\`${model}\` 看不了图片，所以这段对话里的 ${count} 张图片没有发送。`,
  imagesAdvice: '请在下拉框“模型”里选一个能看图的模型，或者在服务里加载一个。',
  oldestLeftOut: (count) => `最早的 ${count} 条消息没有发送，以后也不再发送。`,
  nothingLeftOut: '没有更早的消息可以去掉了：仅这一个问题就已超长。',
  nothingLeftOutAdvice: '请把它缩短，或者用更大的上下文加载模型。',
  unknownTask: (name) => `这个按钮来自另一个版本：\`${name}\`。`,
  summaryNote: '从这里开始，模型读的是这份摘要，不再读上面的内容。没有删除任何东西。',
  nothingToSumUp: '还没有可以总结的内容。',
  notTheLast: '只有对话里的最后一个回答可以继续。',
  ready: (host, model) => `已就绪：${host}，${model}。`,
  notLoaded: (model) => `\`${model}\` 还没有加载。`,
  notLoadedAdvice: '请点下面的按钮加载它，或者在下拉框“模型”里换一个。',

  modelLabel: '模型',
  anyModel: '已加载的模型',
  reasoningLabel: '思考',
  presetLabel: '预设',
  noPreset: '无',
  show: '显示',
  hide: '隐藏',
  off: '关闭',
  effort: (level) =>
    ({ minimal: '最低', low: '低', medium: '中', high: '高', xhigh: '最高' })[level] ?? level,
  resetContext: '重置上下文',
  sendFile: '发送文件',
  hereIsAFile: '请先收下这个文件，下一个问题会用到。',
  continue: '继续',
  loadModel: (model) => `加载 ${model}`,
  answerShorter: '去掉最早的消息',
  loadWithMoreContext: '用更大的上下文加载',
  goOnWithSummary: '用摘要继续',
  withoutTools: '不用工具回答',
  withoutThinking: '不思考直接回答',
  askAgainLabel: '再问一次',

  goOn: '请从上一个回答中断的地方接着写，不要重复，也不要加说明。',

  sumUp:
    '请总结我们到目前为止的对话，让后面的对话只靠这份摘要就能继续：我想要什么，弄清了什么，决定了什么，还有什么没解决。保留以后会用到的名字、数字和简短代码。只写摘要本身。',
  summaryHeading: '到目前为止的对话摘要：',
  answerInWords: '请直接用文字回答，不要调用工具。',

  generating: 'local-llm：正在生成文本',
  insertionFailed: (happened) => `local-llm：没有插入文本。${happened}`,
  withoutPanel: (advice) =>
    advice
      .replaceAll('。 ', '。')
      .replace(askAgain, '再运行一次这个命令。')
      .replace(chooseModel, '请把其中一个的名字写进 agents.json 的 `metadata.llm.model`。'),
  documentGone: '这个文档无法写入。',
};
