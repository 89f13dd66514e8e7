import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startHttpServer } from '../../tools/http-server.ts';
import {
  chatsWith,
  lastMeta,
  lastRequest,
  textsOf,
  thenSilent,
  withoutTimes,
} from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import type { Host } from '../doubles/host.ts';
import { begin, ending, frame, raw, refuse, say, startServer } from '../doubles/scripted-server.ts';

const server = await startServer([
  { id: 'big', object: 'model', type: 'llm', state: 'not-loaded' },
  { id: 'tiny', object: 'model', type: 'llm', state: 'loaded', loaded_context_length: 100 },
]);
const chats = chatsWith(server);
const cut = raw(frame({ content: '1. one\n2. two\n3. thr' }) + ending('length'));
const goesOnAbove = '> ℹ️ **local-llm** · The answer goes on above.';
const goOn =
  'Go on exactly where your last answer ended. Repeat nothing of it, and add no remarks.';
const contents = () => lastRequest(server).body.messages.map(({ content }) => content);

for (const [name, cutShort] of [
  ['cut by length', cut],
  ['broken off', raw(frame({ content: '1. one\n2. two\n3. thr' }))],
] as const) {
  test(`Continue under an answer that was ${name}: it goes on where it ended`, async () => {
    server.script(cutShort);
    const host = chats.open();
    await host.send('Count');
    const [, { id = '' } = {}] = host.saved().messages;
    server.script(say('ee\n', '4. four'));
    await host.click('Continue');
    assert.deepEqual(lastRequest(server).body.messages, [
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: '1. one\n2. two\n3. thr' },
      { role: 'user', content: goOn },
    ]);
    const whole = '1. one\n2. two\n3. three\n4. four';
    assert.deepEqual(textsOf(host), ['Count', whole, goesOnAbove]);
    assert.equal(host.shown.get(id), whole);
    assert.deepEqual(host.buttons(), [], 'this one is whole');
    assert.equal(host.saved().messages[1]?.availableTasks, undefined);
    const { verdict, error } = host.saved().messages[1]?.meta ?? {};
    assert.deepEqual([verdict, error], ['complete', undefined]);
    server.script(say('Yes.'));
    await host.send('Is that all?');
    assert.deepEqual(lastRequest(server).body.messages, [
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: whole },
      { role: 'user', content: 'Is that all?' },
    ]);
  });
}

test('Continue goes on inside a code block, in the same bubble, after reasoning, also twice', async () => {
  const host = chats.open();
  server.script(
    raw(
      frame({ reasoning_content: 'Hm.' }) +
        frame({ content: 'Here:\n```js\nlet a' }) +
        ending('length'),
    ),
  );
  await host.send('Code');
  server.script(raw(frame({ content: ' = 1;\nlet b' }) + ending('length')));
  await host.click('Continue');
  server.script(say({ reasoning_content: 'Well.' }, ' = 2;\n```', '\nDone.'));
  await host.click('Continue');
  const answer = 'Here:\n```js\nlet a = 1;\nlet b = 2;\n```\nDone.';
  const texts = textsOf(host).map(withoutTimes);
  assert.equal(texts[1], `> 💭 **Thought for … s**\n>\n> Hm.\n\n${answer}`);
  assert.match(texts[2] ?? '', /^> ℹ️ .*goes on above\.\n\n> ℹ️ .*was cut off/);
  assert.equal(texts[3], `> 💭 **Thought for … s**\n>\n> Well.\n\n${goesOnAbove}`);
  server.script(say('Yes.'));
  await host.send('Next');
  assert.deepEqual(contents(), ['Code', answer, 'Next']);
});

test('a note under a long part that goes on above is on the screen once', async () => {
  const host = chats.open();
  server.script(cut);
  await host.send('Count');
  server.script(async (response) => {
    begin(response);
    response.write(frame({ content: 'x'.repeat(20_000) }));
    await host.post(({ text }) => String(text).length > 20_000);
    response.write(frame({ content: 'y' }));
    // The panel renders the long part: the last of it waits, while the note can come at once.
    for (let i = 0; i < 20; i++) await clock.pass(10);
    response.end(ending('length'));
  });
  await host.click('Continue');
  for (const { id, text } of host.saved().messages.slice(1)) {
    assert.equal(host.shown.get(String(id)), text);
  }
});

for (const [name, deltas] of [
  ['the line that was cut', ['3. ', 'three\n4. four']],
  ['the whole part', ['Here they are:\n1. o', 'ne\n2. two\n3. three', '\n4. four']],
] as const) {
  test(`a model that repeats ${name} when it is asked to go on: the answer has it once`, async () => {
    const part = 'Here they are:\n1. one\n2. two\n3. thr';
    server.script(raw(frame({ content: part }) + ending('length')));
    const host = chats.open();
    await host.send('Count');
    server.script(say(...deltas));
    await host.click('Continue');
    assert.equal(textsOf(host)[1], 'Here they are:\n1. one\n2. two\n3. three\n4. four');
  });
}

test('a continuation that only begins like a repetition, or is one, is kept whole', async () => {
  for (const [deltas, whole] of [
    [['3. t', 'wo'], '1. one\n2. two\n3. thr3. two'],
    [['3. t'], '1. one\n2. two\n3. thr3. t'],
  ] as const) {
    server.script(cut);
    const host = chats.open();
    await host.send('Count');
    server.script(say(...deltas));
    await host.click('Continue');
    assert.equal(textsOf(host)[1], whole);
  }
});

test('Stop while an answer goes on keeps both parts; so does a question right after it', async () => {
  for (const end of ['stop', 'ask'] as const) {
    server.script(cut);
    const host = chats.open();
    await host.send('Count');
    server.script(thenSilent('ee\n4. four', '\n5. fi'));
    const turn = host.click('Continue');
    await host.chunk((text) => text.includes('goes on above'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.script(say('Fine.'));
    if (end === 'stop') {
      host.stop();
      await turn;
      assert.deepEqual(
        host.buttons().map(({ name }) => name),
        ['Continue'],
      );
    }
    await Promise.all([host.send('Thanks'), turn]);
    const whole = '1. one\n2. two\n3. three\n4. four\n5. fi';
    assert.deepEqual(textsOf(host), ['Count', whole, goesOnAbove, 'Thanks', 'Fine.']);
    assert.deepEqual(contents(), ['Count', whole, 'Thanks']);
  }
});

test('while an answer goes on the panel stays at the newest bubble', async () => {
  server.script(cut);
  const host = chats.open();
  await host.send('Count');
  const from = host.posted.length;
  server.script(say('ee', '\n4. four'));
  await host.click('Continue');
  const [, earlier, newest] = host.saved().messages.map(({ id }) => id);
  const updates = host.posted.slice(from).filter(({ type }) => type === 'updateBotMessage');
  const ids = updates.map(({ messageId }) => messageId);
  assert.ok(ids.includes(earlier));
  assert.ok(ids.every((id, i) => id !== earlier || ids[i + 1] === newest));
});

test('an answer that somebody edits or deletes while it goes on is left as it is', async () => {
  server.script(cut);
  const host = chats.open();
  await host.send('Count');
  server.script(thenSilent('ee'));
  const turn = host.click('Continue');
  await host.chunk((text) => text.includes('goes on above'));
  const thread = host.saved();
  Object.assign(thread.messages[1] ?? {}, { text: 'Mine.' });
  host.disk.save(thread);
  host.stop();
  await turn;
  assert.equal(textsOf(host)[1], 'Mine.');
});

test('Continue under an answer that was stopped', async () => {
  server.script(thenSilent('Once ', 'upon'));
  const host = chats.open();
  const turn = host.send('Tell');
  await host.chunk((text) => text.includes('upon'));
  host.stop();
  await turn;
  assert.deepEqual(
    host.buttons().map(({ name }) => name),
    ['Continue'],
  );
});

test('Continue that is pressed later does no harm', async () => {
  server.script(cut);
  const host = chats.open();
  await host.send('Count');
  const [button] = host.buttons();
  assert.ok(button);
  server.script(say('Other.'));
  await host.send('Something else');
  const before = server.seen.length;
  await host.press(button.task);
  assert.match(textsOf(host).at(-1) ?? '', /Only the last answer of a chat can be continued/);
  assert.equal(server.seen.length, before);
  // A double-click: the turn of the first is over at once.
  const count = textsOf(host).length;
  const first = host.press(button.task);
  await clock.pass(300);
  void host.press(button.task);
  await Promise.all([first, clock.pass(5000)]);
  assert.equal(textsOf(host).length, count + 1);
});

for (const [name, script, says] of [
  ['was stopped before its first word', thenSilent(), /Stopped before the answer began\./],
  ['failed', refuse(500, { error: 'out of order' }), /out of order/],
] as const) {
  test(`a Continue that ${name} can be pressed again, and goes on with the same part`, async () => {
    server.script(cut);
    const host = chats.open();
    await host.send('Count');
    server.script(script);
    const turn = host.click('Continue');
    if (name.startsWith('was')) {
      await host.chunk((text) => text === '');
      host.stop();
    }
    await turn;
    assert.match(textsOf(host).at(-1) ?? '', says);
    assert.match(textsOf(host).at(-1) ?? '', /Press "Continue" to pick up where it stopped\./);
    server.script(say('ee\n4. four'));
    await host.click('Continue');
    assert.deepEqual(contents().slice(0, 2), ['Count', '1. one\n2. two\n3. thr']);
    assert.deepEqual(
      [textsOf(host)[1], textsOf(host).at(-1)],
      ['1. one\n2. two\n3. three\n4. four', goesOnAbove],
    );
  });
}

test('there is nothing to continue under a whole answer, or one without a word', async () => {
  for (const script of [say('All.'), say(), refuse(500, { error: 'x' })]) {
    server.script(script);
    const host = chats.open();
    await host.send('Hi');
    assert.ok(host.buttons().every(({ name }) => name !== 'Continue'));
  }
});

/** A server of one kind: every request is answered by hand. */
async function startOwn(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  const own = await startHttpServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    answer(request, response, body);
  });
  after(() => own.close());
  return `${own.origin}/v1`;
}

test('llama.cpp goes on with the message itself; what it repeats of it is not shown', async () => {
  const part = 'The first part of an answer that is long enough';
  const bodies: { messages: { role: string; content: string }[]; [field: string]: unknown }[] = [];
  const baseURL = await startOwn((request, response, body) => {
    if (request.method === 'GET') {
      const isList = request.url === '/v1/models';
      response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
      return response.end(isList ? '{"data":[{"id":"tiny","owned_by":"llamacpp"}]}' : '{}');
    }
    bodies.push(JSON.parse(body));
    begin(response);
    const isFirst = bodies.length === 1;
    response.write(frame({ content: isFirst ? `${part} ` : part.slice(0, 20) }));
    if (!isFirst) response.write(frame({ content: `${part.slice(20)} and` }));
    response.end(isFirst ? ending('length') : `${frame({ content: ' its end.' })}${ending()}`);
  });
  const host = chats.open({ llm: { baseURL } });
  await host.send('Tell');
  await host.click('Continue');
  const [, continued] = bodies;
  assert.deepEqual(continued?.messages.at(-1), { role: 'assistant', content: part });
  assert.equal(continued?.continue_final_message, true);
  assert.equal(continued?.add_generation_prompt, false);
  assert.deepEqual(textsOf(host).slice(1), [`${part} and its end.`, goesOnAbove]);
  await host.send('More');
  assert.deepEqual(
    bodies.at(-1)?.messages.map(({ content }) => content),
    ['Tell', `${part} and its end.`, 'More'],
  );
});

test('where llama.cpp refuses to go on with a message, the model is asked to', async () => {
  let requests = 0;
  const baseURL = await startOwn((request, response, body) => {
    if (request.method === 'GET') {
      const isList = request.url === '/v1/models';
      response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
      return response.end(isList ? '{"data":[{"id":"tiny","owned_by":"llamacpp"}]}' : '{}');
    }
    requests++;
    if (body.includes('continue_final_message')) {
      response.writeHead(400, { 'content-type': 'application/json' });
      return response.end(
        '{"error":{"message":"Assistant response prefill is incompatible with enable_thinking."}}',
      );
    }
    begin(response);
    response.end(
      frame({ content: requests === 1 ? 'Half' : 'Rest.' }) +
        ending(requests === 1 ? 'length' : 'stop'),
    );
  });
  const host = chats.open({ llm: { baseURL } });
  await host.send('Tell');
  await host.click('Continue');
  assert.equal(textsOf(host)[1], 'HalfRest.');
  assert.equal(requests, 3);
});

test('where llama.cpp fails to go on, for another reason than the request, nothing is asked again', async () => {
  const bodies: string[] = [];
  const baseURL = await startOwn((request, response, body) => {
    if (request.method === 'GET') {
      const isList = request.url === '/v1/models';
      response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
      return response.end(isList ? '{"data":[{"id":"tiny","owned_by":"llamacpp"}]}' : '{}');
    }
    bodies.push(body);
    if (bodies.length > 1) {
      response.writeHead(500, { 'content-type': 'application/json' });
      return response.end('{"error":{"message":"Compute error."}}');
    }
    begin(response);
    response.end(frame({ content: 'Half' }) + ending('length'));
  });
  const host = chats.open({ llm: { baseURL } });
  await host.send('Tell');
  await host.click('Continue');
  assert.equal(bodies.length, 2);
  assert.match(textsOf(host).at(-1) ?? '', /Compute error\./);
  assert.equal(textsOf(host)[1]?.startsWith('Half'), true);
});

for (const [name, path, refusal] of [
  ['LM Studio', '/api/v1/models/load', 'No models loaded. Please load a model.'],
  ["llama.cpp's router", '/models/load', 'model name is missing from the request'],
] as const) {
  test(`Load: ${name} loads the model, and it answers the question; the chat keeps it`, async () => {
    const loaded: string[] = [];
    let loading = '';
    let looks = 0;
    const asked: unknown[] = [];
    const baseURL = await startOwn((request, response, body) => {
      const json = (status: number, value: object) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      if (request.url === '/api/v0/models') {
        const models = ['big', 'small'].map((id) => ({
          id,
          type: 'llm',
          state: loaded.includes(id) ? 'loaded' : 'not-loaded',
        }));
        return json(200, { data: models });
      }
      if (request.url === path) {
        loading = JSON.parse(body).model;
        if (name === 'LM Studio') loaded.push(loading);
        return json(200, { success: true });
      }
      if (request.url === '/models' && name !== 'LM Studio') {
        if (looks++ === 1) loaded.push(loading);
        const status = { value: loaded.length > 0 ? 'loaded' : 'loading' };
        return json(200, { data: [{ id: loading, status }] });
      }
      if (request.url !== '/v1/chat/completions') return json(404, { error: 'no such path' });
      const { model } = JSON.parse(body);
      asked.push(model);
      if (loaded.length === 0) return json(400, { error: { message: refusal } });
      begin(response);
      response.end(
        frame({ content: `I am ${model}.` }, { model }) +
          ending().replaceAll('"tiny"', JSON.stringify(model)),
      );
    });
    const host = chats.open({ llm: { baseURL, model: '' } });
    await host.send('Who are you?');
    assert.deepEqual(
      host.buttons().map(({ name }) => name),
      ['Load big', 'Load small', 'Ask again'],
    );
    await host.click('Load small');
    assert.deepEqual([loaded, textsOf(host).at(-1)], [['small'], 'I am small.']);
    assert.deepEqual(host.saved().settings, { model: 'small' });
    await host.send('And now?');
    assert.deepEqual(asked, [undefined, 'small', 'small']);
  });
}

test('a model that cannot be loaded: the words of the server, and the others to choose from', async () => {
  const baseURL = await startOwn((request, response) => {
    const isList = request.url === '/api/v0/models';
    const isLoad = request.url === '/api/v1/models/load';
    response.writeHead(isList ? 200 : 400, { 'content-type': 'application/json' });
    if (isList)
      return response.end('{"data":[{"id":"big","type":"llm"},{"id":"small","type":"llm"}]}');
    return response.end(
      isLoad
        ? '{"error":{"message":"insufficient system resources"}}'
        : '{"error":{"message":"No models loaded"}}',
    );
  });
  const host = chats.open({ llm: { baseURL, model: '' } });
  await host.send('Hi');
  await host.click('Load big');
  assert.match(
    textsOf(host).at(-1) ?? '',
    /The server could not load `big`\.[\s\S]*"insufficient system resources"/,
  );
  assert.deepEqual(
    host.buttons().map(({ name }) => name),
    ['Load small', 'Ask again'],
  );
});

test('a server that refuses a model and repeats the key: the key is not shown', async () => {
  const key = 'sk-lm-1234567890:abcdefghij';
  const baseURL = await startOwn((request, response) => {
    const isLoad = request.url === '/api/v1/models/load';
    response.writeHead(isLoad ? 401 : 200, { 'content-type': 'application/json' });
    response.end(
      isLoad
        ? JSON.stringify({ error: { message: `${request.headers.authorization} may not load` } })
        : '{"data":[{"id":"big"}]}',
    );
  });
  const settings = { apiKey: { mine: key } };
  const host = chats.open({ llm: { baseURL, apiKey: 'mine', model: '' }, settings });
  await host.press({ name: 'LoadModel', meta: { model: 'big' } });
  assert.match(textsOf(host).at(-1) ?? '', /"Bearer \*\*\* may not load"/);
});

test('a chosen model that the server cannot load: only the others are offered', async () => {
  const own = await startOwn((request, response) => {
    const isList = request.url === '/v1/models';
    const models = ['broken', 'whole'].map((id) => ({ id, status: { value: 'unloaded' } }));
    const status = isList ? 200 : request.method === 'GET' ? 404 : 500;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        isList
          ? { data: models }
          : { error: { message: 'model name=broken failed to load', code: 500 } },
      ),
    );
  });
  const host = chats.open({ llm: { baseURL: own, model: 'broken' } });
  await host.send('Hi');
  assert.match(
    textsOf(host).at(-1) ?? '',
    /could not load `broken`\.[\s\S]*Choose another model\./,
  );
  assert.deepEqual(
    host.buttons().map(({ name }) => name),
    ['Load whole', 'Ask again'],
  );
});

const tooLong = refuse(400, {
  error: {
    code: 400,
    message:
      'request (200 tokens) exceeds the available context size (100 tokens), try increasing it',
    type: 'exceed_context_size_error',
  },
});

test('Leave out the oldest: it says how many, and they stay out', async () => {
  const host = chats.open();
  for (const n of [1, 2, 3, 4]) {
    server.script(say(`answer ${n} ${'.'.repeat(50)}`));
    await host.send(`question ${n}`);
  }
  server.script(tooLong);
  await host.send('the last question');
  assert.deepEqual(
    host.buttons().map(({ name }) => name),
    ['Leave out the oldest', 'Reset context'],
  );
  assert.match(
    textsOf(host).at(-1) ?? '',
    /Ask with fewer or shorter messages, or load the model with more context\./,
  );
  server.script(say('Short.'));
  await host.click('Leave out the oldest');
  assert.deepEqual([contents()[0], contents().at(-1)], ['question 4', 'the last question']);
  assert.match(textsOf(host).at(-1) ?? '', /^Short\.\n\n> .*The 6 oldest messages were left out/);
  const earlier = contents();
  await host.send('one more');
  assert.deepEqual(contents().slice(0, earlier.length), earlier);
});

test('where the question alone is too long, that is said, and no button promises more', async () => {
  server.script(tooLong);
  const host = chats.open();
  await host.send('long');
  assert.match(textsOf(host).at(-1) ?? '', /this question alone is too long/);
  assert.deepEqual(host.buttons(), []);
  await host.press({ name: 'AnswerShorter', meta: { share: 0.5 } });
  assert.match(textsOf(host).at(-1) ?? '', /^> .*ℹ️.*this question alone is too long/);
});

test('a context that is nearly full is told, with a button that resets it', async () => {
  const usage = { prompt_tokens: 85, completion_tokens: 5, total_tokens: 90 };
  const full =
    frame({ content: 'Yes.' }) +
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage })}\n\ndata: [DONE]\n\n`;
  server.script(raw(full));
  const host = chats.open();
  await host.send('Hi');
  assert.match(textsOf(host)[1] ?? '', /The context is 90% full: 90 of 100 tokens\./);
  await host.click('Reset context');
  assert.equal(host.saved().messages.at(-1)?.type, 'marker');
  server.script(say('Fine.'));
  await host.send('Again');
  assert.equal(textsOf(host).at(-1), 'Fine.', '7 of 100 tokens are nothing to tell');
  const withStats = chats.open({ llm: { showStats: true } });
  await withStats.send('Hi');
  assert.match(textsOf(withStats)[1] ?? '', /context: 7 of 100 tokens \(7%\)/);
});

/** A whole reply that has used so many of the 100 tokens. */
const used = (total_tokens: number, delta: object, finish_reason = 'stop') =>
  raw(
    frame(delta) +
      frame({}, { usage: { total_tokens }, choices: [{ index: 0, delta: {}, finish_reason }] }) +
      'data: [DONE]\n\n',
  );

test('a context is nearly full from 80 % on, and the row never has more than three buttons', async () => {
  const host = chats.open();
  server.script(used(79, { content: 'Yes.' }));
  await host.send('Hi');
  assert.equal(textsOf(host).at(-1), 'Yes.');
  server.script(used(80, { content: 'Yes.' }));
  await host.send('Hi');
  assert.match(textsOf(host).at(-1) ?? '', /The context is 80% full: 80 of 100 tokens\./);
  server.script(used(90, { reasoning_content: 'Hm.' }, 'length'));
  await host.send('Hi');
  assert.deepEqual(
    host.buttons().map(({ name }) => name),
    ['Answer without thinking', 'Ask again', 'Go on with a summary'],
  );
});

test('a context that ends in mid-answer: nobody is told to press a button that is not there', async () => {
  const message = 'request (200 tokens) exceeds the available context size (100 tokens)';
  const error = { message, type: 'exceed_context_size_error' };
  server.script(raw(`${frame({ content: 'Half' })}data: ${JSON.stringify({ error })}\n\n`));
  const host = chats.open();
  await host.send('Hi');
  assert.match(textsOf(host).at(-1) ?? '', /^Half\n[\s\S]*longer than the model's context/);
  assert.doesNotMatch(textsOf(host).at(-1) ?? '', /Continue/);
  assert.deepEqual(host.buttons(), []);
});

/** The message that the button for files sends. */
async function fileMessage(host: Host): Promise<string> {
  const operations = (await host.openPanel()) as {
    type: string;
    name?: string;
    task?: { type: string; message: string };
  }[];
  assert.ok(operations.some(({ type }) => type === 'file_upload'));
  const send = operations.find(({ name }) => name === 'Send file');
  assert.equal(send?.task?.type, 'message');
  return String(send?.task?.message);
}

test('Send file: it says that the file goes with the next question, and the file does', async () => {
  server.script(say('It logs 1.'));
  const host = chats.open();
  const message = await fileMessage(host);
  const folder = join(chats.storagePath, host.threadId);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'test.js'), 'console.log(1);\n');
  const before = server.seen.length;
  await host.send(message, { filePath: `${host.threadId}/test.js` });
  assert.equal(
    textsOf(host).at(-1),
    '> 📎 **local-llm** · test.js (1 kB) goes with your next question.',
  );
  assert.equal(server.seen.length, before, 'nothing is asked yet');
  await host.send('What does it do?');
  assert.deepEqual(lastRequest(server).body.messages, [
    { role: 'user', content: 'test.js\n```\nconsole.log(1);\n```\n\nWhat does it do?' },
  ]);
  await host.send('And then?');
  assert.deepEqual(contents().slice(1), ['It logs 1.', 'And then?']);
});

test('Send file without a file, or with one that cannot be sent: that is said, and nothing is asked', async () => {
  const host = chats.open();
  const message = await fileMessage(host);
  const before = server.seen.length;
  await host.send(message);
  assert.match(textsOf(host).at(-1) ?? '', /No file was chosen\.[\s\S]*添加初始文件/);
  await host.send(message, { filePath: `${host.threadId}/none.js` });
  assert.match(textsOf(host).at(-1) ?? '', /`none\.js` was not sent\./);
  assert.equal(server.seen.length, before);
  server.script(say('Yes.'));
  await host.send('Hi');
  assert.deepEqual(lastRequest(server).body.messages, [{ role: 'user', content: 'Hi' }]);
});

test('a button that is pressed twice works once', async () => {
  server.script(cut);
  const host = chats.open();
  await host.send('Count');
  const [button] = host.buttons();
  assert.ok(button);
  let goOn = () => {};
  server.script((response) => {
    begin(response);
    goOn = () => response.end(frame({ content: 'ee' }) + ending());
  });
  const before = server.seen.length;
  const first = host.press(button.task);
  // Before its turn has begun, and while it is still going on.
  void host.press(button.task);
  await host.chunk((text) => text === '');
  void host.press(button.task);
  await new Promise((resolve) => setTimeout(resolve, 20));
  goOn();
  await first;
  assert.equal(server.seen.length - before, 1);
  assert.deepEqual(textsOf(host), ['Count', '1. one\n2. two\n3. three', goesOnAbove]);
});

test('Reset context that is pressed again makes no second marker before there is something to reset', async () => {
  server.script(say('Yes.'));
  const host = chats.open({ isHasty: true });
  await host.send('Hi');
  const [, , button] = (await host.openPanel()) as { task: { name: string; meta: object } }[];
  assert.ok(button);
  const first = host.press(button.task);
  void host.press(button.task);
  await first;
  const markers = () => host.saved().messages.filter(({ type }) => type === 'marker').length;
  assert.equal(markers(), 1);
  await host.press(button.task);
  assert.equal(markers(), 1);
  await host.send('Hi');
  await host.press(button.task);
  assert.equal(markers(), 2);
});

test('earlier answers lose their buttons when the next question is asked, on the page, too', async () => {
  server.script(cut);
  const host = chats.open();
  await host.send('Count');
  assert.equal(host.saved().messages[1]?.availableTasks?.length, 1);
  assert.equal(host.rows.size, 1);
  server.script(say('Fine.'));
  await host.send('Thanks');
  assert.deepEqual(
    host.saved().messages.map(({ availableTasks }) => availableTasks),
    [undefined, undefined, undefined, undefined],
  );
  assert.equal(host.rows.size, 0);
  const drawn = () =>
    host.posted.flatMap(({ type, messageIds }) =>
      messageIds || type === 'loadThread' ? [messageIds ?? 'all'] : [],
    );
  const [, answer, question] = host.saved().messages.map(({ id }) => id);
  assert.deepEqual(drawn(), [[answer, question]]);
  await host.send('Bye');
  assert.equal(drawn().length, 1, 'there is nothing to take away');
  server.script(cut);
  await host.send('Count');
  await host.press({ name: 'ResetContext', skipBotMessage: true, meta: {} });
  server.script(say('Fine.'));
  await host.send('Hi');
  assert.deepEqual([drawn().length, host.rows.size], [2, 0], 'Reset has taken them away');
  const older = { id: 'msg_1', sender: 'bot', text: 'Once', availableTasks: [] };
  host.disk.save({ id: host.threadId, messages: [older, { id: 'marker_1', type: 'marker' }] });
  await host.send('Hi');
  assert.equal(drawn().at(-1), 'all', 'the page cannot put a bubble before a line');
});

test('of an answer to "Load" no more than a mebibyte is read', async () => {
  let sent = 0;
  const baseURL = await startOwn((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url === '/api/v0/models')
      return response.end('{"data":[{"id":"big","type":"llm"}]}');
    if (request.url !== '/api/v1/models/load') return response.end('{}');
    const send = () => {
      while (sent < 400 * 2 ** 20 && response.write('x'.repeat(65_536))) sent += 65_536;
    };
    response.on('drain', send);
    send();
  });
  const host = chats.open({ llm: { baseURL, model: '' } });
  await host.press({ name: 'LoadModel', meta: { model: 'big' } });
  assert.ok(sent < 8 * 2 ** 20, `${sent} bytes were taken`);
});

test('the drop-downs are drawn again with every turn, with the models as they are then', async () => {
  server.script(say('Hello.'));
  const host = chats.open({ llm: { presets: { brief: { systemPrompt: 'Be brief.' } } } });
  await host.send('Hi');
  const drawn = host.posted.find(({ type }) => type === 'loadOperations');
  const operations = drawn?.operations as {
    name: string;
    settingKey: string;
    options: { label: string }[];
  }[];
  assert.deepEqual(
    operations.slice(0, 3).map(({ settingKey }) => settingKey),
    ['model', 'reasoning', 'preset'],
  );
  assert.deepEqual(
    operations[0]?.options.map(({ label }) => label),
    ['✓ tiny', 'big'],
  );
  host.choose('preset', 'brief');
  await host.send('And now');
  assert.deepEqual(lastRequest(server).body.messages[0], { role: 'system', content: 'Be brief.' });
  assert.equal(lastMeta(host).verdict, 'complete');
});
