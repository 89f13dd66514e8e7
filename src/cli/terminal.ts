/*
 * Where a command reads and writes, and how it ends.
 *
 *   in:  the process's streams, environment and signals
 *   out: a `Terminal` to write text to, from which no control sequence of a server comes through; `stopSignal`
 */

/** Where a command reads and writes. */
export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: Screen;
  stderr: Screen;
  env: NodeJS.ProcessEnv;
}

export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/**
 * Takes the control characters out of a text, except line ends and tabs: what a server or a file says must not steer the terminal, as
 * an escape sequence could (move the cursor, change the title, write to the clipboard).
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}

/** The characters that turn the direction of what follows. An answer in Arabic or Hebrew may need them; a name does not. */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Puts text on one line, for a name inside a sentence: it can neither begin a line of its own nor turn the rest of the line around. */
export function onOneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replace(TURNING, '').trim();
}

/** `1 exchange`, `2 exchanges`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/**
 * Where a command writes. Everything that is written here is text: nothing in it steers the terminal, even behind a pipe, whose other
 * end may be a terminal (`| tee`).
 */
class Screen {
  readonly #stream: OutputStream;
  readonly isTTY: boolean;
  /** The cursor can be moved, and lines taken away: it is a terminal, and not a dumb one. */
  readonly canSteer: boolean;
  /** https://no-color.org */
  readonly hasColours: boolean;

  constructor(stream: OutputStream, env: NodeJS.ProcessEnv) {
    this.#stream = stream;
    this.isTTY = stream.isTTY === true;
    this.canSteer = this.isTTY && env.TERM !== 'dumb';
    this.hasColours = this.canSteer && !env.NO_COLOR;
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }

  write(text: string): void {
    this.#stream.write(printable(text));
  }

  /** Writes text unchanged, control characters too. Only for this program's own, never for what a server sent. */
  writeExactly(text: string): void {
    this.#stream.write(text);
  }

  /** Writes what follows dim, or no longer so; does nothing if colours are not wanted. */
  dim(isDim: boolean): void {
    if (this.hasColours) this.#stream.write(isDim ? '\x1b[2m' : '\x1b[0m');
  }

  /** Takes away the line in which the cursor is; does nothing if it is no terminal. */
  clearLine(): void {
    if (this.canSteer) this.#stream.write('\r\x1b[K');
  }
}

export function createTerminal({
  stdin,
  stdout,
  stderr,
  env,
}: Pick<Terminal, 'stdin' | 'env'> & { stdout: OutputStream; stderr: OutputStream }): Terminal {
  return { stdin, stdout: new Screen(stdout, env), stderr: new Screen(stderr, env), env };
}

/** What a shell reports for a program that a closed pipe has ended (128 + SIGPIPE). */
const CLOSED_PIPE = 141;

/**
 * Ends the process if its output goes nowhere: without a word for a closed pipe (`| head -1`, `less` and then q), and with one line
 * for a full disk. Without this Node ends with a stack trace.
 * @param livesOn - it works for others, and goes on without its output
 */
export function endWithoutOutput(
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>,
  livesOn: boolean,
): void {
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (livesOn) return;
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
        process.exit(CLOSED_PIPE);
      if (stream === stdout) stderr.write(`The output cannot be written: ${error.message}\n`);
      process.exit(1);
    });
  }
}

/** What a shell reports for a program that Ctrl-C has ended (128 + SIGINT). */
export const INTERRUPTED = 130;

/** Waits for Ctrl-C or a polite end (SIGTERM). A second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
}
