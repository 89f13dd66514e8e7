import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Command } from '../../src/cli/args.ts';
import { createTerminal, type OutputStream, type Terminal } from '../../src/cli/terminal.ts';
import { startHttpServer } from '../tools/http-server.ts';
import { dist } from '../tools/project.ts';

/** Why a test cannot send an interrupt: on Windows a program ends another one at once. */
export const noInterrupt = process.platform === 'win32' && 'a program cannot interrupt another one';

/** What of a test's context is used here. */
interface Scope {
  after(done: () => unknown): void;
}

/** A stream that keeps what is written to it. */
export function createScreen(options: { isTTY?: boolean; columns?: number } = {}) {
  let printed = '';
  let onWrite = () => {};
  const stream: OutputStream = {
    ...options,
    write(written) {
      printed += written;
      onWrite();
    },
  };
  /** Waits until something has been written. */
  async function until(words: string): Promise<void> {
    while (!printed.includes(words)) {
      await new Promise<void>((resolve) => {
        onWrite = resolve;
      });
    }
  }
  return { stream, printed: () => printed, until };
}

/** A terminal for a test: what is typed comes from a stream, and what is printed is kept. */
export function createTestTerminal(
  env: NodeJS.ProcessEnv = {},
  options: { isTTY?: boolean; columns?: number } = {},
): {
  terminal: Terminal;
  stdin: PassThrough;
  printed(): string;
  until(words: string): Promise<void>;
} {
  const screen = createScreen(options);
  const stdin = Object.assign(new PassThrough(), {
    isTTY: options.isTTY === true,
    setRawMode: () => stdin,
  });
  const terminal = createTerminal({
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: screen.stream,
    stderr: screen.stream,
    env: { LANG: 'en_US.UTF-8', ...env },
  });
  return { terminal, stdin, printed: screen.printed, until: screen.until };
}

/** Runs a command in this process, and gives what it printed. */
export async function runCommand(
  command: Command,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number; printed: string }> {
  const { terminal, printed } = createTestTerminal(env);
  const status = await command.run(args, terminal);
  return { status, printed: printed() };
}

/** The environment of a child process: of this runner and its colours it knows nothing. */
export function plainEnv(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, ...rest } = process.env;
  return { ...rest, LANG: 'en_US.UTF-8', LC_ALL: '', ...env };
}

/** How the built command line is started: Windows builds under Wine cannot run what compiles the sources. */
export const cliCommand: readonly string[] = [process.execPath, join(dist, 'cli.js')];

/** Starts `local-llm-stream-agent` in a process of its own. */
export function startCli(
  t: Scope,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
): ChildProcessWithoutNullStreams {
  const [node = '', ...before] = cliCommand;
  const child = spawn(node, [...before, ...args], {
    env: plainEnv(env),
    ...(cwd !== undefined && { cwd }),
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Runs `local-llm-stream-agent` to its end, with nothing or a text on stdin. */
export async function runCli(
  t: Scope,
  args: string[],
  { input = '', env = {}, cwd }: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<{ stdout: string; stderr: string; status: number | null }> {
  const child = startCli(t, args, env, cwd);
  child.stdin.end(input);
  const closed: Promise<[number | null]> = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    closed,
  ]);
  return { stdout, stderr, status };
}

/** An HTTP server for the time of a test; gives its base URL. */
export async function serve(t: Scope, listener: RequestListener): Promise<string> {
  const { origin, close } = await startHttpServer(listener);
  t.after(close);
  return `${origin}/v1`;
}
