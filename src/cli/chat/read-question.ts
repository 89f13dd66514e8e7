import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Terminal } from '../terminal.ts';

/** Lines that come so soon after one another were not typed, but pasted, in ms. */
const PASTE_MS = 30;

/**
 * Reads a question at a terminal. Lines that are pasted at once are one question.
 * @param earlier - questions that the arrow keys bring back, the last one first
 * @returns `undefined` if the user leaves, by Ctrl-C or Ctrl-D
 */
export function readTypedQuestion(
  { stdin, stdout }: Terminal,
  earlier: readonly string[],
): Promise<string | undefined> {
  const echo = new Writable({
    decodeStrings: false,
    write(keys: string, _encoding, done) {
      stdout.writeExactly(keys);
      done();
    },
  });
  const output = Object.assign(echo, { columns: stdout.columns });
  const reader = createInterface({
    input: stdin,
    output,
    terminal: true,
    prompt: '> ',
    history: [...earlier],
  });
  let lines: string[] = [];
  let pause: NodeJS.Timeout | undefined;
  const endQuestion = () => {
    const hasMore = reader.line !== '';
    if (lines.join('').trim() !== '' && !hasMore) reader.close();
    else if (!hasMore) reader.prompt();
  };
  reader.on('line', (line) => {
    lines.push(line);
    clearTimeout(pause);
    pause = setTimeout(endQuestion, PASTE_MS);
  });
  reader.on('SIGINT', () => {
    lines = [];
    reader.close();
  });
  // A Ctrl-D that was typed during the last answer comes at once, as NUL; a later NUL is Ctrl-Space.
  const onKey = (key?: string) => key === '\0' && reader.write(null, { ctrl: true, name: 'd' });
  stdin.on('keypress', onKey);
  setTimeout(() => stdin.off('keypress', onKey), PASTE_MS);
  reader.prompt();
  return new Promise((resolve) => {
    reader.on('close', () => {
      clearTimeout(pause);
      stdin.off('keypress', onKey);
      resolve(lines.join('\n').trim() || undefined);
    });
  });
}

/**
 * Reads the question from stdin to its end, without the blanks around it; empty if there is none.
 * @param isNoticed - says that it is waited for, even if nobody types it
 */
export async function readWholeInput(
  { stdin, stderr }: Terminal,
  isNoticed: boolean,
): Promise<string> {
  if (stdin.isTTY) stderr.write('Type the question; Ctrl-D on a line of its own ends it.\n');
  else if (isNoticed) stderr.write('Reading the question from stdin ...\n');
  return (await text(stdin)).trim();
}
