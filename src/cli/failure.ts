import { abridge, createExplain, type Language, shownURL } from '../advice/index.ts';
import { DEFAULT_TIMEOUTS } from '../client/option-values.ts';
import { isChatError } from '../index.ts';
import { onOneLine } from './terminal.ts';

/** What is known of the request that failed, besides the error. */
interface FailedRequest {
  baseURL: string;
  apiKey: string | undefined;
  model?: string | undefined;
  timeouts?: { readonly firstToken: number; readonly idle: number };
}

const inEnglish = {
  explain: createExplain('en', {
    baseURL: '--base-url',
    askAgain: 'Try again.',
    chooseModel: 'Name one with --model; `doctor` lists them.',
    setToken:
      "Put the server's token into the environment variable LOCAL_LLM_API_KEY. For the chat in VS Code: into My Assistant's setting apiKey, and its name there into metadata.llm.apiKey.",
    truster: 'Node',
  }),
  /** Where a sentence ends that gets something in brackets. */
  withCode: (sentence: string, code: string) => sentence.replace(/\.$/, ` (${code}).`),
  serverSays: (words: string) => ` The server says: "${words}"`,
  patience: (ms: number) => `${ms / 60_000} min`,
};

const inChinese: typeof inEnglish = {
  explain: createExplain('zh', {
    baseURL: '--base-url',
    askAgain: '再试一次。',
    chooseModel: '请用 --model 指定一个；`doctor` 会列出它们。',
    setToken:
      '请把服务的令牌放进环境变量 LOCAL_LLM_API_KEY；VS Code 里的聊天则放进 My Assistant 的设置 apiKey，并把它在那里的名字写进 metadata.llm.apiKey。',
    truster: 'Node',
  }),
  withCode: (sentence, code) => sentence.replace(/。$/, `（${code}）。`),
  serverSays: (words) => `服务的原话：“${words}”`,
  patience: (ms) => `${ms / 60_000} 分钟`,
};

const voices: Readonly<Record<Language, typeof inEnglish>> = { en: inEnglish, zh: inChinese };

/** The kinds of failure in which the system's code says more than the server. */
const CONNECTION_KINDS: readonly string[] = ['connection', 'interrupted'];

/**
 * Explains an error of a reply or of a list of models, in the words of a command line.
 * @returns no advice if there is none beyond the error's own words
 */
export function explainError(
  error: Error,
  { baseURL, apiKey, model, timeouts = DEFAULT_TIMEOUTS }: FailedRequest,
  language: Language = 'en',
): { happened: string; advice?: string } {
  if (!isChatError(error)) return { happened: error.message };
  const { kind, reason, status, serverMessage, code } = error;
  // The replay kit's own words name the nearest recording and say how to record.
  if (code === 'replay-miss') return { happened: serverMessage ?? error.message };
  const voice = voices[language];
  const { happened, advice } = voice.explain(error, {
    url: shownURL(new URL(baseURL)),
    hasKey: Boolean(apiKey),
    model: model === undefined ? undefined : onOneLine(model),
    status,
    patience: voice.patience(reason === 'idle' ? timeouts.idle : timeouts.firstToken),
    message: abridge(onOneLine(error.message)),
  });
  if (CONNECTION_KINDS.includes(kind) && typeof code === 'string') {
    return { happened: voice.withCode(happened, onOneLine(code)), advice };
  }
  const words = abridge(onOneLine(serverMessage ?? ''));
  return { happened: words === '' ? happened : happened + voice.serverSays(words), advice };
}
