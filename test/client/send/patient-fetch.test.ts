import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { patientFetch } from '../../../src/client/send/patient-fetch.ts';

const url = 'http://127.0.0.1:9/v1';

const symbols = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));

/** The options that \`fetch\` is called with in a process that has these dispatchers, by the interface's two versions. */
async function optionsWith(t: TestContext, dispatchers: readonly [unknown, unknown]) {
  // The runtime sets its own with the first response.
  const response = new Response('');
  const before = symbols.map((symbol) => Reflect.get(globalThis, symbol));
  const fetch = t.mock.method(globalThis, 'fetch', async () => response);
  try {
    for (const [nth, symbol] of symbols.entries())
      Reflect.set(globalThis, symbol, dispatchers[nth]);
    assert.equal(
      await patientFetch(url, { method: 'POST', body: 'x', headers: { 'x-own': '1' } }),
      response,
    );
  } finally {
    for (const [nth, symbol] of symbols.entries()) Reflect.set(globalThis, symbol, before[nth]);
    fetch.mock.restore();
  }
  assert.equal(fetch.mock.callCount(), 1);
  const [asked, options]: unknown[] = fetch.mock.calls[0]?.arguments ?? [];
  assert.equal(asked, url);
  return Object(options);
}

/** A dispatcher that notes what it is asked. */
function dispatcher() {
  const asked: unknown[][] = [];
  return {
    asked,
    dispatch(...given: unknown[]) {
      asked.push(given);
      return 'dispatched';
    },
  };
}

test('the request goes out unchanged, without Bun’s limit', async (t) => {
  const { dispatcher: none, headers, ...options } = await optionsWith(t, [undefined, undefined]);
  assert.deepEqual(options, { method: 'POST', body: 'x', timeout: false });
  assert.deepEqual([...headers], [['x-own', '1']]);
  assert.equal(none, undefined);
});

test('the process’s dispatcher is kept, and asked to wait without limits', async (t) => {
  const own = dispatcher();
  const options = await optionsWith(t, [own, undefined]);
  const request = { path: '/v1', headersTimeout: 300_000, bodyTimeout: 300_000 };
  const handler = {};
  assert.equal(options.dispatcher.dispatch(request, handler), 'dispatched');
  assert.deepEqual(own.asked, [[{ path: '/v1', headersTimeout: 0, bodyTimeout: 0 }, handler]]);
  assert.equal(own.asked[0]?.[1], handler);
});

test('the newer interface’s, where there are two', async (t) => {
  const [older, newer] = [dispatcher(), dispatcher()];
  const options = await optionsWith(t, [older, newer]);
  options.dispatcher.dispatch({}, {});
  assert.deepEqual([older.asked.length, newer.asked.length], [0, 1]);
});

test('what is no dispatcher is left alone', async (t) => {
  for (const wrong of [null, 7, {}, { dispatch: 'no' }]) {
    assert.equal((await optionsWith(t, [wrong, wrong])).dispatcher, undefined);
  }
});

test('the first request of a process has no limits either', async () => {
  const file = new URL('../../../src/client/send/patient-fetch.ts', import.meta.url).href;
  const program = `
    import { patientFetch } from ${JSON.stringify(file)};
    globalThis.fetch = async (_, { dispatcher }) => console.log(typeof dispatcher?.dispatch);
    await patientFetch('http://127.0.0.1:9/v1', {});`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.equal(stdout.trim(), 'function');
});
