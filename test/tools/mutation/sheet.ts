/**
 * The rows of the behaviour sheet that are quick, over `fetch`, as tests: what `test/conformance/sheet.test.ts` promises of the
 * machine as a whole, in a few seconds for each mutant that the unit tests let pass.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ours } from '../../conformance/sheet/clients/ours.ts';
import { meet } from '../../conformance/sheet/judge/run.ts';
import { scenarios } from '../../conformance/sheet/scenarios/index.ts';

const client = ours('fetch');

/** The limits of the sheet are for an idle machine, and mutants are tried on all cores at once. */
const SLACK = 10;

const quick = scenarios.filter(
  ({ alone, prepare, limit = 0 }) => !alone && !prepare && limit <= 5000,
);

describe('the behaviour sheet', { concurrency: 16 }, () => {
  for (const { cuts, ...scenario } of quick) {
    test(`${scenario.group}: ${scenario.name}`, async () => {
      const { cell } = await meet(scenario, client, SLACK);
      assert.ok(cell.right, cell.words);
    });
  }
});
