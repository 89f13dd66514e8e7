import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANGUAGES } from '../../src/advice/index.ts';
import { rows } from '../../src/advice/rows.ts';
import { explainError } from '../../src/cli/failure.ts';
import { ChatError, type ErrorReason } from '../../src/index.ts';

const server = { baseURL: 'http://me:geheim@127.0.0.1:1234/v1', apiKey: undefined };

const failed = (fields: object) =>
  new ChatError('http://127.0.0.1:1234/v1 failed', { kind: 'http', ...fields });

test('every failure has its next step in both languages, without the words of the panel', () => {
  for (const language of LANGUAGES) {
    for (const reason of Object.keys(rows) as ErrorReason[]) {
      const { happened, advice = '' } = explainError(failed({ reason }), server, language);
      assert.match(happened, /[.。]$/, reason);
      assert.match(advice, /[.。]$/, reason);
      assert.doesNotMatch(
        happened + advice,
        /geheim|undefined|重试|agents\.json|drop-down/,
        reason,
      );
      if (language === 'zh') assert.match(happened, /[\u4e00-\u9fff]/, reason);
    }
  }
});

test("the server's words follow on the same line, and long ones lose their middle", () => {
  const error = failed({ reason: 'context', serverMessage: `too\nlong ${'x'.repeat(9000)} end` });
  const { happened } = explainError(error, server);
  assert.match(
    happened,
    /^The conversation is longer than the model's context\. The server says: "too long x+ … x+ end"$/,
  );
  assert.ok(happened.length < 800);
  assert.match(
    explainError(failed({ serverMessage: '坏了' }), server, 'zh').happened,
    /^服务拒绝了这个请求。服务的原话：“坏了”$/,
  );
});

test('how long was waited is said as it was', () => {
  const silent = (reason: ErrorReason) => failed({ kind: 'timeout', reason });
  const request = { ...server, timeouts: { firstToken: 600_000, idle: 60_000 } };
  assert.equal(
    explainError(silent('first-token'), request).happened,
    'The server sent nothing for 10 min.',
  );
  assert.match(explainError(silent('idle'), request).happened, /, for 1 min\.$/);
  assert.equal(
    explainError(silent('first-token'), server, 'zh').happened,
    '等了 30 分钟，服务没有返回任何内容。',
  );
});

test('what is no error of the client, and a miss of a replay, say it in their own words', () => {
  assert.deepEqual(explainError(new Error('Port 1 is in use.'), server), {
    happened: 'Port 1 is in use.',
  });
  const miss = failed({ code: 'replay-miss', serverMessage: 'No recording matches.' });
  assert.deepEqual(explainError(miss, server), {
    happened: 'No recording matches.',
  });
});
