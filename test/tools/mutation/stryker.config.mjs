/**
 * `npm run mutation`: changes one thing after the other in the client's source, and looks whether a test fails.
 * `npm run mutation -- --mutate src/client/send/clocks.ts` does it for one file.
 */
import { readdirSync } from 'node:fs';

/** Run last, in this order: they take seconds, and most mutants are caught before. */
const slow = [
  'test/client/reply/hostile.test.ts',
  'test/conformance/fixtures.test.ts',
  'test/conformance/fuzz.test.ts',
];

/** Not run: the first runs the built package; the others take minutes, and hold what `sheet.ts` and the rest hold too. */
const left = [
  'test/client/readme.test.ts',
  'test/client/reply/silence.test.ts',
  'test/client/reply/soak.test.ts',
];

const quick = readdirSync('test/client', { recursive: true })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/client/${file.replaceAll('\\', '/')}`)
  .filter((file) => !slow.includes(file) && !left.includes(file));

export default {
  mutate: [
    'src/client/**/*.ts',
    '!src/client/types.ts',
    '!src/client/request.ts',
    'src/node-fetch.ts',
  ],
  plugins: ['@stryker-mutator/tap-runner'],
  testRunner: 'tap',
  tap: {
    testFiles: [
      ...quick,
      'test/conformance/event-stream-standard.test.ts',
      'test/tools/mutation/sheet.ts',
      ...slow,
    ],
    nodeArgs: [
      '--import',
      'tsx',
      '--test-reporter=./test/tools/mutation/tap.mjs',
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
