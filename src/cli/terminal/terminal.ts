import { printable } from './printable.ts';

/**
 * Where a command writes. Everything that is written here is text: nothing in it steers the terminal, also behind a pipe, whose other
 * end may be a terminal (`| tee`).
 */
export interface Output {
  /** Writes text without its control characters. */
  write(text: string): void;
  /** Writes text as it is, control characters too. Only for this program's own, never for what a server sent. */
  writeExactly(text: string): void;
  readonly isTTY: boolean;
  /** The width of the window, in characters. */
  readonly columns: number;
  /** The cursor can be moved, and lines taken away: it is a terminal, and not a dumb one. */
  readonly canSteer: boolean;
  /** Writes what follows dim, or no longer so; does nothing where colours are not wanted. */
  dim(isDim: boolean): void;
  readonly hasColours: boolean;
  /** Takes away the line in which the cursor is; does nothing where there is no terminal. */
  clearLine(): void;
}

/** Where a command reads and writes. */
export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
}

/** What of a stream is used here. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';
const CLEAR_LINE = '\r\x1b[K';

/** The terminal of a process. */
export function createTerminal({
  stdin,
  stdout,
  stderr,
  env,
}: {
  stdin: NodeJS.ReadStream;
  stdout: OutputStream;
  stderr: OutputStream;
  env: NodeJS.ProcessEnv;
}): Terminal {
  const columns = () => (stdout.isTTY ? stdout.columns : stderr.columns) || 80;
  return {
    stdin,
    stdout: createOutput(stdout, columns, env),
    stderr: createOutput(stderr, columns, env),
    env,
  };
}

function createOutput(stream: OutputStream, columns: () => number, env: NodeJS.ProcessEnv): Output {
  const isTTY = stream.isTTY === true;
  const canSteer = isTTY && env.TERM !== 'dumb';
  // https://no-color.org
  const hasColours = canSteer && !env.NO_COLOR;
  return {
    isTTY,
    get columns() {
      return columns();
    },
    canSteer,
    hasColours,
    write: (text) => void stream.write(printable(text)),
    writeExactly: (text) => void stream.write(text),
    dim(isDim) {
      if (hasColours) stream.write(isDim ? DIM : PLAIN);
    },
    clearLine() {
      if (canSteer) stream.write(CLEAR_LINE);
    },
  };
}
