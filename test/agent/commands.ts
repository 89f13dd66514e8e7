import { PassThrough } from 'node:stream';
import type { Command, Terminal } from '../../src/cli/command.ts';

/** Runs a command, and gives what it printed. */
export async function runCommand(
  command: Command,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number; printed: string }> {
  const output = new PassThrough();
  let printed = '';
  output.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  const stream = output as unknown as NodeJS.WriteStream;
  const terminal: Terminal = { stdin: process.stdin, stdout: stream, stderr: stream, env };
  const status = await command.run(args, terminal);
  return { status, printed };
}
