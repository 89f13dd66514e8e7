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
import { lookAtLoadedServer, nameServer, type ServerToLookAt } from './look-at-server.ts';
import { adviseV1, explainNoModels, Finding } from './no-models.ts';

/*
 * `local-llm-stream-agent doctor`: from a base URL to the first thing that is wrong with it, and the one next step.
 *
 *   doctor.ts          the steps in their order; `--json` prints the same as a report
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
       [--json] [--lang en|zh]

Checks in this order: whether a server answers, which one it is, whether it requires a
token, which models it has, whether an answer streams, and how fast. It stops at the
first thing that is wrong, says what to do, and ends with exit status 1.

  --base-url URL  default ${DEFAULT_BASE_URL}
  --model NAME    default: the one that is loaded
  --json          prints what was found as one JSON object, and nothing else
  --lang en|zh    default: that of your system
  The API token in LOCAL_LLM_API_KEY (environment) is sent to the server.
`,
  async run(args, { stdout, env }) {
    const { values } = parseArgs({
      args,
      options: {
        'base-url': { type: 'string', default: DEFAULT_BASE_URL },
        model: { type: 'string' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
      },
    });
    const baseURL = values['base-url'];
    const language = chooseLanguage(values.lang, env);
    const report: Report = { ok: false, baseURL: shownURL(readAddress(baseURL)) };
    const say = (line: string) => {
      if (!values.json) stdout.write(`${line}\n`);
    };
    const examination = {
      url: readAddress(baseURL),
      server: { baseURL, apiKey: env.LOCAL_LLM_API_KEY },
      model: values.model,
      language,
      words: doctorWords[language],
      report,
      say,
    };
    try {
      await examine(examination);
      report.ok = true;
      say(`✓ ${examination.words.well}`);
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      const { message: what, advice, reason } = error;
      report.problem = { what, advice, reason };
      say(`✗ ${what}\n  → ${advice}`);
    }
    if (values.json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return report.ok ? 0 : 1;
  },
};

/** What `--json` prints. What was not reached is absent. */
interface Report {
  ok: boolean;
  baseURL: string;
  server?: string | undefined;
  models?: readonly Model[];
  /** The one that was tried; absent if the server chose. */
  model?: string | undefined;
  answer?: {
    model: string | undefined;
    tokens: number;
    firstTokenMs: number;
    tokensPerSecond: number | undefined;
  };
  problem?: { what: string; advice: string; reason: string | undefined };
}

interface Examination {
  url: URL;
  server: ServerToLookAt;
  /** The one that `--model` names. */
  model: string | undefined;
  language: Language;
  words: DoctorWords;
  report: Report;
  say(line: string): void;
}

async function examine(examination: Examination): Promise<void> {
  const { server, words, report, say } = examination;
  const models = await findModels(examination);
  report.server = await nameServer(server);
  report.models = models;
  say(`✓ ${words.answers(report.baseURL, report.server)}`);
  report.model = chooseModel(models, examination);
  await checkAnswer(examination);
}

async function findModels(examination: Examination): Promise<Model[]> {
  const { server, words, say } = examination;
  let noticedAt: number | undefined;
  const found = await lookAtLoadedServer(server, (waited) => {
    const ms = waited * 1000;
    if (noticedAt !== undefined && ms - noticedAt < BETWEEN_NOTICES_MS) return;
    noticedAt = ms;
    say(`  … ${words.loading(waited)}`);
  });
  if ('models' in found) return found.models;
  throw await explainNoModels(found.error, {
    ...examination,
    address: examination.report.baseURL,
    explained: explainError(found.error, asked(examination), examination.language),
  });
}

/** What is known of a request that failed. */
const asked = ({ url, server, report }: Examination) => ({
  url,
  hasKey: Boolean(server.apiKey),
  model: report.model,
  timeouts: TIMEOUTS,
});

/** Chooses the model to try; `undefined` if the server chooses. */
function chooseModel(models: readonly Model[], examination: Examination): string | undefined {
  const { words, say, model } = examination;
  const chatModels = chatModelsOf(models);
  for (const one of chatModels) say(`  ${words.describe(one)}`);
  if (chatModels.length === 0) throw new Finding(words.noModel, words.noModelAdvice, 'no-model');
  if (model !== undefined) {
    const isListed = chatModels.some(({ id }) => id === model);
    const name = onOneLine(model);
    // It is asked for all the same: a server may know it by a shorter name than it lists.
    say(isListed ? `✓ ${words.hasModel(name)}` : `! ${words.hasNotModel(name)}`);
    return model;
  }
  const chosen = defaultChatModel(models);
  // The only model is the default even if it is not loaded, but it is not loaded for a test.
  if (chosen === undefined || chosen.loaded === false) {
    throw new Finding(words.noneLoaded(chatModels.length), words.noneLoadedAdvice, 'no-model');
  }
  say(`✓ ${words.chosen(chatModels.length, onOneLine(chosen.id))}`);
  return chosen.id;
}

async function checkAnswer(examination: Examination): Promise<void> {
  const { server, words, report, say } = examination;
  const startedAt = performance.now();
  const notice = setInterval(() => {
    say(`  … ${words.waiting(Math.round((performance.now() - startedAt) / 1000))}`);
  }, BETWEEN_NOTICES_MS);
  const reply = streamChat(
    {
      messages: [{ role: 'user', content: 'Count from 1 to 20.' }],
      max_tokens: TOKENS_WANTED,
      ...(report.model !== undefined && { model: report.model }),
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
    throw await explainNoAnswer(error, examination);
  } finally {
    clearInterval(notice);
  }
}

/**
 * @param counted - how many deltas came
 * @throws {Finding} if there is no answer
 */
function reportAnswer(result: ChatResult, counted: number, examination: Examination): void {
  const { report, words, say } = examination;
  const { timing, usage, model, text, reasoning } = result;
  if (text.trim() === '' && reasoning.trim() === '') {
    throw new Finding(words.empty, words.emptyAdvice, 'empty');
  }
  const { firstTokenMs = 0, totalMs = 0, tokensPerSecond } = timing;
  // The usage is passed on from the server unchecked.
  const said: unknown = usage?.completion_tokens;
  const ownRate = totalMs > firstTokenMs ? counted / ((totalMs - firstTokenMs) / 1000) : undefined;
  const answer = {
    model: model === undefined ? undefined : onOneLine(model),
    tokens: typeof said === 'number' ? said : counted,
    firstTokenMs: Math.round(firstTokenMs),
    tokensPerSecond: tokensPerSecond ?? ownRate,
  };
  report.answer = answer;
  say(`✓ ${words.streams({ ...answer, rate: answer.tokensPerSecond })}`);
  const asked = examination.model;
  if (asked !== undefined && answer.model && !isSameModel(asked, answer.model)) {
    say(`! ${words.otherModel(answer.model, onOneLine(asked))}`);
  }
}

async function explainNoAnswer(error: Error, examination: Examination): Promise<Finding> {
  const { words, language } = examination;
  if (isChatError(error) && error.code === 'replay-miss') {
    const [miss = ''] = (error.serverMessage ?? error.message).split('\n');
    return new Finding(words.fails(onOneLine(miss)), words.playsRecordings, error.code);
  }
  const { happened, advice } = explainError(error, asked(examination), language);
  const reason = isChatError(error) ? (error.reason ?? error.kind) : undefined;
  // LM Studio lists its models even at an address without /v1, but does not answer there.
  const v1 = reason === 'base-url' ? await adviseV1(examination) : undefined;
  return new Finding(words.fails(happened), v1 ?? advice ?? words.failsAdvice, reason);
}
