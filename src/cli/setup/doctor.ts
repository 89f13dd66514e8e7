import { parseArgs } from 'node:util';
import { isSameModel, shownURL } from '../../advice/index.ts';
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
import { onOneLine } from '../terminal.ts';
import { doctorWords } from './doctor-words.ts';
import { lookAtServer, nameServer } from './look-at-server.ts';
import {
  adviseV1,
  type Examination,
  explainFailure,
  explainNoModels,
  Finding,
  PATIENCE,
} from './no-models.ts';

/*
 * `local-llm-stream-agent doctor`: from a base URL to the first thing that is wrong with it, and the one next step.
 *
 *   doctor.ts          the steps in their order
 *   look-at-server.ts  one look: the models of a server, or the error; what the server is
 *   no-models.ts       why there is no list, with the addresses tried that may be meant
 *   doctor-words.ts    what is said, in both languages; errors are explained by ../failure.ts
 */

const BETWEEN_NOTICES_MS = 10_000;

/** Enough to see that an answer streams, and how fast. */
const TOKENS_WANTED = 64;
/** The rate of fewer says nothing: they may have come in one piece. */
const FEWEST_TOKENS = 8;

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
    const address = shownURL(readAddress(baseURL));
    const server = { baseURL, apiKey: env.LOCAL_LLM_API_KEY };
    const language = chooseLanguage(values.lang, env);
    const words = doctorWords[language];
    const say = (line: string) => stdout.write(`${line}\n`);
    const examination = { server, address, wanted: values.model, language, words, say };
    try {
      const found = await lookAtServer(server);
      if ('error' in found) throw await explainNoModels(found.error, examination);
      say(`✓ ${words.answers(address, await nameServer(server))}`);
      await checkAnswer(chooseModel(found.models, examination), examination);
      say(`✓ ${words.well}`);
      return 0;
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      say(`✗ ${error.message}\n  → ${error.advice}`);
      return 1;
    }
  },
};

function chooseModel(models: readonly Model[], examination: Examination): string {
  const { words, say, wanted } = examination;
  const chatModels = chatModelsOf(models);
  for (const one of chatModels) say(`  ${words.describe(one)}`);
  if (chatModels.length === 0) throw new Finding(words.noModel, words.noModelAdvice);
  const chosen = defaultChatModel(models);
  // The only model is the default even if it is not loaded, but it is not loaded for a test.
  const id = wanted ?? (chosen?.loaded === false ? undefined : chosen?.id);
  if (id === undefined) {
    throw new Finding(words.noneLoaded(chatModels.length), words.noneLoadedAdvice);
  }
  say(`✓ ${words.chosen(chatModels.length, onOneLine(id))}`);
  return id;
}

async function checkAnswer(model: string, examination: Examination): Promise<void> {
  const { server, words, say } = examination;
  const startedAt = performance.now();
  const notice = setInterval(() => {
    say(`  … ${words.waiting(Math.round((performance.now() - startedAt) / 1000))}`);
  }, BETWEEN_NOTICES_MS);
  const reply = streamChat(
    {
      messages: [{ role: 'user', content: 'Count from 1 to 20.' }],
      max_tokens: TOKENS_WANTED,
      model,
    },
    { ...server, fetch: nodeFetch, timeouts: PATIENCE },
  );
  let tokens = 0;
  try {
    for await (const { type } of reply.events()) {
      if (type !== 'text' && type !== 'reasoning') continue;
      clearInterval(notice);
      tokens++;
      // A server that knows max_tokens has ended by now: a delta is a token or more.
      if (tokens > 2 * TOKENS_WANTED) break;
    }
    reportAnswer(await reply.result, tokens, examination);
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
  const { firstTokenMs = 0, tokensPerSecond } = timing;
  // The usage is passed on from the server unchecked.
  const said: unknown = usage?.completion_tokens;
  const answered = model === undefined ? undefined : onOneLine(model);
  const tokens = typeof said === 'number' ? said : counted;
  const rate = tokens < FEWEST_TOKENS ? undefined : tokensPerSecond;
  say(`✓ ${words.streams({ firstTokenMs, rate, tokens, model: answered })}`);
  if (wanted !== undefined && answered && !isSameModel(wanted, answered)) {
    say(`! ${words.otherModel(answered, onOneLine(wanted))}`);
  }
}

async function explainNoAnswer(
  error: Error,
  model: string,
  examination: Examination,
): Promise<Error> {
  if (!isChatError(error)) return error;
  const { happened, advice } = explainFailure(error, model, examination);
  // A miss of the replay kit goes on to say how to record.
  const [line = ''] = happened.split('\n');
  // LM Studio lists its models even at an address without /v1, but does not answer there.
  const v1 = error.reason === 'base-url' ? await adviseV1(examination) : undefined;
  return new Finding(examination.words.fails(onOneLine(line)), v1 ?? advice);
}
