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

/** The groups in which a client may have chosen otherwise with good reason. */
const TASTE = ['Other fields of a delta', 'Reasoning', 'Marks of reasoning in the content'];

/** The sheet as Markdown. */
export function sheet(columns: Column[], seconds: number): string {
  const groups = [...new Set(scenarios.map(({ group }) => group))];
  const parts = [
    introduction(seconds),
    columns.map(({ name, version }) => `- **${name}**: ${version}`).join('\n'),
    `## Totals\n\n${totals(columns, groups)}`,
    ...groups.map((group) => groupTable(columns, group)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function introduction(seconds: number): string {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${type()} ${release()}`;
  const date = new Date().toISOString().slice(0, 10);
  return `# What happens to a stream, client by client

Written by \`npm run sheet\` on ${date} in ${seconds} s: Node ${process.version}, ${machine}.
Do not edit it; run it again.

![How many conditions of each group each client gets right](groups.svg)

- A row is a condition that a server on the loopback makes, byte by byte (\`scenarios/\`).
- A column is the smallest idiomatic program on one client (\`clients/\`).
- A cell says what that program sees. **✗** marks what is not right.
- What is right was written down with the condition, before any client met it, and one rule (\`judge/judge.ts\`) holds for all clients. The second column gives it in short.
- It follows the HTML standard, OpenAI's API, what local servers are known to send, and this project's promises.
- Some differences are choices: to retry after a 500; to leave marks of reasoning in the content, and fields that OpenAI's API does not have, to the program; to report a refusal as \`content_filter\`; to give a call without parameters as \`""\`; to leave \`stream_options\` to the program; to refuse a stream called \`text/plain\`.
- The second total leaves out the groups that are mostly such choices: ${TASTE.map((group) => `"${group}"`).join(', ')}.
- A row about parsing is repeated in one read, byte by byte and cut at three series of random places (\`server/cuts.ts\`), and must be right in all of them. If it is not, the cell says in which.
- If a client's final result corrects what it streamed as text (only \`</think>\` shows that it was reasoning), the final result counts.
- Each client's timeout is set with its own option, if it has one. A client without one waits.
- "looks finished" means that the program's loop ended without an error, and nothing says that the reply is not whole.
- "no reason" is an error without the server's words.
- "hangs" is no end within ${LIMIT_MS / 1000} s, or within the row's own limit.`;
}

function totals(columns: Column[], groups: string[]): string {
  const row = (name: string, rows: Scenario[]) => [
    name,
    ...columns.map((column) => String(rightIn(column, rows))),
  ];
  const rest = scenarios.filter(({ group }) => !TASTE.includes(group));
  return table(
    ['', ...columns.map(({ name }) => name)],
    [
      row(`right, of ${scenarios.length}`, scenarios),
      row(`without matters of taste, of ${rest.length}`, rest),
      ...groups.map((group) => {
        const rows = scenarios.filter((scenario) => scenario.group === group);
        return row(`${group} (${rows.length})`, rows);
      }),
      [
        'rejections that nobody can handle',
        ...columns.map(({ unhandled }) => String(unhandled.length)),
      ],
    ],
  );
}

function groupTable(columns: Column[], group: string): string {
  const rows = scenarios.filter((scenario) => scenario.group === group);
  const cells = table(
    ['condition', 'right is', ...columns.map(({ name }) => name)],
    rows.map((scenario) => [
      scenario.name,
      wanted(scenario),
      ...columns.map((column) => cellText(column, scenario)),
    ]),
  );
  return `## ${group}\n\n${cells}`;
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
