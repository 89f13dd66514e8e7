/**
 * `npm run mutation`: changes one thing after the other in the client's source, and looks whether a test fails.
 * `npm run mutation -- --mutate src/client/send/clocks.ts` does it for one file.
 */
import { readdirSync } from 'node:fs';

/** Run last, in this order: they take seconds, and most mutants are caught before. */
const slow = ['hostile', 'fixtures', 'fuzz'];

/** Not run: `page` runs the built package; the others take minutes, and hold what `sheet.ts` and the rest hold too. */
const left = ['page', 'sheet', 'silence', 'soak'];

const names = readdirSync('test/client', { recursive: true }).flatMap(
  (file) => /^(.+)\.test\.ts$/.exec(file)?.[1]?.replaceAll('\\', '/') ?? [],
);
const quick = names.filter((name) => !slow.includes(name) && !left.includes(name));

export default {
  mutate: [
    'src/chat/*.ts',
    '!src/client/types.ts',
    'src/node-fetch.ts',
    'src/client/models/models.ts',
  ],
  plugins: ['@stryker-mutator/tap-runner'],
  testRunner: 'tap',
  tap: {
    testFiles: [
      ...quick.map((name) => `test/chat/${name}.test.ts`),
      'test/client/models/models.test.ts',
      'test/client/node-fetch.test.ts',
      'test/tools/mutation/sheet.ts',
      ...slow.map((name) => `test/chat/${name}.test.ts`),
    ],
    nodeArgs: [
      '--import',
      'tsx',
      '--test-reporter=./test/mutation/tap.mjs',
      '-r',
      '{{hookFile}}',
      '{{testFile}}',
    ],
  },
  // A mutant meets only the files whose tests reach it.
  coverageAnalysis: 'perTest',
  ignorePatterns: ['dist', 'test/**/node_modules', '.ci'],
  timeoutMS: 5000,
  timeoutFactor: 2,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false },
  allowConsoleColors: false,
  jsonReporter: { fileName: 'test/tools/mutation/dist/report.json' },
  tempDirName: 'test/tools/mutation/dist/sandbox',
};
