import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Terminal } from '../terminal.ts';

const PROMPT = '> ';

/** Lines that come so soon after one another were not typed, but pasted, in ms. */
const PASTE_MS = 30;

/** Asks the terminal to mark what is pasted. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Bracketed-Paste-Mode */
const MARK_PASTES = '\x1b[?2004h';
const MARK_NO_PASTES = '\x1b[?2004l';

/**
 * Reads questions at a terminal, one after the other. What the user types is shown only while a question is waited for: during an
 * answer it would be mixed into the answer, so it is kept, and shown with the next prompt.
 */
export class QuestionReader {
  readonly #stdin: Terminal['stdin'];
  readonly #stdout: Terminal['stdout'];
  readonly #lines: Interface;
  #state: 'answering' | 'asking' = 'answering';
  #hasLeft = false;
  /** The terminal is passing on what was pasted. */
  #isPasting = false;
  /** The lines of a question that may have more. */
  #unfinished: string[] = [];
  /** Questions that were typed during an answer. */
  readonly #waiting: string[] = [];
  #endOfQuestion: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param onInterrupt - called at Ctrl-C; returns whether there was something to stop, otherwise the user leaves
   */
  constructor({ stdin, stdout }: Pick<Terminal, 'stdin' | 'stdout'>, onInterrupt: () => boolean) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#lines = createInterface({
      input: stdin,
      output: this.#createEcho(),
      terminal: true,
      prompt: PROMPT,
    });
    this.#lines.on('line', (line) => this.#readLine(line));
    this.#lines.on('SIGINT', () => {
      if (!onInterrupt()) this.#lines.close();
    });
    this.#lines.on('close', () => this.#leave());
    stdin.on('keypress', this.#onKey);
    process.once('exit', this.#markNoPastes);
    if (stdout.canSteer) stdout.writeExactly(MARK_PASTES);
  }

  /**
   * Waits for the next question, which may have several lines. What was typed since the last one comes first.
   * @returns `undefined` when the user has left
   */
  async next(): Promise<string | undefined> {
    for (;;) {
      const question = this.#waiting.shift();
      if (question !== undefined) {
        if (this.#state === 'answering') this.#stdout.write(`${PROMPT}${question}\n`);
        this.#state = 'answering';
        return question;
      }
      if (this.#hasLeft) return undefined;
      this.#state = 'asking';
      this.#lines.prompt(true);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the reading, and leaves the terminal as it was. */
  close(): void {
    this.#stdin.off('keypress', this.#onKey);
    process.off('exit', this.#markNoPastes);
    this.#lines.close();
    this.#markNoPastes();
  }

  /** Shows what is typed, while a question is waited for. */
  #createEcho(): Writable {
    const echo = new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        if (this.#state === 'asking') this.#stdout.writeExactly(text);
        done();
      },
    });
    return Object.defineProperty(echo, 'columns', { get: () => this.#stdout.columns });
  }

  readonly #onKey = (_text: unknown, key: { name?: string } | undefined): void => {
    if (key?.name === 'paste-start') this.#isPasting = true;
    if (key?.name === 'paste-end') this.#isPasting = false;
  };

  readonly #markNoPastes = (): void => {
    if (this.#stdout.canSteer) this.#stdout.writeExactly(MARK_NO_PASTES);
  };

  #readLine(line: string): void {
    this.#unfinished.push(line);
    clearTimeout(this.#endOfQuestion);
    this.#endOfQuestion = setTimeout(() => {
      const hasMore = this.#isPasting || this.#lines.line !== '';
      if (!hasMore) this.#endQuestion();
    }, PASTE_MS);
  }

  #endQuestion(): void {
    const question = this.#unfinished.join('\n').trim();
    this.#unfinished = [];
    if (question !== '') this.#waiting.push(question);
    this.#wake?.();
  }

  #leave(): void {
    clearTimeout(this.#endOfQuestion);
    this.#endQuestion();
    this.#hasLeft = true;
    this.#wake?.();
  }
}
