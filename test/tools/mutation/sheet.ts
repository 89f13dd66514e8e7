/**
 * The rows of the behaviour sheet that are quick, over `fetch`, as tests: what `test/conformance/sheet.test.ts` promises of the
 * machine as a whole, in a few seconds for each mutant that the unit tests let pass.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ours } from '../../conformance/sheet/clients/ours.ts';
import { meet } from '../../conformance/sheet/judge/run.ts';
import { scenarios } from '../../conformance/sheet/scenarios/index.ts';
import type { Scenario } from '../../conformance/sheet/scenarios/scenario.ts';

const client = ours('fetch');

/** The limits of the sheet are for an idle machine, and mutants are tried several at once. */
const SLACK = 10;

/** A row that is late on a busy machine would catch mutants that nobody notices. */
const isAboutTime = ({ group, name, ask }: Scenario) =>
  group === 'Time' || ask?.patience !== undefined || name === 'byte by byte';
const quick = scenarios.filter(
  (row) => !row.alone && !row.prepare && !isAboutTime(row) && (row.limit ?? 0) <= 5000,
);

describe('the behaviour sheet', { concurrency: 16 }, () => {
  for (const { cuts, ...scenario } of quick) {
    test(`${scenario.group}: ${scenario.name}`, async () => {
      const { cell } = await meet(scenario, client, SLACK);
      assert.ok(cell.right, cell.words);
    });
  }
});
