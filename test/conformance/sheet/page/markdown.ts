import { cpus, release, type } from 'node:os';
import type { Cell } from '../judge/judge.ts';
import { LIMIT_MS } from '../judge/run.ts';
import { scenarios } from '../scenarios/index.ts';
import type { Right, Scenario } from '../scenarios/scenario.ts';

/** One client's results. */
export interface Column {
  name: string;
  version: string;
  /** By the scenario's number. */
  cells: Map<number, { cell: Cell; ms: number }>;
  /** The words of rejections that nobody could handle. */
  unhandled: string[];
}

/** The sheet as Markdown. */
export function sheet(columns: Column[], seconds: number): string {
  const groups = [...new Set(scenarios.map(({ group }) => group))];
  const names = columns.map(({ name }) => name);
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${type()} ${release()}`;
  return `# What happens to a stream, client by client

Written by \`npm run sheet\` on ${new Date().toISOString().slice(0, 10)} in ${seconds} s: Node ${process.version}, ${machine}.
Do not edit it; run it again.

- A row is a condition that a server on the loopback makes, byte by byte (\`scenarios/\`). A column is the smallest idiomatic
  program on one client (\`clients/\`). A cell says what the program sees.
- **✗** marks what is not right. What is right was written down with the condition, before a client met it; one rule (\`judge.ts\`) holds for
  all clients. The second column gives it in short. It follows the HTML standard, OpenAI's API, what local servers are known to send, and
  this project's promises; in some rows a client may have chosen otherwise on purpose: asking again after a 500; leaving marks of
  reasoning in the content, and fields that OpenAI's API does not have, to the program; a refusal as \`content_filter\`; a call without
  parameters as \`""\`, which the program then has to read as \`{}\`; \`stream_options\`, which the program may leave out; a stream called
  \`text/plain\`.
- A row about parsing comes again in one read, byte by byte and cut at three series of random places (\`cuts.ts\`), and must be right in all of
  them; where it is not, the cell says in which.
- Where a client's final result corrects what it streamed as text (only \`</think>\` shows that it was reasoning), the final result counts.
- A client gets the patience of a row by whatever option it has for that; one that has none waits.
- 'looks finished' means that the program's loop ended without an error, and nothing says that the reply is not whole.
  'no reason' is an error without the server's words. 'hangs' is no end within ${LIMIT_MS / 1000} s, or the row's own limit.

${columns.map(({ name, version }) => `- **${name}**: ${version}`).join('\n')}

## Totals

${table(
  ['', ...names],
  [
    [
      `right, of ${scenarios.length}`,
      ...columns.map((column) => String(rightIn(column, scenarios))),
    ],
    ...groups.map((group) => {
      const rows = scenarios.filter((scenario) => scenario.group === group);
      return [
        `${group} (${rows.length})`,
        ...columns.map((column) => String(rightIn(column, rows))),
      ];
    }),
    [
      'rejections that nobody can handle',
      ...columns.map(({ unhandled }) => String(unhandled.length)),
    ],
  ],
)}
${groups
  .map((group) => {
    const rows = scenarios.filter((scenario) => scenario.group === group);
    return `
## ${group}

${table(
  ['condition', 'right is', ...names],
  rows.map((scenario) => [
    scenario.name,
    wanted(scenario),
    ...columns.map((column) => cellText(column, scenario)),
  ]),
)}`;
  })
  .join('\n')}
`;
}

function rightIn(column: Column, rows: Scenario[]): number {
  return rows.filter((scenario) => column.cells.get(scenarios.indexOf(scenario))?.cell.right)
    .length;
}

function cellText(column: Column, scenario: Scenario): string {
  const result = column.cells.get(scenarios.indexOf(scenario));
  if (result === undefined) return '';
  const { right, words } = result.cell;
  return right ? words : `**✗ ${words}**`;
}

/** What is right, in a few words. */
function wanted({ right, requests, wrong }: Scenario): string {
  const words = (Array.isArray(right) ? right : [right]).map(wantedOne);
  const more = [
    ...(requests === undefined ? [] : [requests === 0 ? 'no request' : `≤ ${requests} requests`]),
    ...(wrong === undefined ? [] : ['the condition']),
  ];
  return [[...new Set(words)].join(' or '), ...more].join(', ');
}

function wantedOne(right: Right): string {
  if ('leaves' in right) return 'closed at once';
  if ('aborts' in right) return 'aborted at once';
  if ('error' in right) {
    return right.error === true ? 'an error' : 'an error with the reason';
  }
  if (right.calls !== undefined) {
    return ['no call to run', 'the call', 'both calls'][right.calls.length] ?? 'the calls';
  }
  return right.finish ?? 'complete';
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(escapeBars).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function escapeBars(text: string): string {
  return text.replaceAll('|', '\\|');
}
