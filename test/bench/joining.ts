/**
 * `npm run joining`: what it saves to join deltas before they go to My Assistant's panel, which renders the whole
 * message's Markdown anew for each chunk (markdown-it, then highlight.js). Prints a table; takes a minute.
 */
import hljs from 'highlight.js';
import MarkdownIt from 'markdown-it';
import type { TurnClock } from '../../src/agent/turn/clock.ts';
import { Joiner } from '../../src/agent/turn/joiner.ts';

const DELTAS = 4000;
/** Tokens a second: a large model on a small machine, the usual, a small model on a large one. */
const RATES = [15, 50, 150];

const markdown = new MarkdownIt({
  highlight: (code, language) =>
    hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : '',
});

/** An answer as a model gives one: headings, prose, lists, code, a table; four characters a delta, as tokens are. */
function makeAnswer(): string[] {
  const section = (n: number) => `## Step ${n}: read the file

Open it with \`readFile\`, and **do not** forget that the path may be relative. A link to
[the manual](https://nodejs.org/api/fs.html) is useful here, and so is *patience*.

1. Find the folder.
2. Read the entries:
   - names that begin with a dot are left out
   - everything else is kept

\`\`\`js
async function step${n}(path) {
  const text = await readFile(path, 'utf8'); // the whole file
  return text.split('\\n').map((line, index) => ({ index, length: line.length + ${n} }));
}
\`\`\`

| field | type | meaning |
| --- | --- | --- |
| \`index\` | number | the line |
| \`length\` | number | how long it is |

`;
  let text = '';
  for (let n = 1; text.length < 4 * DELTAS; n++) text += section(n);
  return Array.from({ length: DELTAS }, (_, i) => text.slice(4 * i, 4 * i + 4));
}

/** What the panel gets, and when, in ms. */
interface Chunk {
  text: string;
  at: number;
}

/** The chunks that the panel gets, when deltas come at an even rate. */
async function join(deltas: string[], rate: number): Promise<Chunk[]> {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const clock: TurnClock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const joiner = new Joiner({ onStart() {}, isOpen: () => true, onText() {}, onEnd() {} }, clock);
  const chunks: Chunk[] = [];
  const reading = (async () => {
    for await (const text of joiner) chunks.push({ text, at: now });
  })();
  for (const [i, delta] of deltas.entries()) {
    for (const until = (i * 1000) / rate; now < until; ) {
      now = Math.min(until, now + 5);
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.run();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    joiner.push(delta);
  }
  joiner.end();
  await reading;
  return chunks;
}

/**
 * Renders the growing text once a chunk. The panel renders one chunk after the other, each when it has come and the one
 * before is done.
 * @param slowness - how many times slower than here: a busy machine
 */
function render(chunks: readonly Chunk[], slowness = 1): { seconds: number; behind: number } {
  let text = '';
  let seconds = 0;
  let doneAt = 0;
  for (const chunk of chunks) {
    text += chunk.text;
    const before = process.cpuUsage();
    markdown.render(text);
    const { user, system } = process.cpuUsage(before);
    const cost = (user + system) / 1e6;
    seconds += cost;
    doneAt = Math.max(doneAt, chunk.at / 1000) + cost * slowness;
  }
  return { seconds, behind: doneAt - (chunks.at(-1)?.at ?? 0) / 1000 };
}

const deltas = makeAnswer();
const BUSY = 10;

const every = deltas.map((text, i) => ({ text, at: (i * 1000) / 150 }));
const rows: [label: string, chunks: Chunk[]][] = [['every delta, 150 deltas/s', every]];
for (const rate of RATES) rows.push([`joined, ${rate} deltas/s`, await join(deltas, rate)]);
render(every.slice(0, 500));

let alone = 0;
console.log(
  `${DELTAS} deltas, ${deltas.join('').length} characters of Markdown, Node ${process.version}\n`,
);
console.log(
  `| the panel gets | chunks | CPU for rendering, s | of it | behind at the end, s | on a machine ${BUSY} times slower |\n| --- | ---: | ---: | ---: | ---: | ---: |`,
);
for (const [label, chunks] of rows) {
  const whole = chunks.map(({ text }) => text).join('');
  if (whole !== deltas.join('')) throw new Error(`${label}: the text is not the same`);
  const { seconds, behind } = render(chunks);
  alone ||= seconds;
  const share = Math.round((100 * seconds) / alone);
  const slow = render(chunks, BUSY).behind;
  console.log(
    `| ${label} | ${chunks.length} | ${seconds.toFixed(1)} | ${share} % | ${behind.toFixed(2)} | ${slow.toFixed(2)} |`,
  );
}
