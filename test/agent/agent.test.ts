import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import LocalLLMStreamAgent from '../../src/agent/index.ts';
import {
  chatsWith,
  lastMeta,
  lastRequest,
  stoppedEarly,
  textsOf,
  thenSilent,
} from './doubles/chats.ts';
import { clock } from './doubles/clock.ts';
import { deadURL, lmStudioModels, say, startServer } from './doubles/scripted-server.ts';

/** What the host, the tutorial and a subclass rely on. */

const server = await startServer();
const chats = chatsWith(server);
const lmStudio = await startServer(lmStudioModels);
const lmStudioChats = chatsWith(lmStudio);

test('InitTask answers a message that was marked for it', async () => {
  server.script(say('Done.'));
  const host = chats.open();
  const question = { id: 'msg_1', sender: 'user', text: 'Do it', meta: { autoProcess: true } };
  host.disk.save({ id: host.threadId, messages: [question] });
  await host.press({ name: 'InitTask', meta: {} });
  assert.deepEqual(textsOf(host), ['Do it', 'Done.']);
});

test('InitTask with a thread that was read before a question keeps the question and its answer', async () => {
  server.script(say('Done.'));
  const host = chats.open();
  const stale = host.saved();
  await host.send('Do it');
  const asked = server.seen.length;
  await host.press({ name: 'InitTask', meta: {} }, stale);
  assert.deepEqual(textsOf(host).slice(0, 2), ['Do it', 'Done.']);
  assert.equal(server.seen.length, asked, 'and it is not answered again');
});

test('InitTask answers a question that came meanwhile and has no answer yet', async () => {
  server.script(thenSilent());
  const host = chats.open();
  const stale = host.saved();
  const first = host.send('Do it');
  await host.chunk(() => true);
  server.script(say('Done.'));
  await Promise.all([first, host.press({ name: 'InitTask', meta: {} }, stale)]);
  assert.deepEqual(textsOf(host), ['Do it', stoppedEarly, 'Done.']);
});

test('InitTask says of a server that does not list its models that it is busy', async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const host = chats.open({ llm: { baseURL: `http://127.0.0.1:${port}/v1` } });
  await host.press({ name: 'InitTask', meta: {} });
  mute.close();
  assert.match(textsOf(host)[0] ?? '', /did not answer in time\./);
  assert.equal((lastMeta(host).error as { kind: string }).kind, 'timeout');
});

test('InitTask in an empty chat says whether the server is ready; the model never reads it', async () => {
  const host = lmStudioChats.open({ llm: { model: 'local-model-name' } });
  await host.press({ name: 'InitTask', meta: {} });
  assert.match(textsOf(host)[0] ?? '', /✅ .*Ready: 127\.0\.0\.1:\d+, `tiny`\./);
  lmStudio.script(say('Hello.'));
  await host.send('Hi');
  assert.deepEqual(lastRequest(lmStudio).body.messages, [{ role: 'user', content: 'Hi' }]);
  const dead = chats.open({ llm: { baseURL: await deadURL() } });
  await dead.press({ name: 'InitTask', meta: {} });
  assert.match(textsOf(dead)[0] ?? '', /No server is running at/);
});

test('an unknown task is answered in words', async () => {
  const host = chats.open();
  await host.press({ name: 'Dance', meta: {} });
  assert.match(textsOf(host)[0] ?? '', /`Dance`/);
});

test('a thread that cannot be changed is answered all the same, and the thread goes on', async () => {
  const host = chats.open();
  server.script(say('Yes.'));
  await host.send('One');
  host.choose('model', 'tiny');
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL } }, {});
  agent.clock = clock;
  const frozen = Object.freeze({ id: host.threadId, messages: host.saved().messages.slice(0, 1) });
  await agent.generateReply(frozen, { threadRepository: host.disk });
  await host.send('Two');
  assert.match(textsOf(host).at(-1) ?? '', /^Yes\./);
});

test('a subclass of the kind that the tutorial teaches keeps working', async () => {
  server.script(say('Hello', '.'));
  class Loud extends LocalLLMStreamAgent {
    override convertToOpenAIMessages(
      messages: Parameters<LocalLLMStreamAgent['convertToOpenAIMessages']>[0],
    ) {
      return [{ role: 'system', content: 'Loud.' }, ...super.convertToOpenAIMessages(messages)];
    }
    override async *createStream(stream: AsyncIterable<unknown>) {
      for await (const chunk of stream) {
        const { choices } = chunk as { choices: { delta?: { content?: string } }[] };
        const content = choices[0]?.delta?.content || '';
        if (content) yield content.toUpperCase();
      }
    }
  }
  const host = chats.open({ Agent: Loud });
  await host.send('Hi');
  assert.equal(textsOf(host)[1], 'HELLO.');
  assert.equal(lastRequest(server).body.messages[0]?.content, 'Loud.');
});

test("createStream reads an OpenAI client's stream, as the tutorial's code hands it over", async () => {
  async function* chunks() {
    yield { choices: [{ delta: { role: 'assistant', content: '' } }] };
    yield { choices: [{ delta: { content: 'a' } }] };
    yield { choices: [] };
    yield { choices: [{ delta: { content: 'b' } }] };
  }
  const texts: string[] = [];
  for await (const text of new LocalLLMStreamAgent({}, {}).createStream(chunks())) texts.push(text);
  assert.deepEqual(texts, ['a', 'b']);
});

test('nothing that the host might hand over makes a method throw', async () => {
  const broken = JSON.parse('[{}, {"messages":5}, {"id":"x","messages":[null]}]');
  for (const thread of broken) {
    const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL } }, {});
    agent.clock = clock;
    const stream = (await agent.generateReply(thread)).getStream();
    assert.ok(stream);
    let text = '';
    for await (const chunk of stream) text += chunk;
    assert.match(text, /\*\*local-llm\*\*/);
    await clock.pass(1000);
    assert.ok(await agent.loadOperations(thread));
    assert.ok(await agent.executeTask(JSON.parse('{"name":"ResetContext"}'), thread));
    await clock.pass(1000);
    assert.ok(await agent.executeTask(JSON.parse('null'), thread));
  }
});
