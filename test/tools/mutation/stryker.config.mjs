/**
 * `npm run mutation`: changes one thing after the other in the client's source, and looks whether a test fails.
 * `npm run mutation -- --mutate src/client/send/clocks.ts` does it for one file.
 */
import { readdirSync } from 'node:fs';

/** Run last, in this order: they take seconds, and most mutants are caught before. */
export const slow = [
  'test/client/node-fetch.test.ts',
  'test/client/errors/secrets.test.ts',
  'test/client/reply/hostile.test.ts',
  'test/conformance/fuzz.test.ts',
  'test/tools/mutation/sheet.ts',
  'test/client/send/resumable-body.test.ts',
];

/**
 * Not run: the first runs the built package; the others take minutes or measure costs, and hold what the rest holds too.
 * `test/conformance/fixtures.test.ts` compares replies with each other, as the fuzzer does.
 */
const left = [
  'test/client/readme.test.ts',
  'test/client/reply/growth.test.ts',
  'test/client/reply/silence.test.ts',
  'test/client/reply/soak.test.ts',
];

const quick = readdirSync('test/client', { recursive: true })
  .map((file) => `test/client/${file.replaceAll('\\', '/')}`)
  .filter((file) => file.endsWith('.test.ts') && !slow.includes(file) && !left.includes(file));
const tests = [...quick, 'test/conformance/event-stream-standard.test.ts', ...slow];

// Fewer damaged streams and fewer cuts than in `npm test`: each takes a second.
process.env.FUZZ_RUNS ??= '40';
process.env.CUT_STEP ??= '13';

/** Where `bundle.ts` puts a test. */
export const bundled = (test) => `test/tools/dist/mutants/${test.replace(/\.ts$/, '.mjs')}`;

export default {
  mutate: [
    'src/client/**/*.ts',
    '!src/client/types.ts',
    '!src/client/request.ts',
    'src/node-fetch.ts',
  ],
  buildCommand: `node --import tsx test/tools/mutation/bundle.ts ${tests.join(' ')}`,
  plugins: ['@stryker-mutator/tap-runner', './test/tools/mutation/runner.mjs'],
  testRunner: 'nearest',
  tap: {
    testFiles: tests.map(bundled),
    nodeArgs: [
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
  timeoutFactor: 4,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false },
  allowConsoleColors: false,
  jsonReporter: { fileName: 'test/tools/mutation/dist/report.json' },
  tempDirName: 'test/tools/mutation/dist/sandbox',
};
