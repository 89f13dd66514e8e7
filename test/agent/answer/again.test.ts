import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHttpServer } from '../../tools/http-server.ts';
import { chatsWith, lastRequest, textsOf, thenSilent } from '../doubles/chats.ts';
import {
  ending,
  frame,
  raw,
  refuse,
  type Script,
  say,
  startServer,
} from '../doubles/scripted-server.ts';

/** The buttons that ask the last question again, and what the model is sent then. */

const server = await startServer([
  { id: 'tiny', object: 'model', type: 'llm', state: 'loaded', loaded_context_length: 1000 },
  { id: 'lab/qwen3-8b', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'one/gemma', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'two/gemma', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'lab/Meta-Llama-3.1-8B-Instruct-GGUF', object: 'model', type: 'llm', state: 'not-loaded' },
]);
const chats = chatsWith(server);
const labels = (host: { buttons(): readonly { name: string }[] }) =>
  host.buttons().map(({ name }) => name);
const contents = () => lastRequest(server).body.messages.map(({ content }) => content);

const toolCall = raw(
  frame({ tool_calls: [{ index: 0, id: 'c', function: { name: 'weather', arguments: '{}' } }] }) +
    ending('tool_calls'),
);
const onlyThought = raw(frame({ reasoning_content: 'Hm.' }) + ending('length'));
const noModel = refuse(400, { error: { message: 'No models loaded. Please load a model.' } });

/** What a server says that does not know a field, or a value of it. */
const refuses =
  (field: string, otherwise: Script): Script =>
  (response, seen) =>
    (field in seen.body ? refuse(400, { error: { message: `unsupported ${field}` } }) : otherwise)(
      response,
      seen,
    );

test('Answer without tools: the same question, and no tool may be called', async () => {
  server.script(toolCall);
  const host = chats.open({ llm: { body: { tools: [{ type: 'function' }] } } });
  await host.send('Weather?');
  assert.match(
    textsOf(host)[1] ?? '',
    /the tool `weather`\. This chat cannot run tools, so the answer ends here\./,
  );
  assert.deepEqual(labels(host), ['Answer without tools']);
  server.script(say('Sunny.'));
  await host.click('Answer without tools');
  const { tool_choice, tools } = lastRequest(server).body;
  assert.deepEqual(
    [tool_choice, tools, contents()],
    ['none', [{ type: 'function' }], ['Weather?']],
  );
  await host.send('And now?');
  assert.deepEqual(contents(), ['Weather?', 'Sunny.', 'And now?']);
  assert.equal(lastRequest(server).body.tool_choice, undefined, 'for this once');
});

test('Answer without tools, of a server that refuses the field or a model that calls one all the same', async () => {
  server.script(toolCall);
  const host = chats.open();
  await host.send('Weather?');
  server.script(refuses('tool_choice', say('Sunny.')));
  await host.click('Answer without tools');
  assert.deepEqual(contents(), ['Weather?\n\nAnswer in words. Do not call a tool.']);
  assert.equal(textsOf(host).at(-1), 'Sunny.');

  const other = chats.open();
  server.script(toolCall);
  await other.send('Weather?');
  await other.click('Answer without tools');
  assert.deepEqual(contents(), ['Weather?']);
  await other.click('Answer without tools');
  assert.deepEqual(contents(), ['Weather?\n\nAnswer in words. Do not call a tool.']);
  assert.equal(lastRequest(server).body.tool_choice, 'none');
});

test('Answer without thinking: the same question, reasoning off, for this once', async () => {
  server.script(onlyThought);
  const llm = { body: { chat_template_kwargs: { custom: 1 } } };
  const host = chats.open({ llm });
  await host.send('Why?');
  assert.match(textsOf(host)[1] ?? '', /still thinking[\s\S]*Press "Answer without thinking"/);
  assert.deepEqual(labels(host), ['Answer without thinking', 'Ask again']);
  server.script(say('So.'));
  await host.click('Answer without thinking');
  const { reasoning_effort, chat_template_kwargs } = lastRequest(server).body;
  assert.deepEqual(
    [reasoning_effort, chat_template_kwargs, contents()],
    ['none', { custom: 1, enable_thinking: false }, ['Why?']],
  );
  await host.send('And now?');
  assert.deepEqual(contents(), ['Why?', 'So.', 'And now?']);
  assert.equal(lastRequest(server).body.reasoning_effort, undefined);
});

test('where reasoning is off already, no button promises more', async () => {
  server.script(onlyThought);
  const host = chats.open({ llm: { reasoning: 'off' } });
  await host.send('Why?');
  assert.deepEqual(labels(host), ['Ask again']);
  assert.doesNotMatch(textsOf(host)[1] ?? '', /Press "Answer/);
});

test('Ask again presses Retry: the failed reply goes, and the question is asked as before', async () => {
  server.script(refuse(500, { error: 'boom' }));
  const host = chats.open();
  await host.send('Hi');
  const asked = contents();
  assert.deepEqual(labels(host), ['Ask again']);
  server.script(say('Hello.'));
  await host.click('Ask again');
  assert.deepEqual([textsOf(host), contents()], [['Hi', 'Hello.'], asked]);
});

test('Ask again that is pressed twice asks once', async () => {
  server.script(refuse(500, { error: 'boom' }));
  const host = chats.open();
  await host.send('Hi');
  server.script(say('Hello.'));
  const before = server.seen.length;
  const first = host.click('Ask again');
  void host.click('Ask again');
  await first;
  assert.deepEqual([textsOf(host), server.seen.length - before], [['Hi', 'Hello.'], 1]);
});

for (const [name, script] of [
  ['failed', refuse(500, { error: 'boom' })],
  ['only thought about', onlyThought],
  ['answered by a call of a tool', toolCall],
] as const) {
  test(`a question that was ${name} goes with the next one`, async () => {
    server.script(script);
    const host = chats.open();
    await host.send('First');
    server.script(say('Both.'));
    await host.send('Second');
    assert.deepEqual(contents(), ['First\n\nSecond']);
    await host.send('Third');
    assert.deepEqual(contents(), ['First\n\nSecond', 'Both.', 'Third']);
  });
}

test('a question that was stopped while its model loads goes with the next one', async () => {
  server.script(noModel);
  const host = chats.open({ llm: { model: 'lab/qwen3-8b' } });
  await host.send('First');
  server.script(thenSilent());
  const turn = host.click('Load qwen3-8b');
  await host.chunk((text) => text === '');
  host.stop();
  await turn;
  server.script(say('Both.'));
  await host.send('Second');
  assert.deepEqual(contents(), ['First\n\nSecond']);
});

test('an answer that was broken off and is asked for again is sent on once', async () => {
  server.script(
    raw(
      `${frame({ content: 'Half' })}event: error\ndata: {"error":{"message":"The model has crashed"}}\n\n`,
    ),
  );
  const host = chats.open();
  await host.send('Tell');
  assert.deepEqual(labels(host), ['Continue', 'Load tiny', 'Ask again']);
  server.script(say('Whole.'));
  await host.click('Load tiny');
  await host.send('More');
  assert.deepEqual(contents(), ['Tell', 'Whole.', 'More']);
});

test('three buttons at most, with short names: the model that was asked for, then what this chat has used', async () => {
  const host = chats.open({ llm: { model: 'two/gemma' } });
  server.script(say('I am tiny.'));
  await host.send('Hi');
  server.script(noModel);
  await host.send('Hi there');
  assert.deepEqual(labels(host), ['Load two/gemma', 'Load tiny', 'Ask again']);
  host.choose('model', 'Meta-Llama-3.1-8B-Instruct-GGUF');
  await host.send('Hi again');
  assert.deepEqual(labels(host), ['Load Meta-Llama- … struct-GGUF', 'Load tiny', 'Ask again']);
  assert.match(textsOf(host).at(-1) ?? '', /\n>\n> &nbsp;$/, 'there is room for a high row');
  assert.ok(host.covered(300) <= 0, 'and no word is below it in a narrow panel');
});

test('a model that the list has and that is not loaded is not loaded; any other is not there', async () => {
  const notFound = refuse(404, { error: { message: 'no such model', code: 'model_not_found' } });
  // llama.cpp's router says so even if another one is loaded.
  const notLoaded = refuse(400, { error: { message: 'model is not loaded' } });
  for (const script of [notFound, notLoaded]) {
    server.script(script);
    const host = chats.open({ llm: { model: 'lab/qwen3-8b' } });
    await host.send('Hi');
    assert.match(
      textsOf(host)[1] ?? '',
      /`lab\/qwen3-8b` is not loaded\.[\s\S]*Load it with the button/,
    );
    assert.equal(labels(host)[0], 'Load qwen3-8b');
  }
  server.script(notFound);
  const other = chats.open({ llm: { model: 'none' } });
  await other.send('Hi');
  assert.match(textsOf(other)[1] ?? '', /does not have `none`/);
});

test('Continue comes before Retry, on the row and in the words', async () => {
  server.script(
    raw(`${frame({ content: 'Half' })}event: error\ndata: {"error":{"message":"boom"}}\n\n`),
  );
  const host = chats.open();
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /Press "Continue"[\s\S]*重试/);
  assert.deepEqual(labels(host), ['Continue', 'Ask again']);
  server.script(refuse(500, { error: 'boom' }));
  await host.click('Continue');
  assert.deepEqual(labels(host), ['Continue'], 'Retry would take the first part away');
});

test('how full the context is, is told in one unit', async () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 20, total_tokens: 1020 };
  server.script(
    raw(
      `${frame({ content: 'x' })}${frame({}, { usage, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`,
    ),
  );
  const host = chats.open();
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /The context is 102% full: 1020 of 1000 tokens\./);
});

const usage = { prompt_tokens: 850, completion_tokens: 20, total_tokens: 870 };
const full = raw(
  `${frame({ content: 'Yes.' })}${frame({}, { usage, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`,
);

test('Go on with a summary: the model sums up, a marker is set, and the next turns begin with it', async () => {
  server.script(full);
  const host = chats.open({ llm: { systemPrompt: 'Be kind.' } });
  await host.send('Is it so?');
  assert.deepEqual(labels(host), ['Go on with a summary', 'Reset context']);
  server.script(say('It is so.'));
  await host.click('Go on with a summary');
  assert.deepEqual(contents().slice(0, 3), ['Be kind.', 'Is it so?', 'Yes.']);
  assert.match(String(contents()[3]), /^Sum up our conversation so far/);
  const { messages } = host.saved();
  assert.deepEqual(
    messages.map(({ sender, type }) => sender ?? type),
    ['user', 'bot', 'bot', 'marker'],
  );
  assert.match(messages[2]?.text ?? '', /^It is so\.\n\n> ℹ️ .*reads this summary in place/);
  const added = host.posted.find(({ type }) => type === 'markerAdded');
  assert.equal(added?.markerId, messages[3]?.id);

  server.script(say('Fine.'));
  await host.send('Next');
  const beginning = 'Summary of our conversation so far:\n\nIt is so.\n\nNext';
  assert.deepEqual(contents(), ['Be kind.', beginning]);
  await host.send('And then?');
  assert.deepEqual(contents(), ['Be kind.', beginning, 'Fine.', 'And then?']);

  // The marker is deleted.
  const thread = host.saved();
  host.disk.save({ ...thread, messages: thread.messages.filter(({ type }) => type !== 'marker') });
  await host.send('Back');
  assert.deepEqual(contents().slice(1, 4), ['Is it so?', 'Yes.\n\nIt is so.', 'Next']);
});

test('a summary that fails, or is cut, changes nothing: no marker, and what was said stays', async () => {
  for (const script of [
    refuse(500, { error: 'boom' }),
    raw(frame({ content: 'It is' }) + ending('length')),
  ]) {
    server.script(full);
    const host = chats.open();
    await host.send('Is it so?');
    server.script(script);
    await host.click('Go on with a summary');
    assert.ok(host.saved().messages.every(({ type }) => type !== 'marker'));
    server.script(say('Fine.'));
    await host.send('Next');
    assert.deepEqual([contents()[0], contents().at(-1)], ['Is it so?', 'Next']);
  }
});

test('Load with more context: LM Studio loads the model anew, large enough, and it answers the question', async (t) => {
  const calls: [path: string, body: object][] = [];
  let context = 4096;
  const studio = await startHttpServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const json = (status: number, value: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const path = request.url ?? '';
    if (path === '/api/v1/models') {
      const loaded_instances = [{ id: 'tiny:2', config: { context_length: context } }];
      return json(200, {
        models: [{ type: 'llm', key: 'tiny', loaded_instances, max_context_length: 32768 }],
      });
    }
    if (request.method === 'GET') return json(404, { error: 'none' });
    const asked = JSON.parse(body);
    if (path !== '/v1/chat/completions') calls.push([path, asked]);
    if (path === '/api/v1/models/load') context = asked.context_length;
    if (path !== '/v1/chat/completions') return json(200, {});
    if (context > 4096) return say('It fits.')(response, lastRequest(server));
    const message = 'request (6000 tokens) exceeds the available context size (4096 tokens)';
    return json(400, { error: { message, type: 'exceed_context_size_error' } });
  });
  t.after(() => studio.close());
  const host = chats.open({ llm: { baseURL: `${studio.origin}/v1` } });
  await host.send('A long question');
  assert.deepEqual(labels(host), ['Load with more context']);
  await host.click('Load with more context');
  assert.deepEqual(calls, [
    ['/api/v1/models/unload', { instance_id: 'tiny:2' }],
    ['/api/v1/models/load', { model: 'tiny', context_length: 10_240 }],
  ]);
  assert.equal(textsOf(host).at(-1), 'It fits.');
});
