import { PassThrough } from 'node:stream';
import { main } from '../../../src/cli/main.ts';
import { createTerminal } from '../../../src/cli/terminal/terminal.ts';
import { DEFAULT_BASE_URL } from '../../../src/client/defaults.ts';
import { startReplayServer } from '../../../src/replay/serve/server.ts';
import { escapeXml, label, MONO, picture } from './svg.ts';

const COLUMNS = 80;
const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 8.4;

/** A piece of a line of the screen. */
interface Span {
  text: string;
  isDim: boolean;
}

/** Runs the command line at a terminal of its own; gives the lines that are on the screen at the end. */
async function runAtTerminal(
  args: readonly string[],
  type: (keys: (text: string) => void, printed: () => string) => Promise<void>,
): Promise<Span[][]> {
  let printed = '';
  const screen = {
    isTTY: true,
    columns: COLUMNS,
    write: (text: string) => {
      printed += text;
    },
  };
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const terminal = createTerminal({
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: screen,
    stderr: screen,
    env: { LANG: 'en', TERM: 'xterm' },
  });
  const ended = main(args, terminal);
  await type(
    (text) => void stdin.write(text),
    () => printed,
  );
  await ended;
  return linesOf(printed);
}

/** What a screen shows of what was written to it: line ends, full lines, moves within a line, lines that were taken away, dim text. */
export function linesOf(written: string): Span[][] {
  const lines: { character: string; isDim: boolean }[][] = [[]];
  let column = 0;
  let isDim = false;
  for (const [token, number, command] of written.matchAll(/\x1b\[\??(\d*)([A-Za-z])|./gsu)) {
    const line = lines.at(-1) ?? [];
    if (command === undefined) {
      if (token === '\n') {
        lines.push([]);
        column = 0;
      } else if (token === '\r') column = 0;
      else if (column < COLUMNS) line[column++] = { character: token, isDim };
      else {
        lines.push([{ character: token, isDim }]);
        column = 1;
      }
    } else if (command === 'D') column -= Number(number);
    else if (command === 'G') column = Number(number || 1) - 1;
    else if (command === 'K' || command === 'J') line.length = column;
    else if (command === 'm') isDim = number === '2';
  }
  return lines.map((line) => {
    const spans: Span[] = [];
    for (let at = 0; at < line.length; at++) {
      const { character, isDim: dim } = line[at] ?? { character: ' ', isDim: false };
      const last = spans.at(-1);
      if (last?.isDim === dim) last.text += character;
      else spans.push({ text: character, isDim: dim });
    }
    return spans;
  });
}

/** A window with these lines in it. */
function drawWindow(title: string, lines: readonly (readonly Span[])[]): string {
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH) + 40;
  const height = lines.length * LINE_HEIGHT + 60;
  const text = lines.map((spans, row) => {
    const parts = spans.map(
      ({ text: words, isDim }) =>
        `<tspan${isDim ? ' fill="#8b949e"' : ''}>${escapeXml(words)}</tspan>`,
    );
    return `<text x="20" y="${50 + row * LINE_HEIGHT}" font-size="14" fill="#e6edf3" xml:space="preserve" ${MONO}>${parts.join('')}</text>`;
  });
  return picture(width, height, title, [
    `<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, nth) => `<circle cx="${22 + nth * 20}" cy="20" r="6" fill="${fill}"/>`,
    ),
    label(width / 2, 25, title, { anchor: 'middle', size: 13, fill: '#8b949e' }),
    ...text,
  ]);
}

/** A chat that is stopped, and `doctor`, as they are: run against a recorded server. */
export async function drawTerminal(fixtures: string): Promise<string> {
  const server = await startReplayServer(fixtures, { speed: 1 });
  const baseURL = `${server.url}/llama.cpp-2026/long-story/v1`;
  const briefURL = `${server.url}/llama.cpp-2026/hello/v1`;
  try {
    const chat = await runAtTerminal(['chat', '--base-url', baseURL], async (keys, printed) => {
      await until(() => printed().includes('> '));
      keys('Tell me a long story.\r');
      await until(() => (printed().match(/Once upon/g)?.length ?? 0) > 4);
      keys('\x03');
      await until(() => printed().includes('[stopped]'));
      keys('\x04');
    });
    const doctor = await runAtTerminal(['doctor', '--base-url', briefURL], async () => {});
    const command = (words: string): Span[] => [{ text: `$ ${words}`, isDim: false }];
    const lines = [
      command('npm start'),
      ...chat.slice(0, -2),
      command('node dist/cli.js doctor'),
      ...doctor.slice(0, -1),
    ];
    const shown = lines.map((spans) =>
      spans.map((span) => ({ ...span, text: span.text.replace(/http:\S+\/v1/, DEFAULT_BASE_URL) })),
    );
    return drawWindow('A chat that is stopped with Ctrl-C, and doctor', shown);
  } finally {
    await server.close();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
