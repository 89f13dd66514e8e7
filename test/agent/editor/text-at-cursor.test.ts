import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textSoFar, textToKeep } from '../../../src/agent/editor/inserted-text.ts';
import { placeAfter } from '../../../src/agent/editor/text-writer.ts';
import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { chatsWith, lastRequest } from '../doubles/chats.ts';
import { clock } from '../doubles/clock.ts';
import type { Host } from '../doubles/host.ts';
import {
  begin,
  ending,
  frame,
  refuse,
  type Script,
  say,
  startServer,
} from '../doubles/scripted-server.ts';
import { type EditorDouble, installVSCode } from '../doubles/vscode.ts';

const server = await startServer();
const chats = chatsWith(server);
const document = 'line one\n\nline three\n';
let threads = 0;

/** 'Generate Text at Cursor' in the empty second line. */
async function generate(
  script: Script,
  documentUri = 'file:///a.ts',
  text = 'Write a constant',
): Promise<Host> {
  server.script(script);
  const host = chats.open({ threadId: `thread_text_${++threads}` });
  const meta = {
    autoProcess: true,
    insertMode: true,
    targetEditor: { documentUri, position: { line: 1, character: 0 } },
  };
  const question = { id: 'msg_1', sender: 'user', text, meta };
  host.disk.save({ id: host.threadId, messages: [question] });
  await clock.passWhile(host.press({ name: 'InitTask', meta: {} }));
  return host;
}

test('a newer turn while the document is opened: nothing is asked for the older one', async () => {
  const editor = installVSCode(document);
  server.script(say('text'));
  const agent = new LocalLLMStreamAgent({ llm: { baseURL: server.baseURL, model: 'tiny' } }, {});
  const targetEditor = { documentUri: 'file:///a.ts', position: { line: 1, character: 0 } };
  const meta = { insertMode: true, targetEditor };
  const thread = { id: 'two', messages: [{ id: 'msg_1', sender: 'user', text: 'x', meta }] };
  const before = server.seen.length;
  const [older] = await Promise.all([
    agent.executeTask({ name: 'InitTask' }, thread),
    agent.generateReply(thread),
  ]);
  let text = '';
  for await (const chunk of older.getStream() ?? []) text += chunk;
  assert.deepEqual([text, server.seen.length - before, editor.text()], ['', 0, document]);
});

/** Sends the pieces one after the other; when one is in the document, something is done. */
const meanwhile =
  (editor: EditorDouble, pieces: string[], between: (piece: number) => void): Script =>
  async (response) => {
    begin(response);
    for (const [i, content] of pieces.entries()) {
      response.write(frame({ content }));
      const soFar = `\n${pieces
        .slice(0, i + 1)
        .join('')
        .trim()}`;
      await clock.passUntil(() => editor.text().includes(soFar));
      between(i);
    }
    response.end(ending());
  };

test('the answer stands in the document, without its reasoning and without a fence around it', async () => {
  const editor = installVSCode(document);
  await generate(
    say({ reasoning_content: 'Hm.' }, '\n``', '`ts\nconst a', ' = 1;\nconst b = 2;\n``', '`\n'),
  );
  assert.equal(editor.text(), 'line one\nconst a = 1;\nconst b = 2;\nline three\n');
  assert.deepEqual([editor.errors, editor.isBusy()], [[], false]);
  editor.undo();
  assert.equal(editor.text(), document, 'one undo takes back all of it');
});

test('what turns out to be reasoning is taken out of the document', async () => {
  const editor = installVSCode(document);
  await generate(say('First I think.', '</think>', 'Then I say.'));
  assert.equal(editor.text(), 'line one\nThen I say.\nline three\n');
});

test('it comes as it streams, and the model knows what is around the cursor', async () => {
  const editor = installVSCode(document);
  const seen: string[] = [];
  await generate(meanwhile(editor, ['one ', 'two ', 'three'], () => seen.push(editor.text())));
  assert.deepEqual(seen.slice(0, 2), [
    'line one\none\nline three\n',
    'line one\none two\nline three\n',
  ]);
  assert.equal(editor.text(), 'line one\none two three\nline three\n');
  assert.match(
    String(lastRequest(server).body.messages.at(-1)?.content),
    /a\.ts \(typescript\)[\s\S]*line one[\s\S]*line three[\s\S]*Write a constant$/,
  );
});

test('what the user types before it, behind it and right at the cursor stays where it is', async () => {
  const editor: EditorDouble = installVSCode(document);
  await generate(
    meanwhile(editor, ['one ', 'two ', 'three'], (piece) => {
      if (piece === 0) editor.type(0, 'ABC ');
      if (piece === 1) editor.type(editor.text().length, 'the end\n');
    }),
  );
  assert.equal(editor.text(), 'ABC line one\none two three\nline three\nthe end\n');
});

test('the editor is closed meanwhile: the document gets the rest', async () => {
  const editor: EditorDouble = installVSCode(document);
  await generate(
    meanwhile(editor, ['one ', 'two'], (piece) => piece === 0 && editor.closeEditor()),
  );
  assert.equal(editor.text(), 'line one\none two\nline three\n');
});

test('a document with the line ends of Windows keeps them', async () => {
  const editor = installVSCode('a\r\n\r\nb\r\n', 2);
  await generate(say('one\n', 'two\n', 'three'));
  assert.match(editor.text(), /one\r\ntwo\r\nthree/);
});

test('an error is shown by VS Code, and the document is as it was', async () => {
  const editor = installVSCode(document);
  await generate(refuse(500, { error: 'boom' }));
  assert.equal(editor.text(), document);
  await generate(async (response) => {
    begin(response);
    response.write(frame({ content: 'Half of it' }));
    await clock.passUntil(() => editor.text().includes('Half of it'));
    response.destroy();
  });
  assert.equal(editor.text(), document);
  await generate(refuse(400, { error: 'No models loaded.' }), 'file:///a.ts', '写一个常量');
  assert.deepEqual(editor.errors, [
    'local-llm: no text was inserted. The server refused the question (status 500). The server says: "boom" Run the command again. If it fails again, look at the server\'s log.',
    `local-llm: no text was inserted. The server at ${server.baseURL} closed the connection before the answer was finished. Its log may say why. Run the command again.`,
    'local-llm：没有插入文本。还没有加载模型。服务的原话：“No models loaded.” 请在服务里加载一个（LM Studio：在终端运行 `lms load`），然后再运行一次这个命令。',
  ]);
  assert.equal(editor.isBusy(), false);
});

test('a document that is gone is told', async () => {
  const editor = installVSCode(document);
  await generate(say('text'), 'file:///gone.ts');
  assert.deepEqual(editor.errors, [
    'local-llm: no text was inserted. The document cannot be written to.',
  ]);
});

test('undo in the middle, or Cancel, ends it, and the server stops', async () => {
  for (const end of ['undo', 'cancel'] as const) {
    const editor: EditorDouble = installVSCode(document);
    await generate(async (response) => {
      begin(response);
      response.write(frame({ content: 'one two' }));
      await clock.passUntil(() => editor.text().includes('one two'));
      editor[end]();
    });
    await lastRequest(server).left;
    assert.equal(editor.text(), end === 'undo' ? document : 'line one\none two\nline three\n');
    assert.deepEqual([editor.errors, editor.isBusy()], [[], false]);
  }
});

for (const [name, text, kept] of [
  ['no fence', 'const a;\n', 'const a;'],
  ['a fence around it', '```ts\na\nb\n```\n', 'a\nb'],
  ['a fence of tildes', '~~~\na\n~~~', 'a'],
  ['a fence that is not closed', '```ts\na', 'a'],
  ['a fence, and words after it', '```ts\na\n```\nThis is a.', 'a'],
  ['a fence between words', 'Here it is:\n```\na\n```\nBye.', 'a'],
  ['an indented fence', '1. Like this:\n   ```\n   a\n   ```', '   a'],
  ['a fence inside a longer one', '````md\n```\na\n```\n````', '```\na\n```'],
  ['two fences', '```\na\n```\n\n```\nb\n```', '```\na\n```\n\n```\nb\n```'],
  ['backticks in the first line', '`a` is code', '`a` is code'],
] as const) {
  test(`what stays in the document: ${name}`, () => assert.equal(textToKeep(text), kept));
}

for (const [name, text] of [
  ['no fence', 'const a;\n'],
  ['a fence around it', '```ts\na\nb\n```\n'],
  ['a fence of tildes', '~~~\na\n~~~'],
  ['a fence, and words after it', '```ts\na\n```\nThis is a.'],
  ['backticks in the first line', '`a` is code'],
] as const) {
  test(`while it comes no sign of a fence around it is shown: ${name}`, () => {
    for (let i = 0; i <= text.length; i++) {
      const shown = textSoFar(text.slice(0, i));
      assert.ok(textToKeep(text).startsWith(shown), `${i}: ${shown}`);
    }
  });
}

for (const [name, text, shown] of [
  ['a fence between words', 'Here it is:\n```\na\n```\nBye.', 'Here it is:\n```\na\n```\nBye.'],
  ['words, and two fences', 'One:\n```\na\n```\n~~~\nb', 'One:\n```\na\n```\n~~~\nb'],
  ['two fences', '```\na\n```\n\n```\nb\n```', 'a'],
  ['a fence inside a longer one', '````md\n```\na\n```\n````', '```\na\n```'],
  ['code in the first line, and a fence', '```a```\n~~~\nb', '```a```\n~~~\nb'],
] as const) {
  test(`while it comes it only grows: ${name}`, () => {
    let last = '';
    for (let i = 0; i <= text.length; i++) {
      const soFar = textSoFar(text.slice(0, i));
      assert.ok(soFar.startsWith(last), `${i}: ${last} → ${soFar}`);
      last = soFar;
    }
    assert.equal(textSoFar(`${text}\n`), shown);
  });
}

test('where a text is after the edits of others', () => {
  const place = { start: 10, length: 5 };
  for (const [rangeOffset, rangeLength, text, expected] of [
    // Before it, at its beginning, at its end, after it.
    [0, 0, 'abc', { start: 13, length: 5 }],
    [2, 4, '', { start: 6, length: 5 }],
    [10, 0, 'abc', { start: 13, length: 5 }],
    [8, 2, 'abc', { start: 11, length: 5 }],
    [15, 0, 'abc', place],
    [20, 3, '', place],
    // In the middle.
    [12, 0, 'abc', { start: 10, length: 8 }],
    [11, 2, '', { start: 10, length: 3 }],
    // Over its beginning, over its end, over all of it.
    [8, 4, 'x', { start: 9, length: 3 }],
    [13, 6, 'x', { start: 10, length: 3 }],
    [8, 10, 'x', { start: 9, length: 0 }],
    [10, 5, '', undefined],
    [5, 20, '', undefined],
  ] as const) {
    const change = { rangeOffset, rangeLength, text };
    assert.deepEqual(placeAfter(place, change), expected, JSON.stringify(change));
  }
  assert.deepEqual(
    placeAfter({ start: 4, length: 0 }, { rangeOffset: 4, rangeLength: 0, text: 'ab' }),
    { start: 6, length: 0 },
    'nothing is written yet: what is typed there stays before it',
  );
});
