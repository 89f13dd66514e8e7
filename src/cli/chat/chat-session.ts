import { shownURL } from '../../advice/index.ts';
import {
  type ChatMessage,
  defaultChatModel,
  isChatError,
  type Model,
  streamChat,
} from '../../index.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { readAddress } from '../args/address.ts';
import { PROGRAM, type Terminal } from '../args/command.ts';
import { asTypedHere } from '../args/package-files.ts';
import { explainError } from '../failure.ts';
import { lookAtServer } from '../setup/look-at-server.ts';
import { onOneLine } from '../terminal/printable.ts';
import { showAnswer } from './show-answer.ts';

/** What a chat was started with. */
interface SessionOptions {
  baseURL: string;
  model: string | undefined;
  system: string | undefined;
}

/** A conversation with a server. */
export interface Session {
  /**
   * Looks for the server, and says which model will answer.
   * @param onLooked - called before anything is said
   * @returns `unreachable` if nothing listens; else `found`, even if something is wrong: an answer will tell it better
   */
  find(onLooked?: () => void): Promise<'found' | 'unreachable'>;
  /** Asks, and shows the answer; tells whether it went well. What failed is taken out of the conversation. */
  ask(question: string): Promise<boolean>;
  /** Stops the answer that is being shown; tells whether there was one. */
  stop(): boolean;
  /** Forgets what was said so far, but the system message. */
  reset(): void;
  /** The chat models of the server, as of the last look. */
  models(): readonly Model[];
  /** Asks this model from now on. */
  useModel(name: string): void;
  /** Says that nothing listens, and what to do. */
  tellRefusal(): void;
}

export function createSession(terminal: Terminal, options: SessionOptions): Session {
  const { stderr, env } = terminal;
  const { baseURL } = options;
  const apiKey = env.LOCAL_LLM_API_KEY;
  const shownBase = shownURL(readAddress(baseURL));
  const asked = { url: readAddress(baseURL), hasKey: Boolean(apiKey) };
  const system: readonly ChatMessage[] =
    options.system === undefined ? [] : [{ role: 'system', content: options.system }];
  let messages = [...system];
  let models: readonly Model[] = [];
  let model = options.model;
  let announced = '';
  let refusal: Error | undefined;
  let stopping: AbortController | undefined;
  /** llama.cpp tells how far it has read a prompt, if it is asked to. */
  let asksForProgress = true;

  function tell(error: Error): void {
    const { happened, advice } = explainError(error, { ...asked, model: chosenModel() });
    const command = asTypedHere(`${PROGRAM} doctor`);
    const lookFurther = `'${command} --base-url ${shownBase}' looks for the reason.`;
    const next = isUnexplained(error) ? lookFurther : advice;
    stderr.write(`${happened}\n${next === undefined ? '' : `${next}\n`}`);
  }

  /** The model to ask; `undefined` where the server chooses. */
  const chosenModel = () => model ?? defaultChatModel(models)?.id;

  /** Says what has changed since the last look. */
  function announce(line: string): void {
    if (line !== announced) stderr.write(`${line}\n`);
    announced = line;
  }

  function announceModel(): void {
    const name = chosenModel();
    announce(name === undefined ? shownBase : `${onOneLine(name)}, at ${shownBase}`);
  }

  async function find(onLooked?: () => void): Promise<'found' | 'unreachable'> {
    const found = await lookAtServer({ baseURL, apiKey });
    onLooked?.();
    if ('models' in found) {
      models = found.models.filter(({ type }) => type !== 'embedding');
      announceModel();
      return 'found';
    }
    const reason = isChatError(found.error) ? found.error.reason : undefined;
    if (reason === 'loading') announce('The server is still loading its model.');
    // A container without a network has no way to its own loopback either.
    const isUnreachable = reason === 'refused' || reason === 'unreachable';
    refusal = isUnreachable ? found.error : undefined;
    return isUnreachable ? 'unreachable' : 'found';
  }

  async function showReply(): Promise<string> {
    const name = chosenModel();
    stopping = new AbortController();
    const reply = streamChat(
      { messages, ...(name !== undefined && { model: name }) },
      {
        baseURL,
        apiKey,
        fetch: nodeFetch,
        ...(asksForProgress && { extraBody: { return_progress: true } }),
      },
    );
    try {
      return (await showAnswer(reply, terminal, stopping.signal)).text;
    } catch (error) {
      const isOnlyProgress =
        asksForProgress &&
        isChatError(error) &&
        error.kind === 'http' &&
        isAboutProgress(error.serverMessage ?? '');
      if (!isOnlyProgress) throw error;
      asksForProgress = false;
      return await showReply();
    } finally {
      stopping = undefined;
    }
  }

  return {
    find,
    models: () => models,
    async ask(question) {
      // Anew each time: a server or a model may have been started meanwhile.
      if ((await find()) === 'unreachable') {
        if (refusal) tell(refusal);
        return false;
      }
      if (chosenModel() === undefined && models.length > 1) {
        stderr.write(`${modelChoice(models)}\n`);
        return false;
      }
      messages.push({ role: 'user', content: question });
      try {
        messages.push({ role: 'assistant', content: await showReply() });
        return true;
      } catch (error) {
        messages.pop();
        if (!(error instanceof Error)) throw error;
        tell(error);
        return false;
      }
    },
    stop() {
      const isAnswering = stopping !== undefined && !stopping.signal.aborted;
      if (isAnswering) stopping?.abort();
      return isAnswering;
    },
    reset() {
      messages = [...system];
    },
    useModel(name) {
      model = name;
      announceModel();
    },
    tellRefusal() {
      if (refusal) tell(refusal);
    },
  };
}

/** Whether doctor would find out more than the error says. */
function isUnexplained(error: Error): boolean {
  if (!isChatError(error) || !['connection', 'protocol'].includes(error.kind)) return false;
  return error.reason === undefined || error.reason === 'reset';
}

/** A strict server refuses a field that it does not know; the replay server tells it as a difference, perhaps the only one. */
function isAboutProgress(words: string): boolean {
  return words.startsWith('No recording matches')
    ? words.includes('It differs in return_progress:')
    : words.includes('return_progress');
}

/** What to say where several models are there, none is loaded, and none was named. */
function modelChoice(models: readonly Model[]): string {
  const names = models.map(({ id }) => `  ${onOneLine(id)}`).join('\n');
  return `The server has ${models.length} models, and none is loaded. Choose one: ${asTypedHere(`${PROGRAM} chat --model NAME`)}, or /model NAME in a chat:\n${names}`;
}
