import type { Cause, Details, Explanation, Language, Voice } from './index.ts';

type Row = { readonly [language in Language]: (details: Details, voice: Voice) => Explanation };

/** The model's name in a sentence. */
const named = (model: string | undefined, otherwise: string) =>
  model === undefined ? otherwise : `\`${model}\``;

const withStatus = (status: number | undefined) => (status === undefined ? '' : ` (${status})`);
const withStatusZh = (status: number | undefined) => (status === undefined ? '' : `（${status}）`);

/** Every reason and kind of a failure, in both languages. A sentence ends with its full stop. */
export const rows: { readonly [cause in Cause]: Row } = {
  connection: {
    en: ({ url }, { baseURL, askAgain }) => ({
      happened: `Could not connect to the server at ${url}.`,
      advice: `Check that the server is running and that ${baseURL} is correct. ${askAgain}`,
    }),
    zh: ({ url }, { baseURL, askAgain }) => ({
      happened: `连不上 ${url} 的服务。`,
      advice: `请确认服务已经启动，并且 ${baseURL} 没有写错，然后${askAgain}`,
    }),
  },
  refused: {
    en: ({ url }, { baseURL, askAgain }) => ({
      happened: `No server is running at ${url}.`,
      advice: `Start it (LM Studio: Developer > Start Server, or \`lms server start\` in a terminal; Ollama: \`ollama serve\`; llama.cpp: \`llama-server -m MODEL.gguf\`), or correct ${baseURL}. ${askAgain}`,
    }),
    zh: ({ url }, { baseURL, askAgain }) => ({
      happened: `${url} 上没有服务在运行。`,
      advice: `请启动服务（LM Studio：Developer > Start Server，或在终端运行 \`lms server start\`；Ollama：\`ollama serve\`；llama.cpp：\`llama-server -m MODEL.gguf\`），或者改正 ${baseURL}，然后${askAgain}`,
    }),
  },
  dns: {
    en: ({ url }, { baseURL }) => ({
      happened: `The host name in ${url} could not be found.`,
      advice: `Correct ${baseURL}; \`127.0.0.1\` is this machine.`,
    }),
    zh: ({ url }, { baseURL }) => ({
      happened: `无法解析 ${url} 中的主机名。`,
      advice: `请改正 ${baseURL}；本机是 \`127.0.0.1\`。`,
    }),
  },
  unreachable: {
    en: ({ url }, { baseURL, askAgain }) => ({
      happened: `The machine at ${url} does not answer.`,
      advice: `Check ${baseURL} and the network. ${askAgain}`,
    }),
    zh: ({ url }, { baseURL, askAgain }) => ({
      happened: `${url} 那台机器没有回应。`,
      advice: `请检查 ${baseURL} 和网络，然后${askAgain}`,
    }),
  },
  'tls-untrusted': {
    en: ({ url }, { truster }) => ({
      happened: `The certificate of ${url} is not signed by an authority that ${truster} trusts.`,
      advice: `Save the certificate that signed it to a file, set the environment variable \`NODE_EXTRA_CA_CERTS\` to the path of that file, and start ${truster} again.`,
    }),
    zh: ({ url }, { truster }) => ({
      happened: `${url} 的证书不是 ${truster} 信任的机构签发的。`,
      advice: `请把签发它的证书存成文件，把环境变量 \`NODE_EXTRA_CA_CERTS\` 设为这个文件的路径，再重新启动 ${truster}。`,
    }),
  },
  'tls-certificate': {
    en: ({ url }, { baseURL }) => ({
      happened: `The certificate of ${url} is for another name, or has expired.`,
      advice: `Correct the name in ${baseURL}, or give the server a new certificate.`,
    }),
    zh: ({ url }, { baseURL }) => ({
      happened: `${url} 的证书属于别的域名，或者已经过期。`,
      advice: `请改正 ${baseURL} 里的域名，或者给服务换一张证书。`,
    }),
  },
  'tls-plain-http': {
    en: ({ url }, { baseURL }) => ({
      happened: `The server at ${url} does not support https.`,
      advice: `Change ${baseURL} to \`${url.replace(/^https:/, 'http:')}\`.`,
    }),
    zh: ({ url }, { baseURL }) => ({
      happened: `${url} 上的服务不支持 https。`,
      advice: `请把 ${baseURL} 改成 \`${url.replace(/^https:/, 'http:')}\`。`,
    }),
  },
  reset: {
    en: ({ url }, { askAgain }) => ({
      happened: `The server at ${url} closed the connection before the answer was finished.`,
      advice: `Its log may say why. ${askAgain}`,
    }),
    zh: ({ url }, { askAgain }) => ({
      happened: `回答还没结束，${url} 的服务就断开了连接。`,
      advice: `原因可以看服务的日志。${askAgain}`,
    }),
  },
  timeout: {
    en: ({ url }, { askAgain }) => ({
      happened: `The server at ${url} did not answer in time.`,
      advice: `It may be busy. ${askAgain}`,
    }),
    zh: ({ url }, { askAgain }) => ({
      happened: `${url} 的服务没有及时回应。`,
      advice: `它可能正忙。${askAgain}`,
    }),
  },
  'first-token': {
    en: ({ patience }, { askAgain }) => ({
      happened: `The server sent nothing for ${patience}.`,
      advice: `Check that it is still working. ${askAgain}`,
    }),
    zh: ({ patience }, { askAgain }) => ({
      happened: `等了 ${patience}，服务没有返回任何内容。`,
      advice: `请确认它还在工作，然后${askAgain}`,
    }),
  },
  idle: {
    en: ({ patience }, { askAgain }) => ({
      happened: `The server stopped sending in the middle of the answer, for ${patience}.`,
      advice: `Its log may say why. ${askAgain}`,
    }),
    zh: ({ patience }, { askAgain }) => ({
      happened: `回答到一半，服务停止发送已有 ${patience}。`,
      advice: `原因可以看服务的日志。${askAgain}`,
    }),
  },
  http: {
    en: ({ status }, { askAgain }) => ({
      happened: `The server refused the question${status === undefined ? '' : ` (status ${status})`}.`,
      advice: `${askAgain} If it fails again, look at the server's log.`,
    }),
    zh: ({ status }, { askAgain }) => ({
      happened: `服务拒绝了这个请求${status === undefined ? '' : `（状态码 ${status}）`}。`,
      advice: `${askAgain}如果还是不行，请查看服务的日志。`,
    }),
  },
  server: {
    en: (_, { askAgain }) => ({
      happened: 'The server reported an error.',
      advice: `${askAgain} If it fails again, look at the server's log.`,
    }),
    zh: (_, { askAgain }) => ({
      happened: '服务报告了一个错误。',
      advice: `${askAgain}如果还是不行，请查看服务的日志。`,
    }),
  },
  protocol: {
    en: ({ url }, { baseURL }) => ({
      happened: `${url} did not return a chat reply.`,
      advice: `Check that ${baseURL} ends with \`/v1\`.`,
    }),
    zh: ({ url }, { baseURL }) => ({
      happened: `${url} 返回的不是聊天接口的内容。`,
      advice: `请检查 ${baseURL} 是不是以 \`/v1\` 结尾。`,
    }),
  },
  interrupted: {
    en: (_, { askAgain }) => ({
      happened: 'The connection was lost before the answer was finished.',
      advice: `The server's log may say why. ${askAgain}`,
    }),
    zh: (_, { askAgain }) => ({
      happened: '回答还没结束，连接就断了。',
      advice: `原因可以看服务的日志。${askAgain}`,
    }),
  },
  expired: {
    en: (_, { askAgain }) => ({
      happened: 'The server no longer has the rest of the answer.',
      advice: `It keeps an answer for a few minutes only, and not over a restart. ${askAgain}`,
    }),
    zh: (_, { askAgain }) => ({
      happened: '服务已经没有这个回答的其余部分了。',
      advice: `服务只保留回答几分钟，重启后就不再保留。请${askAgain}`,
    }),
  },
  'too-large': {
    en: ({ message }) => ({
      happened: `The answer was stopped because it got too large: ${message}.`,
      advice: 'Ask for less at a time.',
    }),
    zh: () => ({
      happened: '回答太长，已经中断。',
      advice: '请把问题拆小一点。',
    }),
  },
  token: {
    en: ({ hasKey, status }, { setToken }) => ({
      happened: `The server ${hasKey ? 'rejected' : 'requires'} ${hasKey ? 'the' : 'an'} API token${withStatus(status)}.`,
      advice: setToken,
    }),
    zh: ({ hasKey, status }, { setToken }) => ({
      happened: `${hasKey ? '服务拒绝了收到的 API 令牌' : '服务需要 API 令牌'}${withStatusZh(status)}。`,
      advice: setToken,
    }),
  },
  context: {
    en: () => ({
      happened: "The conversation is longer than the model's context.",
      advice: 'Ask with fewer or shorter messages, or load the model with more context.',
    }),
    zh: () => ({
      happened: '对话太长，超出了模型的上下文。',
      advice: '请减少或缩短消息，或者用更大的上下文加载模型。',
    }),
  },
  template: {
    en: () => ({
      happened: "The model's chat template does not accept these messages.",
      advice: 'Choose another model, or ask without a system message.',
    }),
    zh: () => ({
      happened: '模型的对话模板不接受这些消息。',
      advice: '请换一个模型，或者不带系统消息再问。',
    }),
  },
  'no-model': {
    en: (_, { askAgain }) => ({
      happened: 'No model is loaded.',
      advice: `Load one in the server (LM Studio: \`lms load\` in a terminal). ${askAgain}`,
    }),
    zh: (_, { askAgain }) => ({
      happened: '还没有加载模型。',
      advice: `请在服务里加载一个（LM Studio：在终端运行 \`lms load\`），然后${askAgain}`,
    }),
  },
  'model-unnamed': {
    en: (_, { chooseModel }) => ({
      happened: 'The server has several models, and none was named.',
      advice: chooseModel,
    }),
    zh: (_, { chooseModel }) => ({
      happened: '服务有多个模型，但没有指定用哪一个。',
      advice: chooseModel,
    }),
  },
  'model-not-found': {
    en: ({ model }, { chooseModel }) => ({
      happened: `The server does not have ${named(model, 'the model that was asked for')}.`,
      advice: chooseModel,
    }),
    zh: ({ model }, { chooseModel }) => ({
      happened:
        model === undefined ? '服务里没有请求的模型。' : `服务里没有 \`${model}\` 这个模型。`,
      advice: chooseModel,
    }),
  },
  'load-failed': {
    en: ({ model }) => ({
      happened: `The server could not load ${named(model, 'the model')}.`,
      advice: 'Its log says why. Choose another model.',
    }),
    zh: ({ model }) => ({
      happened: `服务没能加载${model === undefined ? '模型' : ` \`${model}\``}。`,
      advice: '原因请看服务的日志。可以换一个模型。',
    }),
  },
  memory: {
    en: () => ({
      happened: 'The machine has too little memory for this model.',
      advice: 'Choose a smaller model, or load it with less context.',
    }),
    zh: () => ({
      happened: '内存不够，装不下这个模型。',
      advice: '请换一个小一点的模型，或者用小一点的上下文加载它。',
    }),
  },
  loading: {
    en: (_, { askAgain }) => ({
      happened: 'The model is still being loaded.',
      advice: `Wait a moment. ${askAgain}`,
    }),
    zh: (_, { askAgain }) => ({
      happened: '模型还在加载。',
      advice: `请稍等一会儿，然后${askAgain}`,
    }),
  },
  image: {
    en: ({ model }) => ({
      happened: `${named(model, 'The model')} cannot read the images in this chat.`,
      advice: 'Choose a model that accepts images, or ask without them.',
    }),
    zh: ({ model }) => ({
      happened: `${model === undefined ? '这个模型' : `\`${model}\` `}看不了这段对话里的图片。`,
      advice: '请选一个能看图的模型，或者不带图片再问。',
    }),
  },
  crashed: {
    en: (_, { askAgain }) => ({
      happened: 'The model has crashed.',
      advice: `Load it again in the server. ${askAgain}`,
    }),
    zh: (_, { askAgain }) => ({
      happened: '模型崩溃了。',
      advice: `请在服务里重新加载它，然后${askAgain}`,
    }),
  },
  busy: {
    en: (_, { askAgain }) => ({
      happened: 'The server is busy with other work.',
      advice: `Wait a moment. ${askAgain}`,
    }),
    zh: (_, { askAgain }) => ({
      happened: '服务正忙着处理别的请求。',
      advice: `请稍等一会儿，然后${askAgain}`,
    }),
  },
  redirect: {
    en: ({ url }, { baseURL }) => ({
      happened: `The server at ${url} redirects to another address; redirects are not followed.`,
      advice: `Put that address into ${baseURL}.`,
    }),
    zh: ({ url }, { baseURL }) => ({
      happened: `${url} 的服务把请求重定向到了别处；这里不会跟随重定向。`,
      advice: `请把真正的地址写进 ${baseURL}。`,
    }),
  },
  'base-url': {
    en: ({ url }, { baseURL }) => ({
      happened: `There is a server at ${url}, but no chat model behind that address.`,
      advice: `Check that ${baseURL} ends with \`/v1\`, as it does in LM Studio, llama.cpp and Ollama.`,
    }),
    zh: ({ url }, { baseURL }) => ({
      happened: `${url} 有服务，但这个地址上没有对话模型。`,
      advice: `请检查 ${baseURL} 是不是以 \`/v1\` 结尾（LM Studio、llama.cpp 和 Ollama 都是）。`,
    }),
  },
  unknown: {
    en: ({ message }, { askAgain }) => ({
      happened: `Unexpected error: ${message}.`,
      advice: askAgain,
    }),
    zh: ({ message }, { askAgain }) => ({
      happened: `发生意外错误：${message}。`,
      advice: askAgain,
    }),
  },
};
