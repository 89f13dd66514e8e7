/**
 * Stryker's runner of programs that write TAP, which starts a process for each test file. This begins with the tests that lie nearest to
 * the mutant and ends with the slow ones: most mutants are caught by the first.
 */
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { createTapTestRunnerFactory } from '@stryker-mutator/tap-runner';
import { bundled, slow } from './stryker.config.mjs';

/** What it adds to the other tests is about connections. */
const resume = bundled('test/client/send/resumable-body.test.ts');
const connects = /^src\/client\/(?:send|reply)\/|^src\/node-fetch/;

/** @param {string} file @param {string} mutated - a source, from the project's folder */
function distance(file, mutated) {
  const own = bundled(mutated.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts'));
  if (file === own) return 0;
  const rank = slow.map(bundled).indexOf(file);
  if (rank >= 0) return 3 + rank;
  const folder = own.slice(0, own.lastIndexOf('/'));
  return file.startsWith(folder) ? 1 : 2;
}

const createTapTestRunner = createTapTestRunnerFactory();

/** @param {Parameters<typeof createTapTestRunner>[0]} injector */
function createRunner(injector) {
  const runner = createTapTestRunner(injector);
  const mutantRun = runner.mutantRun.bind(runner);
  runner.mutantRun = (options) => {
    const { fileName } = options.activeMutant;
    const mutated = fileName.replaceAll('\\', '/').replace(/^.*\/(?=src\/)/, '');
    const testFilter = (options.testFilter ?? [])
      .filter((file) => file !== resume || connects.test(mutated))
      .sort((a, b) => distance(a, mutated) - distance(b, mutated));
    return mutantRun({ ...options, testFilter });
  };
  return runner;
}
createRunner.inject = createTapTestRunner.inject;

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'nearest', createRunner),
];
