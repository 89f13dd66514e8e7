import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choose } from '../../src/replay/choose.ts';

const names = ['llama/hello', 'llama/models', 'single'];

test('an exchange, with the path that is left', () => {
  assert.deepEqual(choose('/llama/hello/v1/chat/completions?a=b', names), {
    name: 'llama/hello',
    options: {},
    path: '/v1/chat/completions?a=b',
  });
  assert.equal(choose('/single/api/v0/models', names)?.path, '/api/v0/models');
});

test('an exchange for a base URL without /v1', () => {
  assert.equal(choose('/llama/hello/chat/completions', names)?.path, '/chat/completions');
});

test('a folder', () => {
  assert.equal(choose('/llama,speed=2/v1/models', names)?.name, 'llama');
});

test('faults, as they are and as a client may encode them', () => {
  const options = {
    cut: { at: 658, then: 'hang' },
    speed: 0.5,
    firstDelay: 20,
    rechunk: { seed: 3 },
  };
  const faults = 'cut=658,then=hang,speed=0.5,firstDelay=20,rechunk=3';
  assert.deepEqual(choose(`/single,${faults}/v1/x`, names)?.options, options);
  assert.deepEqual(
    choose(`/single${encodeURIComponent(`,${faults}`)}/v1/x`, names)?.options,
    options,
  );
  assert.deepEqual(choose('/single,cut=0,rechunk=byte/v1', names)?.options, {
    cut: { at: 0, then: 'reset' },
    rechunk: 'byte',
  });
});

test("a server's own paths choose nothing", () => {
  for (const path of ['/v1/models', '/api/v1/models', '/', '/props']) {
    assert.equal(choose(path, names), undefined);
  }
});

test('a name that is not there is refused, with those that are', () => {
  for (const path of ['/nope/v1/models', '/llama/helo/v1/models', '/hello/v1/models']) {
    assert.throws(() => choose(path, names), {
      status: 404,
      message: /no exchange or folder .*llama\/hello/,
    });
  }
});

const wrong: [fault: string, message: RegExp][] = [
  ['colour=red', /there is no 'colour'; there are cut,/],
  ['cut=many', /cut must be/],
  ['cut', /cut must be/],
  ['then=hang', /'then' needs 'cut'/],
  ['cut=1,then=explode', /cut must be/],
  ['speed=0', /speed must be/],
  ['speed=', /speed must be/],
  ['rechunk=x', /rechunk must be/],
  ['firstDelay=-1', /firstDelay must be/],
];
for (const [fault, message] of wrong) {
  test(`the fault '${fault}' is refused in words`, () => {
    assert.throws(() => choose(`/single,${fault}/v1/models`, names), { status: 400, message });
  });
}
