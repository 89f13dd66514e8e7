import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nodeFetch } from '../../src/node-fetch.ts';
import { ours } from './sheet/clients/ours.ts';
import { meet } from './sheet/judge/run.ts';
import { scenarios } from './sheet/scenarios/index.ts';
import type { Scenario } from './sheet/scenarios/scenario.ts';

/** The limits of the sheet are for an idle machine; here a limit only tells that something hangs. */
const SLACK = 5;

/** Of the thousands of replies that some rows ask for: without `connection: close`, 100 were enough to fail in each of five runs. */
const MANY = 500;

for (const client of [ours('fetch'), ours('nodeFetch', nodeFetch)]) {
  const holds = ({ cuts, ...rest }: Scenario) =>
    test(`${rest.group}: ${rest.name}`, async () => {
      // What the reads of a body do to it is the same, whoever brings them.
      const scenario = cuts && client.name === 'fetch' ? { ...rest, cuts } : rest;
      const { many } = rest;
      const fewer = many && { many: { ...many, times: Math.min(many.times, MANY) } };
      const { cell } = await meet({ ...scenario, ...fewer }, client, SLACK);
      assert.ok(cell.right, cell.words);
    });
  // What changes the process is for `npm run sheet`, which gives it a process of its own.
  const here = scenarios.filter(
    ({ prepare, transport }) =>
      prepare === undefined && (transport === true || client.name === 'fetch'),
  );

  describe(`the behaviour sheet over ${client.name}`, { concurrency: 8 }, () => {
    here.filter(({ alone }) => !alone).forEach(holds);
  });
  describe(`its heavy rows over ${client.name}`, () => {
    here.filter(({ alone }) => alone).forEach(holds);
  });
}
