import type { Language } from './args/language.ts';

const english = {
  inBrackets: (code: string) => ` (${code})`,
  unknownSigner: (host: string, code: string) => ({
    what: `The certificate of ${host} is not signed by anyone that Node knows${code}.`,
    advice:
      'Save the certificate that signed it to a file, and set NODE_EXTRA_CA_CERTS to the path of that file.',
  }),
  plainHttp: (host: string, right: string) => ({
    what: `The server at ${host} does not speak https.`,
    advice: `Use ${right}`,
  }),
  refused: (host: string, code: string) => ({
    what: `Nothing is listening at ${host}${code}.`,
    advice:
      'Start the server. LM Studio: Developer > Start Server, or `lms server start`. Ollama: `ollama serve`. llama.cpp: `llama-server -m MODEL.gguf`.',
  }),
  unknownName: (hostname: string, code: string) => ({
    what: `No machine is known as ${hostname}${code}.`,
    advice: 'Check the name in --base-url; 127.0.0.1 is this machine.',
  }),
  tokenIsWrong: (status: number | undefined) => ({
    what: `The server refused the token in LOCAL_LLM_API_KEY (${status}).`,
    advice: 'Copy it again from the server.',
  }),
  tokenIsMissing: (status: number | undefined) => ({
    what: `The server wants a token (${status}).`,
    advice:
      "Put it into LOCAL_LLM_API_KEY; for the chat into My Assistant's setting apiKey, and its name into metadata.llm.apiKey.",
  }),
  redirectAdvice: 'Set --base-url to where it leads.',
  baseURLAdvice: 'Check --base-url: it ends with /v1 in LM Studio, llama.cpp and Ollama.',
  interrupted: (code: string) => ({
    what: `The server closed the connection in mid-answer${code}.`,
    advice: 'What came is above; its log may say why.',
  }),
  /** What the server said, if the client's own message is in another language than this. */
  serverSays: (_words: string, _status: number | undefined): string | undefined => undefined,
};

/** How a command line tells what went wrong. What comes from a server is on one line already. */
type FailureWords = typeof english;

const chinese: FailureWords = {
  inBrackets: (code) => `（${code}）`,
  unknownSigner: (host, code) => ({
    what: `${host} 的证书不是公认机构签发的${code}。`,
    advice: '请把签发它的证书存成文件，再设置环境变量 NODE_EXTRA_CA_CERTS=文件路径。',
  }),
  plainHttp: (host, right) => ({
    what: `${host} 上的服务不讲 https。`,
    advice: `请改用 ${right}`,
  }),
  refused: (host, code) => ({
    what: `${host} 上没有服务在监听${code}。`,
    advice:
      '请启动服务。LM Studio：Developer > Start Server，或 `lms server start`；Ollama：`ollama serve`；llama.cpp：`llama-server -m MODEL.gguf`。',
  }),
  unknownName: (hostname, code) => ({
    what: `找不到名为 ${hostname} 的机器${code}。`,
    advice: '请检查地址；本机是 127.0.0.1。',
  }),
  tokenIsWrong: (status) => ({
    what: `服务拒绝了 LOCAL_LLM_API_KEY 里的令牌（${status}）。`,
    advice: '请从服务那里重新复制一次。',
  }),
  tokenIsMissing: (status) => ({
    what: `服务需要令牌（${status}）。`,
    advice:
      '请把它放进环境变量 LOCAL_LLM_API_KEY；聊天时则放进 My Assistant 的设置 apiKey，并把键名写进 metadata.llm.apiKey。',
  }),
  redirectAdvice: '请把 --base-url 改成它指向的地址。',
  baseURLAdvice: '请检查地址：LM Studio、llama.cpp 和 Ollama 的地址都以 /v1 结尾。',
  interrupted: (code) => ({
    what: `服务在回答途中断开了连接${code}。`,
    advice: '已经收到的部分在上面；原因也许在服务的日志里。',
  }),
  serverSays: (words, status) =>
    `服务报错：“${words}”${status === undefined ? '' : `（${status}）`}`,
};

export const failureWords: Readonly<Record<Language, FailureWords>> = { en: english, zh: chinese };
