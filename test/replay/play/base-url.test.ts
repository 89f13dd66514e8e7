import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as replay from '../../../src/replay/play/base-url.ts';

const names = ['llama/hello', 'llama/models', 'single'];
const readBaseURL = (path: string) => replay.readBaseURL(path, names);

test('an exchange, with the path that is left', () => {
  assert.deepEqual(readBaseURL('/llama/hello/v1/chat/completions?a=b'), {
    name: 'llama/hello',
    chosenBy: 'llama/hello',
    options: {},
    path: '/v1/chat/completions?a=b',
  });
  assert.equal(readBaseURL('/single/api/v0/models').path, '/api/v0/models');
});

test('an exchange for a base URL without /v1', () => {
  assert.equal(readBaseURL('/llama/hello/chat/completions').path, '/chat/completions');
  assert.equal(readBaseURL('/llama/hello,cut=1/chat/completions').options.cut?.at, 1);
});

test('a folder', () => {
  assert.equal(readBaseURL('/llama,speed=2/v1/models').name, 'llama');
});

test('faults, as they are and as a client may encode them', () => {
  const options = {
    status: 503,
    retryAfter: 2,
    times: 1,
    cut: { at: 658, then: 'hang' },
    speed: 0.5,
    firstDelay: 20,
    rechunk: { seed: 3 },
  };
  const faults =
    'cut=658,then=hang,speed=0.5,firstDelay=20,rechunk=3,status=503,retryAfter=2,times=1';
  assert.deepEqual(readBaseURL(`/single,${faults}/v1/x`).options, options);
  assert.deepEqual(readBaseURL(`/single${encodeURIComponent(`,${faults}`)}/v1/x`).options, options);
  assert.deepEqual(readBaseURL('/single,cut=0,rechunk=byte,speed=instant/v1').options, {
    cut: { at: 0, then: 'reset' },
    rechunk: 'byte',
    speed: 'instant',
  });
});

test("a server's own paths choose nothing", () => {
  for (const path of ['/v1/models', '/v1?a', '/api/v1/models', '/', '/props']) {
    assert.deepEqual(readBaseURL(path), { name: '', chosenBy: '', options: {}, path });
  }
});

const wrong: [fault: string, message: RegExp][] = [
  ['colour=red', /there is no option 'colour'; there are speed,/],
  ['cut=many', /cut must be/],
  ['cut', /cut must be/],
  ['cut=-1', /cut must be/],
  ['then=hang', /cut must be/],
  ['cut=1,then=explode', /cut must be/],
  ['speed=0', /speed must be/],
  ['speed=', /speed must be/],
  ['rechunk=x', /rechunk must be/],
  ['rechunk=0.5', /rechunk must be/],
  ['firstDelay=-1', /firstDelay must be/],
  ['status=200', /status must be a number from 400 to 599/],
  ['status=many', /status must be/],
  ['times=2', /times must be a number of requests, beside a status; it is 2/],
  ['status=429,times=1.5', /times must be/],
  ['status=429,retryAfter=soon', /retryAfter must be/],
];
for (const [fault, message] of wrong) {
  test(`the fault '${fault}' is refused in words`, () => {
    assert.throws(() => readBaseURL(`/single,${fault}/v1/models`), { name: 'TypeError', message });
  });
}
