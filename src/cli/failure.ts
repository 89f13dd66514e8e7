import { isChatError } from '../index.ts';
import { fieldsOf } from '../json.ts';
import type { Language } from './language.ts';
import { onOneLine } from './printable.ts';

/** What went wrong, and what to do about it, in whole sentences of a command line. */
export interface Failure {
  what: string;
  advice?: string | undefined;
}

/** What is known beside the error. */
export interface Asked {
  /** The base URL that was asked. */
  url: URL;
  hasKey: boolean;
}

/** Certificates that nobody whom Node knows has signed. */
const UNKNOWN_SIGNER = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
];

/** What a server says that speaks plain http where https is spoken to it. */
const PLAIN_HTTP = ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'];

/** The codes of an error and of its causes, from the outermost to the innermost. */
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  // Bounded, because a chain of causes may be a ring.
  for (let link = fieldsOf(error), depth = 9; depth > 0; link = fieldsOf(link.cause), depth--) {
    if (typeof link.code === 'string') codes.push(link.code);
  }
  return codes;
}

export const isUnknownSigner = (error: unknown): boolean =>
  codesOf(error).some((code) => UNKNOWN_SIGNER.includes(code));

export const isPlainHttp = (error: unknown): boolean =>
  codesOf(error).some((code) => PLAIN_HTTP.includes(code));

const STARTS: Readonly<Record<Language, string>> = {
  en: 'Start the server. LM Studio: Developer > Start Server, or `lms server start`. Ollama: `ollama serve`. llama.cpp: `llama-server -m MODEL.gguf`.',
  zh: '请启动服务。LM Studio：Developer > Start Server，或 `lms server start`；Ollama：`ollama serve`；llama.cpp：`llama-server -m MODEL.gguf`。',
};

/** Describes an error of a reply or of a list of models. */
export function describeFailure(error: Error, asked: Asked, language: Language = 'en'): Failure {
  if (!isChatError(error)) return { what: error.message };
  const { url, hasKey } = asked;
  const { reason, kind, status } = error;
  const isChinese = language === 'zh';
  const code = codesOf(error)[0];
  const codeInBrackets = code === undefined ? '' : isChinese ? `（${code}）` : ` (${code})`;
  const server = onOneLine(error.serverMessage ?? '');
  const message = onOneLine(error.message);

  if (isUnknownSigner(error)) {
    return isChinese
      ? {
          what: `${url.host} 的证书不是公认机构签发的${codeInBrackets}。`,
          advice: '请把签发它的证书存成文件，再设置环境变量 NODE_EXTRA_CA_CERTS=文件路径。',
        }
      : {
          what: `The certificate of ${url.host} is not signed by anyone that Node knows${codeInBrackets}.`,
          advice:
            'Save the certificate that signed it to a file, and set NODE_EXTRA_CA_CERTS to the path of that file.',
        };
  }
  if (isPlainHttp(error)) {
    const plain = url.href.replace(/^https:/, 'http:');
    return isChinese
      ? { what: `${url.host} 上的服务不讲 https。`, advice: `请改用 ${plain}` }
      : { what: `The server at ${url.host} does not speak https.`, advice: `Use ${plain}` };
  }
  switch (reason) {
    case 'refused':
      return {
        what: isChinese
          ? `${url.host} 上没有服务在监听${codeInBrackets}。`
          : `Nothing is listening at ${url.host}${codeInBrackets}.`,
        advice: STARTS[language],
      };
    case 'dns':
      return isChinese
        ? {
            what: `找不到名为 ${url.hostname} 的机器${codeInBrackets}。`,
            advice: '请检查地址；本机是 127.0.0.1。',
          }
        : {
            what: `No machine is known as ${url.hostname}${codeInBrackets}.`,
            advice: 'Check the name in --base-url; 127.0.0.1 is this machine.',
          };
    case 'token':
      if (isChinese) {
        return hasKey
          ? {
              what: `服务拒绝了 LOCAL_LLM_API_KEY 里的令牌（${status}）。`,
              advice: '请从服务那里重新复制一次。',
            }
          : {
              what: `服务需要令牌（${status}）。`,
              advice:
                '请把它放进环境变量 LOCAL_LLM_API_KEY；聊天时则放进 My Assistant 的设置 apiKey，并把键名写进 metadata.llm.apiKey。',
            };
      }
      return hasKey
        ? {
            what: `The server refused the token in LOCAL_LLM_API_KEY (${status}).`,
            advice: 'Copy it again from the server.',
          }
        : {
            what: `The server wants a token (${status}).`,
            advice:
              "Put it into LOCAL_LLM_API_KEY; for the chat into My Assistant's setting apiKey, and its name into metadata.llm.apiKey.",
          };
    case 'redirect':
      return isChinese
        ? { what: message, advice: '请把 --base-url 改成它指向的地址。' }
        : { what: message, advice: 'Set --base-url to where it leads.' };
    case 'base-url':
      return isChinese
        ? {
            what: message,
            advice: '请检查地址：LM Studio、llama.cpp 和 Ollama 的地址都以 /v1 结尾。',
          }
        : {
            what: message,
            advice: 'Check --base-url: it ends with /v1 in LM Studio, llama.cpp and Ollama.',
          };
    default:
  }
  if (kind === 'interrupted') {
    return isChinese
      ? {
          what: `服务在回答途中断开了连接${codeInBrackets}。`,
          advice: '已经收到的部分在上面；原因也许在服务的日志里。',
        }
      : {
          what: `The server closed the connection in mid-answer${codeInBrackets}.`,
          advice: 'What came is above; its log may say why.',
        };
  }
  // The replay kit's own words name the nearest recording, and tell how to record.
  if (error.code === 'replay-miss') return { what: error.serverMessage ?? error.message };
  if (isChinese && server !== '') {
    return {
      what: `服务报错：“${server}”${status === undefined ? '' : `（${status}）`}`,
      advice: error.hint,
    };
  }
  return { what: message, advice: error.hint };
}
