import { equal, includes, readText, rejection } from './assert.ts';
import type { Behaviour, Context } from './harness.ts';

/** What the parts named after a way of sending say, all of them. */
const HELLO = 'Hello, 世界 👋🏽!';

/** The library's promises that a runtime could break: one list for every runtime, by what each one says. */
export const behaviours: Record<string, Behaviour> = {
  async 'the text comes delta by delta, then the result'({ ask }) {
    const reply = ask('hello');
    const pieces: string[] = [];
    for await (const piece of reply) pieces.push(piece);
    equal(pieces, ['Hello', ', 世界 ', '👋🏽!']);
    const { text, verdict, finishReason, usage, model, timing } = await reply.result;
    equal([text, verdict, finishReason, model], [HELLO, 'complete', 'stop', 'scripted']);
    equal(usage?.total_tokens, 8, 'usage.total_tokens');
    const { headMs = -1, firstTokenMs = -1, totalMs = -1 } = timing;
    equal(
      0 <= headMs && headMs <= firstTokenMs && firstTokenMs <= totalMs,
      true,
      'timing in order',
    );
  },

  async 'result alone reads the stream'({ ask }) {
    equal((await ask('hello').result).text, HELLO);
  },

  async 'events tell the same as the text'({ ask }) {
    const types: string[] = [];
    for await (const event of ask('hello').events()) types.push(event.type);
    equal(types, ['text', 'text', 'text', 'finish']);
  },

  async 'the request goes out as it was given'({ streamChat, at, observed }) {
    const body = { model: 'm', messages: [{ role: 'user', content: 'ä €' }], temperature: 0.5 };
    const headers = { 'x-test': 'yes' };
    await streamChat(body, { baseURL: at('hello'), apiKey: 'a-secret-key', headers }).result;
    const { requests } = await observed('hello');
    const sent = requests.at(-1);
    equal(sent?.method, 'POST', 'the method');
    equal(sent?.url, '/hello/v1/chat/completions', 'the URL');
    equal(sent?.headers['content-type'], 'application/json', 'content-type');
    equal(sent?.headers.authorization, 'Bearer a-secret-key', 'authorization');
    equal(sent?.headers['x-test'], 'yes', 'x-test');
    equal(
      JSON.parse(sent?.body ?? ''),
      { ...body, stream: true, stream_options: { include_usage: true } },
      'the body',
    );
    equal(requests[0]?.headers.authorization, undefined, 'authorization without a key');
  },

  async 'nothing is sent before somebody reads'({ ask, requests }) {
    const before = (await requests('reasoning')).length;
    const reply = ask('reasoning');
    void reply.result;
    equal((await requests('reasoning')).length, before, 'requests');
    await reply.result;
    equal((await requests('reasoning')).length, before + 1, 'requests');
  },

  async 'a reply can be read once'({ ask }) {
    const reply = ask('hello');
    await readText(reply);
    const error = await rejection(readText(reply));
    equal(error instanceof TypeError, true, 'a TypeError');
  },

  async 'bytes that come one by one are the same text'({ ask }) {
    equal(await readText(ask('bytes')), HELLO);
  },

  async 'lines end with CRLF'({ ask }) {
    equal(await readText(ask('crlf')), HELLO);
  },

  async 'lines end with CR'({ ask }) {
    equal(await readText(ask('cr')), HELLO);
  },

  async 'a fetch of the caller is used, and its chunks may be one byte'({ ask }) {
    const frame = JSON.stringify({ choices: [{ delta: { content: HELLO } }] });
    const bytes = new TextEncoder().encode(`data: ${frame}\r\n\r\ndata: [DONE]\r\n\r\n`);
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at === bytes.length) controller.close();
        else controller.enqueue(bytes.slice(at, ++at));
      },
    });
    const headers = { 'content-type': 'text/event-stream' };
    const reply = ask('hello', { fetch: async () => new Response(body, { headers }) });
    equal(await readText(reply), HELLO);
  },

  async 'a character cut over two deltas arrives whole'({ ask }) {
    const pieces: string[] = [];
    for await (const piece of ask('half-characters')) pieces.push(piece);
    equal(pieces, ['a ', '😀 b']);
  },

  async 'a long reply arrives whole'({ ask }) {
    const { text, verdict } = await ask('long').result;
    equal([text.length, verdict], [20_000 * 47, 'length']);
  },

  async 'reasoning is kept apart, in its field and in tags'({ ask }) {
    for (const part of ['reasoning', 'think-tags']) {
      const { text, reasoning } = await ask(part).result;
      equal([text, reasoning], ['391', 'Let me think.'], part);
    }
  },

  async 'a tool call is put together'({ ask }) {
    const { toolCalls, verdict } = await ask('tools').result;
    equal(toolCalls, [
      { id: 'call_1', name: 'weather', arguments: '{"city":"Köln"}', complete: true },
    ]);
    equal(verdict, 'tool_calls');
  },

  async 'onChunk sees every chunk, and what it throws comes out'({ ask }) {
    let seen = 0;
    await ask('hello', { onChunk: () => seen++ }).result;
    equal(seen, 6, 'chunks');
    const thrown = new Error('enough');
    const onChunk = () => {
      throw thrown;
    };
    equal((await rejection(ask('hello', { onChunk }).result)) === thrown, true, 'the same error');
  },

  async 'an error in the stream fails it and keeps what came'(context) {
    const error = await chatError(context, context.ask('event-error').result);
    equal([error.kind, error.serverMessage], ['server', 'The model has crashed.']);
    equal(error.partial?.text, 'Hello', 'partial.text');
  },

  async 'an error under status 200 is one'(context) {
    const error = await chatError(context, context.ask('error-under-200').result);
    includes(error.message, 'Unexpected endpoint');
    equal(error.reason, 'base-url', 'reason');
  },

  async 'an HTTP error has status and words, and not the key'(context) {
    const apiKey = 'sk-0123456789abcdef';
    const error = await chatError(context, context.ask('no-token', { apiKey }).result);
    equal([error.kind, error.status, error.code], ['http', 401, 'bad_key']);
    includes(error.message, 'Incorrect API key');
    equal(error.message.includes('0123456789'), false, 'the key in the message');
    const second = await chatError(context, context.ask('string-error').result);
    equal([second.status, second.serverMessage], [400, 'Model does not exist.']);
  },

  async 'a redirect is not followed'(context) {
    const error = await chatError(context, context.ask('redirect').result);
    equal([error.kind, error.reason], ['http', 'redirect']);
    equal((await context.requests('redirect')).length, 1, 'requests');
  },

  async 'a refused connection is told, with its address'(context) {
    const port = await context.closedPort();
    const baseURL = `http://127.0.0.1:${port}/v1`;
    const reply = context.streamChat({ messages: [] }, { baseURL });
    const error = await chatError(context, reply.result);
    equal(error.kind, 'connection', 'kind');
    includes(error.message, `127.0.0.1:${port}`);
  },

  async 'leaving the loop closes the connection'({ ask, observed }) {
    const reply = ask('goes-silent');
    for await (const piece of reply) {
      equal(piece, 'Hello');
      break;
    }
    const { verdict, text } = await reply.result;
    equal([verdict, text], ['stopped', 'Hello']);
    await observed('goes-silent');
  },

  async 'leaving closes it also while a read is pending'({ ask, observed }) {
    const iterator = ask('never-begins')[Symbol.asyncIterator]();
    const pending = iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await iterator.return?.();
    equal((await pending).done, true, 'the pending read is done');
    await observed('never-begins');
  },

  async 'leaving closes it also before the head has come'({ ask, observed, requests }) {
    const iterator = ask('no-head')[Symbol.asyncIterator]();
    const pending = iterator.next();
    while ((await requests('no-head')).length === 0);
    await iterator.return?.();
    equal((await pending).done, true, 'the pending read is done');
    await observed('no-head');
  },

  async 'an abort rejects with its reason and closes the connection'({ ask, observed }) {
    const controller = new AbortController();
    const reply = ask('goes-silent', { signal: controller.signal });
    const reason = new Error('changed my mind');
    const reading = (async () => {
      for await (const _ of reply) setTimeout(() => controller.abort(reason), 10);
    })();
    equal((await rejection(reading)) === reason, true, 'the reason itself');
    equal(reply.soFar.text, 'Hello', 'soFar.text');
    await observed('goes-silent');
  },

  async 'an aborted signal sends nothing'({ ask, requests }) {
    const before = (await requests('goes-silent')).length;
    const error = await rejection(ask('goes-silent', { signal: AbortSignal.abort() }).result);
    equal(error instanceof Error && error.name, 'AbortError');
    equal((await requests('goes-silent')).length, before, 'requests');
  },

  async 'silence before the first token ends when its clock says so'(context) {
    for (const part of ['never-begins', 'no-head']) {
      const timeouts = { firstToken: 200 };
      const error = await chatError(context, context.ask(part, { timeouts }).result);
      equal([error.kind, error.reason], ['timeout', 'first-token'], part);
      await context.observed(part);
    }
  },

  async 'silence after it ends by the idle clock and keeps what came'(context) {
    const error = await chatError(
      context,
      context.ask('goes-silent', { timeouts: { idle: 200 } }).result,
    );
    equal([error.kind, error.reason, error.partial?.text], ['timeout', 'idle', 'Hello']);
    await context.observed('goes-silent');
  },

  async 'a stream that ends early or breaks off was interrupted'(context) {
    for (const part of ['ends-early', 'breaks-off']) {
      const error = await chatError(context, context.ask(part).result);
      equal([error.kind, error.partial?.text], ['interrupted', 'Hello'], part);
    }
  },

  async '[DONE] ends it though the socket stays open'({ ask, observed }) {
    const { text, verdict } = await ask('done-but-open').result;
    equal([text, verdict], [HELLO, 'complete']);
    await observed('done-but-open');
  },

  async 'a line without an end is bounded'(context) {
    const error = await chatError(
      context,
      context.ask('long-line', { maxEventBytes: 10_000 }).result,
    );
    equal(error.kind, 'too-large', 'kind');
  },

  async 'a wrong argument is named at once'({ streamChat }) {
    let error: unknown;
    try {
      streamChat({ messages: [] }, { baseURL: 'localhost:1234/v1' });
    } catch (thrown) {
      error = thrown;
    }
    equal(error instanceof TypeError, true, 'a TypeError');
    includes(error instanceof Error ? error.message : '', 'baseURL');
  },

  async 'models are listed as LM Studio tells them'({ listModels, at }) {
    equal(sorted(await listModels({ baseURL: at('models') })), [
      sorted({ id: 'gemma', type: 'chat', loaded: true, contextLength: 4096, vision: true }),
      sorted({ id: 'nomic', type: 'embedding', loaded: false, contextLength: 2048, vision: false }),
    ]);
  },

  async 'models are listed as any other server tells them'({ listModels, at }) {
    const [model] = await listModels({ baseURL: at('plain-models') });
    equal([model?.id, model?.type], ['qwen', 'unknown']);
  },
};

/** The ChatError that a reply rejects with. */
async function chatError({ ChatError }: Context, result: PromiseLike<unknown>) {
  const error = await rejection(result);
  if (error instanceof ChatError && error.name === 'ChatError') return error;
  throw new Error(`not a ChatError: ${String(error)}`);
}

/** With the fields of every object in order, to compare as JSON. */
function sorted(value: object): object {
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
