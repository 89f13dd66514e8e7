import { bundled, slow } from './stryker.config.mjs';

/** After so long a test file counts as hanging. Stryker itself waits for a multiple of what all tests of a mutant take. */
const LIMIT_MS = slow.some((test) => process.argv[1]?.endsWith(bundled(test))) ? 180_000 : 30_000;

/**
 * A reporter of `node:test` that writes the plainest TAP: a line a test as soon as it is over, and no name that could be read
 * as a directive. Node's own holds tests back for their order and writes names and nested tests in ways that Stryker's parser
 * takes for failures.
 * @param {AsyncIterable<{ type: string, data: { name: string } }>} events
 */
export default async function* tap(events) {
  let count = 0;
  // Timers may be a test's own.
  AbortSignal.timeout(LIMIT_MS).addEventListener('abort', () => {
    process.stdout.write(`not ok ${++count} - hangs\n`);
    process.exit(1);
  });
  yield 'TAP version 13\n';
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const words = data.name.replace(/[^\w ]+/g, ' ');
    yield `${type === 'test:fail' ? 'not ok' : 'ok'} ${++count} - ${words}\n`;
  }
  yield `1..${count}\n`;
}
