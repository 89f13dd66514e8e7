import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { main } from '../../../src/cli/main.ts';
import { createTerminal } from '../../../src/cli/terminal.ts';
import { DEFAULT_BASE_URL } from '../../../src/client/option-values.ts';
import { startReplayServer } from '../../../src/replay/index.ts';
import { drawWindow } from './window.ts';

/**
 * A chat that is stopped, and `doctor`, which finds that the server is killed in mid-answer: the command line itself, run against
 * recordings.
 *
 * No package draws it. VHS and asciinema are programs to install, `svg-term` draws asciinema's recordings, and an emulator such as
 * `@xterm/headless` does far more than a program needs that only ever rewrites the line it is on.
 */
export async function drawTerminal(fixtures: string): Promise<string> {
  const server = await startReplayServer(fixtures, { speed: 1 });
  const at = (exchange: string) => `${server.url}/llama.cpp-2026/${exchange}/v1`;
  try {
    const chat = await runAtTerminal(
      ['chat', '--base-url', at('markdown-code')],
      async (type, shows) => {
        await shows('> ');
        type('Write a TypeScript function that adds two numbers, with an explanation.\r');
        await shows('add(-1');
        process.emit('SIGINT');
        await shows('[stopped]');
        type('\x04');
      },
    );
    const doctor = await runAtTerminal(
      ['doctor', '--base-url', at('server-killed-mid-stream')],
      async () => {},
    );
    const lines = ['$ npm start', ...chat.slice(0, -1), '$ node dist/cli.js doctor', ...doctor];
    return drawWindow(
      'A chat that is stopped with Ctrl-C, and doctor, which finds a server that crashes',
      lines.map((line) => line.replace(/http:\S+\/v1/, DEFAULT_BASE_URL)),
    );
  } finally {
    await server.close();
  }
}

/** Runs the command line at a terminal of its own; gives the lines on its screen at the end. */
async function runAtTerminal(
  args: readonly string[],
  use: (type: (keys: string) => void, shows: (words: string) => Promise<void>) => Promise<void>,
): Promise<string[]> {
  let printed = '';
  const write = (text: string) => {
    printed += text;
  };
  const screen = { isTTY: true, columns: 100, write };
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const terminal = createTerminal({
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: screen,
    stderr: screen,
    env: { LANG: 'en', TERM: 'xterm', NO_COLOR: '1' },
  });
  const ended = main(args, terminal);
  await use(
    (keys) => void stdin.write(keys),
    async (words) => {
      while (!printed.includes(words)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  );
  await ended;
  return screenOf(printed);
}

/** What stays on a screen: of each line what was written after the cursor last went back to its start. */
function screenOf(printed: string): string[] {
  return printed
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => stripVTControlCharacters(line.split(/\r|\x1b\[1G/).at(-1) ?? ''));
}
