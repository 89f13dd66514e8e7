import type { Terminal } from '../terminal/terminal.ts';

export type { Terminal } from '../terminal/terminal.ts';

/**
 * The command's name, which is the package's own: `npx` with any other name runs a stranger's package wherever this one is not
 * installed.
 */
export const PROGRAM = 'local-llm-stream-agent';

/** One command of `local-llm-stream-agent`. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** The text of `local-llm-stream-agent help NAME`. */
  usage: string;
  /**
   * Runs it.
   * @param args - the words after the command's name
   * @returns the exit status
   * @throws {UsageError} where the words are wrong: printed in one line, exit status 2. `parseArgs`' own errors count as such;
   * any other error is printed by its message alone, exit status 1.
   */
  run(args: string[], terminal: Terminal): Promise<number>;
}

/** The user's words cannot be understood; the message says which and why. */
export class UsageError extends Error {
  override name = 'UsageError';
}
