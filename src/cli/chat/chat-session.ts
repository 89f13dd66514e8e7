import { shownURL } from '../../advice/index.ts';
import {
  type ChatMessage,
  type ChatResult,
  chatModelsOf,
  defaultChatModel,
  isChatError,
  type Model,
  streamChat,
} from '../../index.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { readAddress } from '../args.ts';
import { explainError } from '../failure.ts';
import { asTypedHere, PROGRAM } from '../package-files.ts';
import { lookAtServer } from '../setup/look-at-server.ts';
import { onOneLine, type Terminal } from '../terminal.ts';
import { showAnswer } from './show-answer.ts';

/** What a chat is started with. */
interface SessionOptions {
  baseURL: string;
  model: string | undefined;
  system: string | undefined;
}

/** How a question ended. */
export type QuestionEnd =
  /** The model answered. */
  | 'answered'
  /** It ended without a word of an answer, or something went wrong: stderr says what. */
  | 'failed'
  /** The user stopped the answer. */
  | 'stopped';

/** A conversation with a server. */
export class Session {
  readonly #terminal: Terminal;
  readonly #baseURL: string;
  readonly #apiKey: string | undefined;
  /** The base URL as it may be shown. */
  readonly #address: string;
  readonly #system: readonly ChatMessage[];
  #messages: ChatMessage[];
  /** The model that the user chose. */
  #ownModel: string | undefined;
  /** The chat models of the server, as of the last look. */
  #models: readonly Model[] = [];
  /** The last line that said who will answer. */
  #announced: string | undefined;
  /** Why the server could not be reached at the last look. */
  #refusal: Error | undefined;
  /** Stops the answer that is being shown. */
  #answering: AbortController | undefined;

  constructor(terminal: Terminal, { baseURL, model, system }: SessionOptions) {
    this.#terminal = terminal;
    this.#baseURL = baseURL;
    this.#apiKey = terminal.env.LOCAL_LLM_API_KEY;
    this.#address = shownURL(readAddress(baseURL));
    this.#system = system === undefined ? [] : [{ role: 'system', content: system }];
    this.#messages = [...this.#system];
    this.#ownModel = model;
  }

  /** The chat models of the server, as of the last look. */
  get models(): readonly Model[] {
    return this.#models;
  }

  /**
   * Looks for the server, and says which model will answer.
   * @returns `unreachable` if nothing listens; else `found`, even if something is wrong: the failing answer will say more about it
   */
  async find(): Promise<'found' | 'unreachable'> {
    const found = await lookAtServer({ baseURL: this.#baseURL, apiKey: this.#apiKey });
    this.#refusal = undefined;
    if ('models' in found) {
      this.#models = chatModelsOf(found.models);
      this.#announceModel();
      return 'found';
    }
    const reason = isChatError(found.error) ? found.error.reason : undefined;
    if (reason === 'loading') this.#announce('The server is still loading its model.');
    // A container without a network cannot reach its own loopback either.
    if (reason !== 'refused' && reason !== 'unreachable') return 'found';
    this.#refusal = found.error;
    return 'unreachable';
  }

  /** Asks, and shows the answer. A question without an answer is taken out of the conversation. */
  async ask(question: string): Promise<QuestionEnd> {
    // Each time anew: a server or a model may have been started meanwhile.
    if ((await this.find()) === 'unreachable') {
      this.explainRefusal();
      return 'failed';
    }
    if (this.#model === undefined && this.#models.length > 1) {
      this.#terminal.stderr.write(`${askForModel(this.#models)}\n`);
      return 'failed';
    }
    this.#messages.push({ role: 'user', content: question });
    try {
      const { text, verdict } = await this.#answer();
      if (text.trim() === '') this.#messages.pop();
      else this.#messages.push({ role: 'assistant', content: text });
      if (verdict === 'stopped') return 'stopped';
      return text.trim() === '' ? 'failed' : 'answered';
    } catch (error) {
      this.#messages.pop();
      if (!(error instanceof Error)) throw error;
      this.#explain(error);
      return 'failed';
    }
  }

  /** Stops the answer that is being shown; `false` if there is none. */
  stop(): boolean {
    if (this.#answering === undefined || this.#answering.signal.aborted) return false;
    this.#answering.abort();
    return true;
  }

  /** Forgets what was said so far, except the system message. */
  reset(): void {
    this.#messages = [...this.#system];
  }

  /** Asks this model from now on. */
  useModel(name: string): void {
    this.#ownModel = name;
    this.#announceModel();
  }

  /** Says why the server could not be reached, and what to do. */
  explainRefusal(): void {
    if (this.#refusal) this.#explain(this.#refusal);
  }

  /** The model to ask; `undefined` if the server chooses. */
  get #model(): string | undefined {
    return this.#ownModel ?? defaultChatModel(this.#models)?.id;
  }

  async #answer(): Promise<ChatResult> {
    const model = this.#model;
    const answering = new AbortController();
    this.#answering = answering;
    const reply = streamChat(
      { messages: this.#messages, ...(model !== undefined && { model }) },
      { baseURL: this.#baseURL, apiKey: this.#apiKey, fetch: nodeFetch },
    );
    try {
      return await showAnswer(reply, this.#terminal, answering.signal, this.#ownModel);
    } finally {
      this.#answering = undefined;
    }
  }

  #announceModel(): void {
    const name = this.#model;
    this.#announce(name === undefined ? this.#address : `${onOneLine(name)}, at ${this.#address}`);
  }

  /** Says what has changed since the last look. */
  #announce(line: string): void {
    if (line !== this.#announced) this.#terminal.stderr.write(`${line}\n`);
    this.#announced = line;
  }

  #explain(error: Error): void {
    const { happened, advice } = explainError(error, {
      url: readAddress(this.#baseURL),
      hasKey: Boolean(this.#apiKey),
      model: this.#model,
    });
    const doctor = asTypedHere(`${PROGRAM} doctor`);
    const next = doctorKnowsMore(error)
      ? `'${doctor} --base-url ${this.#address}' looks for the reason.`
      : advice;
    this.#terminal.stderr.write(`${happened}\n${next === undefined ? '' : `${next}\n`}`);
  }
}

/** Whether doctor would find out more than the error says. */
function doctorKnowsMore(error: Error): boolean {
  if (!isChatError(error) || !['connection', 'protocol'].includes(error.kind)) return false;
  return error.reason === undefined || error.reason === 'reset';
}

/** What to say if there are several models, none is loaded, and none was named. */
function askForModel(models: readonly Model[]): string {
  const names = models.map(({ id }) => `  ${onOneLine(id)}`).join('\n');
  const command = asTypedHere(`${PROGRAM} chat --model NAME`);
  return `The server has ${models.length} models, and none is loaded. Choose one: ${command}, or /model NAME in a chat:\n${names}`;
}
