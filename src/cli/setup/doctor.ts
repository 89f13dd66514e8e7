import { parseArgs } from 'node:util';
import { isSameModel, type Language, shownURL } from '../../advice/index.ts';
import { DEFAULT_BASE_URL } from '../../client/option-values.ts';
import {
  type ChatResult,
  chatModelsOf,
  defaultChatModel,
  isChatError,
  type Model,
  streamChat,
} from '../../index.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { type Command, chooseLanguage, readAddress } from '../args.ts';
import { explainError } from '../failure.ts';
import { onOneLine } from '../terminal.ts';
import { type DoctorWords, doctorWords } from './doctor-words.ts';
import { lookAtServer, nameServer, type ServerToLookAt } from './look-at-server.ts';
import { adviseV1, explainNoModels, Finding } from './no-models.ts';

/*
 * `local-llm-stream-agent doctor`: from a base URL to the first thing that is wrong with it, and the one next step.
 *
 *   doctor.ts          the steps in their order
 *   look-at-server.ts  one look: the models of a server, or the error; what the server is
 *   no-models.ts       why there is no list, with the addresses tried that may be meant
 *   doctor-words.ts    what is said, in both languages; errors are explained by ../failure.ts
 */

/** A large model on a small machine takes minutes to load. */
const TIMEOUTS = { firstToken: 600_000, idle: 60_000 };
const BETWEEN_NOTICES_MS = 10_000;

/** Enough to see that an answer streams, and how fast. */
const TOKENS_WANTED = 64;

/** `local-llm-stream-agent doctor`. */
export const doctor: Command = {
  summary: 'find out why a chat does not work',
  usage: `Usage: local-llm-stream-agent doctor [--base-url URL] [--model NAME]
       [--lang en|zh]

Checks in this order: whether a server answers, which one it is, whether it requires a
token, which models it has, whether an answer streams, and how fast. It stops at the
first thing that is wrong, says what to do, and ends with exit status 1.

  --base-url URL  default ${DEFAULT_BASE_URL}
  --model NAME    default: the one that is loaded
  --lang en|zh    default: that of your system
  The API token in LOCAL_LLM_API_KEY (environment) is sent to the server.
`,
  async run(args, { stdout, env }) {
    const { values } = parseArgs({
      args,
      options: {
        'base-url': { type: 'string', default: DEFAULT_BASE_URL },
        model: { type: 'string' },
        lang: { type: 'string' },
      },
    });
    const baseURL = values['base-url'];
    const url = readAddress(baseURL);
    const language = chooseLanguage(values.lang, env);
    const words = doctorWords[language];
    const say = (line: string) => stdout.write(`${line}\n`);
    try {
      await examine({
        url,
        address: shownURL(url),
        server: { baseURL, apiKey: env.LOCAL_LLM_API_KEY },
        wanted: values.model,
        language,
        words,
        say,
      });
      say(`✓ ${words.well}`);
      return 0;
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      say(`✗ ${error.message}\n  → ${error.advice}`);
      return 1;
    }
  },
};

interface Examination {
  url: URL;
  /** The base URL as it may be shown. */
  address: string;
  server: ServerToLookAt;
  /** The model that `--model` names. */
  wanted: string | undefined;
  language: Language;
  words: DoctorWords;
  say(line: string): void;
}

async function examine(examination: Examination): Promise<void> {
  const { address, server, words, say } = examination;
  const models = await findModels(examination);
  say(`✓ ${words.answers(address, await nameServer(server))}`);
  await checkAnswer(chooseModel(models, examination), examination);
}

async function findModels(examination: Examination): Promise<Model[]> {
  const found = await lookAtServer(examination.server);
  if ('models' in found) return found.models;
  throw await explainNoModels(found.error, {
    ...examination,
    explained: explain(found.error, undefined, examination),
  });
}

const explain = (error: Error, model: string | undefined, { url, server, language }: Examination) =>
  explainError(error, { url, hasKey: Boolean(server.apiKey), model, timeouts: TIMEOUTS }, language);

/** Chooses the model to try; `undefined` if the server chooses. */
function chooseModel(models: readonly Model[], examination: Examination): string | undefined {
  const { words, say, wanted } = examination;
  const chatModels = chatModelsOf(models);
  for (const one of chatModels) say(`  ${words.describe(one)}`);
  if (chatModels.length === 0) throw new Finding(words.noModel, words.noModelAdvice);
  if (wanted !== undefined) {
    const isListed = chatModels.some(({ id }) => id === wanted);
    const name = onOneLine(wanted);
    // It is asked for all the same: a server may know it by a shorter name than it lists.
    say(isListed ? `✓ ${words.hasModel(name)}` : `! ${words.hasNotModel(name)}`);
    return wanted;
  }
  const chosen = defaultChatModel(models);
  // The only model is the default even if it is not loaded, but it is not loaded for a test.
  if (chosen === undefined || chosen.loaded === false) {
    throw new Finding(words.noneLoaded(chatModels.length), words.noneLoadedAdvice);
  }
  say(`✓ ${words.chosen(chatModels.length, onOneLine(chosen.id))}`);
  return chosen.id;
}

/** @param model - the one to try; `undefined` if the server chooses */
async function checkAnswer(model: string | undefined, examination: Examination): Promise<void> {
  const { server, words, say } = examination;
  const startedAt = performance.now();
  const notice = setInterval(() => {
    say(`  … ${words.waiting(Math.round((performance.now() - startedAt) / 1000))}`);
  }, BETWEEN_NOTICES_MS);
  const reply = streamChat(
    {
      messages: [{ role: 'user', content: 'Count from 1 to 20.' }],
      max_tokens: TOKENS_WANTED,
      ...(model !== undefined && { model }),
    },
    { ...server, fetch: nodeFetch, timeouts: TIMEOUTS },
  );
  let tokens = 0;
  let isCut = false;
  try {
    for await (const { type } of reply.events()) {
      if (type !== 'text' && type !== 'reasoning') continue;
      clearInterval(notice);
      tokens++;
      // A server that knows max_tokens has ended by now: a delta is a token or more.
      isCut = tokens > 2 * TOKENS_WANTED;
      if (isCut) break;
    }
    const result = await reply.result;
    reportAnswer(result, tokens, examination);
    if (isCut) say(`! ${words.cut(tokens)}`);
    if (result.text.trim() === '') say(`! ${words.onlyReasoned}`);
  } catch (error) {
    if (error instanceof Finding || !(error instanceof Error)) throw error;
    throw await explainNoAnswer(error, model, examination);
  } finally {
    clearInterval(notice);
  }
}

/**
 * @param counted - how many deltas came
 * @throws {Finding} if there is no answer
 */
function reportAnswer(result: ChatResult, counted: number, examination: Examination): void {
  const { words, say, wanted } = examination;
  const { timing, usage, model, text, reasoning } = result;
  if (text.trim() === '' && reasoning.trim() === '') {
    throw new Finding(words.empty, words.emptyAdvice);
  }
  const { firstTokenMs = 0, totalMs = 0, tokensPerSecond } = timing;
  // The usage is passed on from the server unchecked.
  const said: unknown = usage?.completion_tokens;
  const ownRate = totalMs > firstTokenMs ? counted / ((totalMs - firstTokenMs) / 1000) : undefined;
  const answered = model === undefined ? undefined : onOneLine(model);
  const tokens = typeof said === 'number' ? said : counted;
  const rate = tokensPerSecond ?? ownRate;
  say(`✓ ${words.streams({ firstTokenMs, rate, tokens, model: answered })}`);
  if (wanted !== undefined && answered && !isSameModel(wanted, answered)) {
    say(`! ${words.otherModel(answered, onOneLine(wanted))}`);
  }
}

async function explainNoAnswer(
  error: Error,
  model: string | undefined,
  examination: Examination,
): Promise<Finding> {
  const { words } = examination;
  if (isChatError(error) && error.code === 'replay-miss') {
    const [miss = ''] = (error.serverMessage ?? error.message).split('\n');
    return new Finding(words.fails(onOneLine(miss)), words.playsRecordings);
  }
  const { happened, advice } = explain(error, model, examination);
  // LM Studio lists its models even at an address without /v1, but does not answer there.
  const isAtWrongPath = isChatError(error) && error.reason === 'base-url';
  const v1 = isAtWrongPath ? await adviseV1(examination) : undefined;
  return new Finding(words.fails(happened), v1 ?? advice ?? words.failsAdvice);
}
