import type { Language } from '../../advice/index.ts';
import type { Model } from '../../index.ts';
import { counted, onOneLine } from '../terminal.ts';

const duration = (ms: number, unitMs: string, unitS: string) =>
  ms < 1000 ? `${Math.round(ms)} ${unitMs}` : `${(ms / 1000).toFixed(1)} ${unitS}`;

interface Streamed {
  firstTokenMs: number;
  /** Tokens a second; `undefined` if so few came that it says nothing. */
  rate: number | undefined;
  tokens: number;
  model: string | undefined;
}

const doctorEnglish = {
  answers: (url: string, server: string | undefined) =>
    `${url} answers${server === undefined ? '' : `; it is ${server}`}`,
  elsewhere: (places: readonly string[]) =>
    `A server answers elsewhere on this machine. Use ${places.join(' or ')}`,
  noList: (url: string, words: string) =>
    `${url} does not list its models${words === '' ? '.' : `. It says: ${words}`}`,
  v1IsMissing: (right: string) => `/v1 is missing: use --base-url ${right}`,
  useThat: (right: string) => `Use --base-url ${right}`,
  noModel: 'The server has no model for a chat.',
  noModelAdvice: 'Download one. LM Studio: Discover, or `lms get`. Ollama: `ollama pull`.',
  noneLoaded: (count: number) => `No model is loaded; the server has ${count}.`,
  noneLoadedAdvice:
    'Load one (LM Studio: `lms load` in a terminal). Or name one with --model: the server may load it then.',
  chosen: (count: number, model: string) => `${counted(count, 'model')} found; testing ${model}`,
  describe({ id, loaded, contextLength, vision }: Model) {
    const facts = loaded === undefined ? [] : [loaded ? 'loaded' : 'not loaded'];
    if (contextLength !== undefined) facts.push(`context ${contextLength}`);
    if (vision) facts.push('accepts images');
    return `${onOneLine(id)}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
  },
  waiting: (waited: number) =>
    `Waiting for the first token, ${waited} s: the model may be loading (Ctrl-C to quit)`,
  empty: 'The model gave an empty answer.',
  emptyAdvice: 'Try another model, or load this one again.',
  streams({ firstTokenMs, rate, tokens, model }: Streamed) {
    const then = rate === undefined ? '' : `, ${rate.toFixed(1)} tokens/s`;
    const which = model ?? 'the server did not name the model';
    return `Streaming works: first token after ${duration(firstTokenMs, 'ms', 's')}${then} (${counted(tokens, 'token')}, ${which})`;
  },
  otherModel: (answered: string, asked: string) =>
    `${answered} answered, not ${asked}: the server uses the loaded model when it does not know the name.`,
  fails: (what: string) => `Streaming does not work. ${what}`,
  playsRecordings:
    'This is a replay server, which answers only what was recorded. Check a real one.',
  well: 'Everything works.',
};

/** Everything that `doctor` says beside what an error says. Values that come from a server are on one line already. */
export type DoctorWords = typeof doctorEnglish;

const doctorChinese: DoctorWords = {
  answers: (url, server) => `${url} 有应答${server === undefined ? '' : `，是 ${server}`}`,
  elsewhere: (places) => `本机的另一个地址上有服务。请改用 ${places.join(' 或 ')}`,
  noList: (url, words) => `${url} 没有给出模型列表${words === '' ? '。' : `，它说：${words}`}`,
  v1IsMissing: (right) => `少了 /v1：请改用 --base-url ${right}`,
  useThat: (right) => `请改用 --base-url ${right}`,
  noModel: '服务里没有可以聊天的模型。',
  noModelAdvice: '请先下载一个。LM Studio：Discover，或 `lms get`；Ollama：`ollama pull`。',
  noneLoaded: (count) => `服务有 ${count} 个模型，但没有加载。`,
  noneLoadedAdvice:
    '请加载一个（LM Studio：在终端运行 `lms load`）。也可以用 --model 指定，服务也许会自动加载。',
  chosen: (count, model) => `找到 ${count} 个模型，正在测试 ${model}`,
  describe({ id, loaded, contextLength, vision }) {
    const facts = loaded === undefined ? [] : [loaded ? '已加载' : '未加载'];
    if (contextLength !== undefined) facts.push(`上下文 ${contextLength}`);
    if (vision) facts.push('能看图');
    return `${onOneLine(id)}${facts.length > 0 ? `（${facts.join('，')}）` : ''}`;
  },
  waiting: (waited) => `正在等第一个 token，已 ${waited} 秒：模型可能正在加载（按 Ctrl-C 结束）`,
  empty: '模型给出了空的回答。',
  emptyAdvice: '请换一个模型，或者重新加载这一个。',
  streams({ firstTokenMs, rate, tokens, model }) {
    const then = rate === undefined ? '' : `，每秒 ${rate.toFixed(1)} 个`;
    const which = model ?? '服务没有说是哪个模型';
    return `流式输出正常：${duration(firstTokenMs, '毫秒', '秒')}出首个 token${then}（共 ${tokens} 个 token，${which}）`;
  },
  otherModel: (answered, asked) =>
    `请求的是 ${asked}，回答的是 ${answered}：服务遇到不认识的名字时，会用已加载的模型。`,
  fails: (what) => `流式输出不正常。${what}`,
  playsRecordings: '这是回放服务，只回答录制过的问题。请检查真正的服务。',
  well: '一切正常。',
};

export const doctorWords: Readonly<Record<Language, DoctorWords>> = {
  en: doctorEnglish,
  zh: doctorChinese,
};
