import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Terminal } from '../args/command.ts';

/** Reads questions at a terminal, one after the other. */
interface QuestionReader {
  /**
   * The next question, which may have several lines; `undefined` when the user has left. What was typed since the last one comes
   * first.
   */
  next(): Promise<string | undefined>;
  /** Ends the reading, and leaves the terminal as it was. */
  close(): void;
}

const PROMPT = '> ';

/** Lines that come so soon after one another were not typed, but pasted, in ms. */
const PASTE_MS = 30;

/** Asks the terminal to mark what is pasted. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Bracketed-Paste-Mode */
const MARK_PASTES = '\x1b[?2004h';
const MARK_NO_PASTES = '\x1b[?2004l';

/**
 * Only while a question is waited for is what the user types shown: in mid-answer it would be mixed into the answer, so then it is
 * kept, and shown with the next prompt.
 * @param onInterrupt - told of Ctrl-C; says whether it was used for something, else it leaves
 */
export function createQuestionReader(
  { stdin, stdout }: Pick<Terminal, 'stdin' | 'stdout'>,
  onInterrupt: () => boolean,
): QuestionReader {
  const waiting: string[] = [];
  let lines: string[] = [];
  let isPrompting = false;
  let isPasting = false;
  let isClosed = false;
  let wake = () => {};
  let timer: NodeJS.Timeout | undefined;

  const echo = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      if (isPrompting) stdout.writeExactly(text);
      done();
    },
  });
  const reader = createInterface({
    input: stdin,
    output: Object.defineProperty(echo, 'columns', { get: () => stdout.columns }),
    terminal: true,
    prompt: PROMPT,
  });
  const markPastes = (isOn: boolean) => {
    if (stdout.canSteer) stdout.writeExactly(isOn ? MARK_PASTES : MARK_NO_PASTES);
  };
  const markNone = () => markPastes(false);
  process.once('exit', markNone);
  markPastes(true);

  /** The lines so far are a question, unless there is more of it. */
  function endQuestion(): void {
    if (lines.length === 0) return;
    const hasMore = !isClosed && (isPasting || reader.line !== '');
    if (hasMore) return;
    const question = lines.join('\n').trim();
    lines = [];
    if (question !== '' || isPrompting) waiting.push(question);
    wake();
  }

  stdin.on('keypress', onKey);
  function onKey(_text: unknown, key: { name?: string } | undefined): void {
    if (key?.name === 'paste-start') isPasting = true;
    if (key?.name === 'paste-end') isPasting = false;
  }
  reader.on('line', (line) => {
    lines.push(line);
    clearTimeout(timer);
    timer = setTimeout(endQuestion, PASTE_MS);
  });
  reader.on('SIGINT', () => {
    if (!onInterrupt()) reader.close();
  });
  reader.on('close', () => {
    isClosed = true;
    clearTimeout(timer);
    endQuestion();
    wake();
  });

  return {
    async next() {
      for (;;) {
        const question = waiting.shift();
        if (question === '') continue;
        if (question !== undefined) {
          if (!isPrompting) stdout.write(`${PROMPT}${question}\n`);
          isPrompting = false;
          return question;
        }
        if (isClosed) return undefined;
        isPrompting = true;
        reader.prompt(true);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close() {
      stdin.off('keypress', onKey);
      process.off('exit', markNone);
      reader.close();
      markNone();
    },
  };
}
