import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { isObject } from '../../src/client/json.ts';
import {
  ChatError,
  type ChatRequest,
  type Fetch,
  type ReplyEvent,
  streamChat,
} from '../../src/index.ts';
import { nodeFetch } from '../../src/node-fetch.ts';
import { replayFetch, startReplayServer } from '../../src/replay/index.ts';
import { fakeServer } from '../client/streams.ts';
import { allFixtures, fixtures } from '../replay/helpers.ts';

/** A stream's events and how it failed, without what differs from run to run. */
interface Read {
  events: ReplyEvent[];
  error:
    | { kind: string; status: unknown; serverMessage: unknown; hint: unknown; text: unknown }
    | undefined;
}

/** @param end - a recorded `client-abort` is silent at its end, and is given up there */
async function read(
  body: ChatRequest,
  fetch: Fetch | undefined,
  baseURL: string,
  end = '',
): Promise<Read> {
  const timeouts = { idle: end === 'client-abort' ? 100 : 0 };
  const reply = streamChat(body, { baseURL, fetch, timeouts });
  const events: ReplyEvent[] = [];
  try {
    for await (const event of reply.events()) {
      const untimed = event.type === 'finish' && {
        ...event,
        result: { ...event.result, timing: {} },
      };
      events.push(untimed || event);
    }
  } catch (error) {
    assert.ok(error instanceof ChatError, String(error));
    const { kind, status, serverMessage, hint, partial } = error;
    return { events, error: { kind, status, serverMessage, hint, text: partial?.text } };
  }
  return { events, error: undefined };
}

/** The recorded body, where this client could have sent it. */
function asRequest(body: unknown): ChatRequest {
  const given = isObject(body) ? body : {};
  return { ...given, messages: Array.isArray(given.messages) ? given.messages : [] };
}

const exchanges = (await allFixtures()).filter(({ request }) =>
  request.path.endsWith('/chat/completions'),
);
const server = await startReplayServer(fixtures);
after(() => server.close());

describe('every exchange gives the same, however it comes', { concurrency: 4 }, () => {
  for (const exchange of exchanges) {
    const { name, end, request, response } = exchange;
    test(name, async () => {
      const body = asRequest(request.body);
      const inProcess = (rechunk: 'recorded' | 'byte' | { seed: number }) =>
        read(body, replayFetch(exchange, { rechunk }), 'http://localhost/v1', end);
      const recorded = await inProcess('recorded');
      assert.ok(recorded.events.length > 0 || recorded.error !== undefined);
      for (const fetch of [undefined, nodeFetch]) {
        assert.deepEqual(await read(body, fetch, `${server.url}/${name}/v1`, end), recorded);
      }
      if (response.status !== 200) return;
      assert.deepEqual(await inProcess('byte'), recorded);
      for (const seed of [1, 2, 3, 4, 5]) assert.deepEqual(await inProcess({ seed }), recorded);
    });
  }
});

const captures = process.env.CAPTURES_DIR;
describe('what must hold for any stream, on CAPTURES_DIR', { skip: !captures }, () => {
  const files = captures ? readdirSync(captures).filter((file) => file.endsWith('.sse')) : [];
  for (const file of files) {
    test(file, async () => {
      const bytes = readFileSync(join(captures ?? '', file));
      const body = { messages: [] };
      const whole = await read(body, fakeServer([bytes]).fetch, 'http://localhost/v1');
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
      const bytewise = await read(body, fakeServer(single).fetch, 'http://localhost/v1');
      assert.deepEqual(bytewise, whole);
      const wire = bytes.toString('utf8');
      const failed = /^(error:|event: error)/m.test(wire);
      const finished = /"finish_reason":"|^data: \[DONE\]/m.test(wire) && !failed;
      // An excerpt that lost its blank lines is one event of several lines, and no JSON.
      if (/^data:.*\ndata:/m.test(wire)) assert.notEqual(whole.error, undefined);
      else assert.equal(whole.error === undefined, finished, JSON.stringify(whole.error));
    });
  }
});
