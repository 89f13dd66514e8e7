/**
 * The child process of one client: runs the scenarios whose numbers it is given and sends a cell for each.
 * `node column.ts CLIENT NUMBER…`
 */
import { clients } from './clients/index.ts';
import type { Cell } from './judge/judge.ts';
import { meet } from './judge/run.ts';
import { scenarios } from './scenarios/index.ts';

/** How many scenarios run at once. Most of them wait. */
const AT_ONCE = 12;

/** What the child process tells. */
export type Report =
  | { kind: 'client'; name: string; version: string }
  | { kind: 'cell'; nth: number; cell: Cell; ms: number }
  | { kind: 'unhandled'; words: string };

const report = (message: Report) => process.send?.(message);

process.on('unhandledRejection', (error) => report({ kind: 'unhandled', words: String(error) }));

const [name = '', ...numbers] = process.argv.slice(2);
const load = clients[name];
if (load === undefined) throw new Error(`there is no client '${name}'`);
const queue = numbers.map(Number);
const only = queue.length === 1 ? scenarios[queue[0] ?? 0] : undefined;
only?.prepare?.();
const client = await load();
report({ kind: 'client', name: client.name, version: client.version });

async function work(): Promise<void> {
  for (let nth = queue.shift(); nth !== undefined; nth = queue.shift()) {
    const scenario = scenarios[nth];
    if (scenario === undefined) continue;
    report({ kind: 'cell', nth, ...(await meet(scenario, client)) });
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
// What a client has left behind must not keep the process.
process.exit();
