import type { Phrases } from './phrases.ts';

const askAgain = '点“重试”再问一次。';

const failures: Phrases['failures'] = {
  settings: ({ message }) => ({
    happened: `agents.json 里的设置有误：${message}。`,
    advice: '改好之后，先在对话列表里点 Refresh，再点“重试”。',
  }),
  connection: ({ url }) => ({
    happened: `连不上 ${url} 的服务。`,
    advice: `请确认服务已经启动，并且 \`baseURL\` 没有写错，然后${askAgain}`,
  }),
  refused: ({ url }) => ({
    happened: `${url} 上没有服务在运行。`,
    advice: `请启动服务（LM Studio：Developer > Start Server，或在终端运行 \`lms server start\`），或者改正 agents.json 里的 \`baseURL\`，然后${askAgain}`,
  }),
  dns: ({ url }) => ({
    happened: `找不到 ${url} 里的那台主机。`,
    advice: '请改正 agents.json 里的 `baseURL`；本机是 `127.0.0.1`。',
  }),
  unreachable: ({ url }) => ({
    happened: `${url} 那台机器没有回应。`,
    advice: `请检查 \`baseURL\` 和网络，然后${askAgain}`,
  }),
  'tls-untrusted': ({ url }) => ({
    happened: `${url} 的证书不是 VS Code 信任的机构签发的。`,
    advice:
      '请把环境变量 `NODE_EXTRA_CA_CERTS` 设为证书文件的路径，再启动 VS Code；或者在 `baseURL` 里改用 `http://`。',
  }),
  'tls-certificate': ({ url }) => ({
    happened: `${url} 的证书属于别的域名，或者已经过期。`,
    advice: '请改正 agents.json 里 `baseURL` 的域名，或者给服务换一张证书。',
  }),
  'tls-plain-http': ({ url }) => ({
    happened: `${url} 上的服务不支持 https。`,
    advice: '请把 agents.json 里的 `baseURL` 改成以 `http://` 开头。',
  }),
  reset: ({ url }) => ({
    happened: `回答还没结束，${url} 的服务就断开了连接。`,
    advice: `原因可以看服务的日志。${askAgain}`,
  }),
  timeout: ({ url }) => ({
    happened: `${url} 的服务没有及时回应。`,
    advice: `它可能正忙。${askAgain}`,
  }),
  'first-token': ({ patience }) => ({
    happened: `等了 ${patience}，服务一个字也没有发来。`,
    advice: `请看看它是否还在工作，或者调大 agents.json 里的 \`timeouts.firstToken\`，然后${askAgain}`,
  }),
  idle: ({ patience }) => ({
    happened: `回答到一半，服务沉默了 ${patience}。`,
    advice: '请调大 agents.json 里的 `timeouts.idle`，或查看服务的日志。',
  }),
  'runtime-limit': ({ url }) => ({
    happened: `沉默太久，与 ${url} 的连接被切断了。`,
    advice: askAgain,
  }),
  http: ({ status }) => ({
    happened: `服务拒绝了这个请求${status === undefined ? '' : `（状态码 ${status}）`}。`,
    advice: `${askAgain}如果还是不行，请查看服务的日志。`,
  }),
  server: () => ({
    happened: '服务报告了一个错误。',
    advice: `${askAgain}如果还是不行，请查看服务的日志。`,
  }),
  protocol: ({ url }) => ({
    happened: `${url} 返回的不是对话服务的回答。`,
    advice: '请检查 agents.json 里的 `baseURL` 是不是以 `/v1` 结尾。',
  }),
  interrupted: () => ({
    happened: '回答还没结束，连接就断了。已经收到的内容都保留着。',
    advice: `原因可以看服务的日志。${askAgain}`,
  }),
  'too-large': ({ message }) => ({
    happened: `回答太长，已经中断：${message}。`,
    advice: '请把问题拆小一点。',
  }),
  token: () => ({
    happened: '服务需要令牌，或者收到的令牌不对。',
    advice:
      '请在 My Assistant 的设置 `apiKey` 里用一个名字存好令牌，再把这个名字写进 agents.json 的 `metadata.llm.apiKey`。',
  }),
  context: () => ({
    happened: '对话太长，超出了模型的上下文。',
    advice: '可以去掉最早的消息、重置上下文，或者用更大的上下文加载模型。',
  }),
  template: () => ({
    happened: '模型的对话模板不接受这些消息。',
    advice: '请换一个模型，或者删掉 agents.json 里的 `systemPrompt`。',
  }),
  'no-model': () => ({
    happened: '还没有加载模型。',
    advice: `请在这里加载一个，或者在服务里加载（LM Studio：在终端运行 \`lms load\`），然后${askAgain}`,
  }),
  'model-unnamed': () => ({
    happened: '服务有好几个模型，需要指定用哪一个。',
    advice: '请在下拉框“模型”里选一个，或者在这里加载一个。',
  }),
  'model-not-found': ({ model }) => ({
    happened: model === undefined ? '服务里没有所要的模型。' : `服务里没有 \`${model}\` 这个模型。`,
    advice: '请在下拉框“模型”里换一个，或者在这里加载一个。',
  }),
  'load-failed': ({ model }) => ({
    happened: `服务没能加载${model === undefined ? '模型' : ` \`${model}\``}。`,
    advice: '原因请看服务的日志。可以换一个模型，或者在这里加载一个。',
  }),
  memory: () => ({
    happened: '内存不够，装不下这个模型。',
    advice: '请换一个小一点的模型，或者用小一点的上下文加载它。',
  }),
  loading: () => ({
    happened: '模型还在加载。',
    advice: `请稍等一会儿，然后${askAgain}`,
  }),
  image: ({ model }) => ({
    happened: `${model === undefined ? '这个模型' : `\`${model}\` `}看不了这段对话里的图片。`,
    advice: '请在下拉框“模型”里选一个能看图的模型；或者点“重置上下文”，不带图片再问。',
  }),
  crashed: () => ({
    happened: '模型崩溃了。',
    advice: `请在这里或在服务里重新加载它，然后${askAgain}`,
  }),
  busy: () => ({
    happened: '服务正忙着处理别的请求。',
    advice: `请稍等一会儿，然后${askAgain}`,
  }),
  redirect: ({ url }) => ({
    happened: `${url} 的服务要转到别的地址，而转向是不会跟随的。`,
    advice: '请把真正的地址写进 agents.json 的 `baseURL`。',
  }),
  'base-url': ({ url }) => ({
    happened: `${url} 有服务，但这个地址上没有对话模型。`,
    advice: '请检查 agents.json 里的 `baseURL` 是不是以 `/v1` 结尾。',
  }),
  unknown: ({ message }) => ({
    happened: `出了一个意料之外的错误：${message}。`,
    advice: askAgain,
  }),
};

export const chinese: Phrases = {
  failures,

  waiting: (time) => `⏳ 正在等第一个字：${time}`,
  loading: (model, time) => `⏳ 正在加载 \`${model}\`：${time}`,
  reading: (time) => `⏳ 正在读提示词：${time}`,
  readingShare: (percent, time) => `⏳ 正在读提示词：${percent}%，${time}`,
  busy: (time) => `⏳ 服务还在处理刚才停止的问题，接下来就是这一个：${time}`,
  thinking: (time) => `💭 正在思考：${time}`,
  time: (seconds) =>
    seconds < 60 ? `${seconds} 秒` : `${Math.floor(seconds / 60)} 分 ${seconds % 60} 秒`,

  serverSays: (words) => `服务的原话：“${words}”`,
  cutOff: () => '回答没有说完就被截断了：到了 token 数的上限，或者上下文已经用完。',
  cutOffAdvice: () =>
    '点“继续”可以接着往下说。想要更长的回答，请调大 agents.json 里的 `max_tokens`。',
  continueAdvice: () => '点“继续”可以接着往下说。',
  stoppedEarly: () => '还没开始回答就停止了。',
  stoppedEarlyAdvice: () => '点“重试”再问一次，或者接着写：下一个问题会和这个问题一起发送。',
  empty: () => '模型给了一个空的回答。',
  askAgain: () => askAgain,
  onlyReasoning: () => '模型一直在思考，还没开始回答就被截断了。',
  onlyReasoningAdvice: () =>
    '请调大 agents.json 里的 `max_tokens`，用更大的上下文加载模型，或者把“思考”设为“关闭”。',
  filtered: () => '由于内容的原因，服务没有给出余下的回答。',
  toolCall: (names) => `模型想调用工具 ${names}。这个对话不能运行工具，所以回答到此为止。`,
  toolCallAdvice: () => '可以请它不用工具直接回答。',
  otherEnd: (reason) => `服务因为它自己的原因结束了回答：“${reason}”。`,
  otherModel: (answered, asked) =>
    `回答的是 \`${answered}\`，而不是所要的 \`${asked}\`。遇到不认识的名字，服务会用已经加载的模型来回答。`,
  otherModelAdvice: () =>
    '请在下拉框“模型”里选择，或者改正 agents.json 里的 `metadata.llm.model`。',
  contextFull: (used, size, percent) =>
    `上下文已经用了 ${percent}%：${size} 个 token 中的 ${used} 个。`,
  contextAdvice: () => '用完之后，模型会忘掉开头的内容，或者无法回答。点“重置上下文”可以重新开始。',
  stats: (tokens, rate, seconds) => `${tokens} 个 token，每秒 ${rate} 个，用时 ${seconds} 秒`,
  statsContext: (used, size, percent) => `上下文：${used} / ${size} token（${percent}%）`,

  unknownSettings: (fields) => `agents.json 里有不起作用的设置：${fields}。`,
  unknownSettingsAdvice: () => '请改正名字，或者删掉它们。',
  fileNotSent: (name) => `\`${name}\` 没有发送。`,
  fileAdvice: () =>
    '可以发送的是：256 KiB 以内的 UTF-8 文本，10 MiB 以内的 PNG 或 JPEG 图片，并且要在这个对话自己的文件夹里。',
  noFile: () => '还没有选文件。',
  noFileAdvice: (send) => `请先点“添加初始文件”选一个，再点“${send}”。`,
  imagesLeftOut: (model, count) =>
    `\`${model}\` 看不了图片，所以这段对话里的 ${count} 张图片没有发送。`,
  imagesAdvice: () => '请在下拉框“模型”里选一个能看图的模型，或者在服务里加载一个。',
  oldestLeftOut: (count) => `最早的 ${count} 条消息没有发送，以后也不再发送。`,
  nothingLeftOut: () => '没有更早的消息可以去掉了：单是这个问题就太长。',
  nothingLeftOutAdvice: () => '请把它缩短，或者用更大的上下文加载模型。',
  unknownTask: (name) => `这个按钮来自另一个版本：\`${name}\`。`,
  notTheLast: () => '只有对话里的最后一个回答可以继续。',
  ready: (host, model) => `已就绪：${host}，${model}。`,
  models: (names) => `服务里有 ${names.join('、')}。`,
  loadFailed: (model) => `没能加载 \`${model}\`。`,
  loadFailedAdvice: () => '可以换一个小一点的模型，或者把上下文调小；详情请看服务的日志。',

  modelLabel: () => '模型',
  anyModel: () => '已加载的模型',
  reasoningLabel: () => '思考',
  presetLabel: () => '预设',
  noPreset: () => '无',
  show: () => '显示',
  hide: () => '隐藏',
  off: () => '关闭',
  effort: (level) =>
    ({ minimal: '极少', low: '少', medium: '适中', high: '多', xhigh: '极多' })[level] ?? level,
  resetContext: () => '重置上下文',
  sendFile: () => '发送文件',
  continue: () => '继续',
  loadModel: (model) => `加载 ${model}`,
  answerShorter: () => '去掉最早的消息再回答',

  readFile: () => '请阅读附件，用几句话说明它的内容。',
  goOn: () => '请从上一个回答中断的地方接着写，不要重复，也不要加说明。',

  generating: () => 'local-llm：正在生成文本',
  insertionFailed: (happened) => `local-llm：没有插入文本。${happened}`,
  documentGone: () => '这个文档无法写入。',
};
