import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { nodeFetch } from '../../src/node-fetch.ts';
import { ours } from './sheet/clients/ours.ts';
import type { Cell } from './sheet/judge/judge.ts';
import { meet } from './sheet/judge/run.ts';
import { scenarios } from './sheet/scenarios/index.ts';
import type { Scenario } from './sheet/scenarios/scenario.ts';

/** The limits of the sheet are for an idle machine; here a limit only tells that something hangs. */
const SLACK = 5;

/** Of the thousands of replies that some rows ask for: without `connection: close`, 100 were enough to fail in each of five runs. */
const MANY = 500;

/** How many rows a process runs at once. Most of them wait. */
const AT_ONCE = 8;

const clients = [ours('fetch'), ours('nodeFetch', nodeFetch)];

/** What a client is tried with here. What changes the process is for `npm run sheet`, which gives it a process of its own. */
function rowsOf(client: string): Scenario[] {
  const isBare = client === 'fetch';
  return scenarios
    .filter(({ prepare, transport }) => prepare === undefined && (transport === true || isBare))
    .map(({ cuts, many, ...rest }) => ({
      ...rest,
      // What the reads of a body do to it is the same, whoever brings them.
      ...(cuts && isBare && { cuts }),
      ...(many && { many: { ...many, times: Math.min(many.times, MANY) } }),
    }));
}

/** Runs a client's rows in a process of its own: each promise costs twice as much where Node's test runner follows it. */
async function runApart(client: string): Promise<ReadonlyMap<string, Cell>> {
  const cells = new Map<string, Cell>();
  const child = fork(process.argv[1] ?? '', [client], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', ([row, cell]: [row: string, cell: Cell]) => cells.set(row, cell));
  await once(child, 'close');
  return cells;
}

const nameOf = ({ group, name }: Scenario) => `${group}: ${name}`;

/** The other side of `runApart`. */
async function runHere(name: string): Promise<void> {
  process.once('disconnect', () => process.exit());
  const client = clients.find((client) => client.name === name);
  if (client === undefined) throw new Error(`there is no client '${name}'`);
  const rows = rowsOf(name);
  const work = async (queue: Scenario[]) => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      const { cell } = await meet(row, client, SLACK);
      await new Promise((sent) => process.send?.([nameOf(row), cell], undefined, {}, sent));
    }
  };
  const together = rows.filter(({ alone }) => !alone);
  await Promise.all(Array.from({ length: AT_ONCE }, () => work(together)));
  await work(rows.filter(({ alone }) => alone));
  process.disconnect();
}

const [, , asked] = process.argv;
if (asked !== undefined) {
  await runHere(asked);
} else {
  for (const { name } of clients) {
    const cells = runApart(name);
    describe(`the behaviour sheet over ${name}`, () => {
      for (const row of rowsOf(name)) {
        test(nameOf(row), async () => {
          const cell = (await cells).get(nameOf(row));
          assert.ok(cell, 'its process ended before it');
          assert.ok(cell.right, cell.words);
        });
      }
    });
  }
}
