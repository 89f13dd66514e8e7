import { shownURL } from '../../advice/index.ts';
import { type ChatMessage, defaultChatModel, isChatError, streamChat } from '../../index.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { readAddress } from '../args.ts';
import { explainError } from '../failure.ts';
import { asTypedHere, PROGRAM } from '../package-files.ts';
import { lookAtServer, type ServerToLookAt } from '../setup/look-at-server.ts';
import { onOneLine, type Terminal } from '../terminal.ts';
import { showAnswer } from './show-answer.ts';

/** How a question ended. `failed`: without a word of an answer, or because something went wrong; stderr says what. */
export type QuestionEnd = 'answered' | 'failed' | 'stopped';

export class Conversation {
  readonly #terminal: Terminal;
  readonly #server: ServerToLookAt;
  /** The base URL as it may be shown. */
  readonly #address: string;
  readonly #ownModel: string | undefined;
  #messages: readonly ChatMessage[];
  /** The model to ask; `undefined` if the server chooses. */
  #model: string | undefined;
  /** The last line that said who will answer. */
  #announced: string | undefined;

  /** @param options - the model that the user chose, and the system message, if any */
  constructor(
    terminal: Terminal,
    server: ServerToLookAt,
    { model, system }: { model: string | undefined; system: string | undefined },
  ) {
    this.#terminal = terminal;
    this.#server = server;
    this.#address = shownURL(readAddress(server.baseURL));
    this.#ownModel = model;
    this.#model = model;
    this.#messages = system === undefined ? [] : [{ role: 'system', content: system }];
  }

  /**
   * Looks for the server, and says which model will answer.
   * @returns the error if nothing listens there. Of whatever else is wrong the failing answer will say more
   */
  async find(): Promise<Error | undefined> {
    const found = await lookAtServer(this.#server);
    if ('models' in found) {
      this.#model = this.#ownModel ?? defaultChatModel(found.models)?.id;
      const name = this.#model === undefined ? '' : `${onOneLine(this.#model)}, at `;
      this.#announce(name + this.#address);
      return undefined;
    }
    const reason = isChatError(found.error) ? found.error.reason : undefined;
    if (reason === 'loading') this.#announce('The server is still loading its model.');
    // A container without a network cannot reach its own loopback either.
    return reason === 'refused' || reason === 'unreachable' ? found.error : undefined;
  }

  /**
   * Asks, and shows the answer. A question without an answer is taken out of the conversation.
   * @param stop - ends the answer when it is aborted
   */
  async ask(question: string, stop: AbortSignal): Promise<QuestionEnd> {
    // Each time anew: a server or a model may have been started meanwhile.
    const refusal = await this.find();
    if (stop.aborted) return 'stopped';
    if (refusal) {
      this.explain(refusal);
      return 'failed';
    }
    const model = this.#model;
    const messages: ChatMessage[] = [...this.#messages, { role: 'user', content: question }];
    try {
      const reply = streamChat(
        { messages, ...(model !== undefined && { model }) },
        { ...this.#server, fetch: nodeFetch },
      );
      const { text, verdict } = await showAnswer(reply, this.#terminal, stop, this.#ownModel);
      const isAnswered = text.trim() !== '';
      if (isAnswered) this.#messages = [...messages, { role: 'assistant', content: text }];
      if (verdict === 'stopped') return 'stopped';
      return isAnswered ? 'answered' : 'failed';
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.explain(error);
      return 'failed';
    }
  }

  explain(error: Error): void {
    const request = { ...this.#server, model: this.#model };
    const { happened, advice } = explainError(error, request);
    const doctor = asTypedHere(`${PROGRAM} doctor`);
    const next = doctorKnowsMore(error)
      ? `'${doctor} --base-url ${this.#address}' looks for the reason.`
      : advice;
    this.#terminal.stderr.write(`${happened}\n${next === undefined ? '' : `${next}\n`}`);
  }

  /** Says what has changed since the last look. */
  #announce(line: string): void {
    if (line !== this.#announced) this.#terminal.stderr.write(`${line}\n`);
    this.#announced = line;
  }
}

/** Whether doctor would find out more than the error says. */
function doctorKnowsMore(error: Error): boolean {
  if (!isChatError(error) || !['connection', 'protocol'].includes(error.kind)) return false;
  return error.reason === undefined || error.reason === 'reset';
}
