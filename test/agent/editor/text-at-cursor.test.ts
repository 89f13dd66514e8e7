import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutOuterFence } from '../../../src/agent/editor/insertion.ts';
import { chatsWith, lastRequest } from '../doubles/chats.ts';
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
async function generate(script: Script, documentUri = 'file:///a.ts'): Promise<Host> {
  server.script(script);
  const host = chats.open({ threadId: `thread_text_${++threads}` });
  const meta = {
    autoProcess: true,
    insertMode: true,
    targetEditor: { documentUri, position: { line: 1, character: 0 } },
  };
  const question = { id: 'msg_1', sender: 'user', text: 'Write a constant', meta };
  host.disk.save({ id: host.threadId, messages: [question] });
  await host.press({ name: 'InitTask', meta: {} });
  return host;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 150));

/** Sends the pieces one after the other, and does something between. */
const meanwhile =
  (pieces: string[], between: (piece: number) => void): Script =>
  async (response) => {
    begin(response);
    for (const [i, content] of pieces.entries()) {
      response.write(frame({ content }));
      await pause();
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

test('it comes as it streams, and the model knows what is around the cursor', async () => {
  const editor = installVSCode(document);
  const seen: string[] = [];
  await generate(meanwhile(['one ', 'two ', 'three'], () => seen.push(editor.text())));
  assert.deepEqual(seen.slice(0, 2), [
    'line one\none\nline three\n',
    'line one\none two\nline three\n',
  ]);
  assert.equal(editor.text(), 'line one\none two three\nline three\n');
  const { messages } = lastRequest(server).body;
  assert.match(String(messages[0]?.content), /a\.ts \(typescript\)/);
  assert.match(String(messages[1]?.content), /line one[\s\S]*line three[\s\S]*Write a constant$/);
});

test('what the user types before it, behind it and right at the cursor stays where it is', async () => {
  const editor: EditorDouble = installVSCode(document);
  await generate(
    meanwhile(['one ', 'two ', 'three'], (piece) => {
      if (piece === 0) editor.type(0, 'ABC ');
      if (piece === 1) editor.type(editor.text().length, 'the end\n');
    }),
  );
  assert.equal(editor.text(), 'ABC line one\none two three\nline three\nthe end\n');
});

test('the editor is closed meanwhile: the document gets the rest', async () => {
  const editor: EditorDouble = installVSCode(document);
  await generate(meanwhile(['one ', 'two'], (piece) => piece === 0 && editor.closeEditor()));
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
  assert.match(editor.errors[0] ?? '', /^No text was inserted\. The server refused/);
  await generate((response) => {
    begin(response);
    response.write(frame({ content: 'Half of it' }));
    setTimeout(() => response.destroy(), 200);
  });
  assert.deepEqual([editor.text(), editor.errors.length], [document, 2]);
  assert.equal(editor.isBusy(), false);
});

test('a document that is gone is told', async () => {
  const editor = installVSCode(document);
  await generate(say('text'), 'file:///gone.ts');
  assert.deepEqual(editor.errors, ['No text was inserted. The document cannot be written to.']);
});

test('undo in the middle, or Cancel, ends it, and the server stops', async () => {
  for (const end of ['undo', 'cancel'] as const) {
    const editor: EditorDouble = installVSCode(document);
    await generate((response) => {
      begin(response);
      response.write(frame({ content: 'one two' }));
      setTimeout(() => editor[end](), 300);
    });
    await lastRequest(server).left;
    assert.equal(editor.text(), end === 'undo' ? document : 'line one\none two\nline three\n');
    assert.deepEqual([editor.errors, editor.isBusy()], [[], false]);
  }
});

for (const [name, text, whole] of [
  ['no fence', 'const a;\n', 'const a;'],
  ['a fence around it', '```ts\na\nb\n```\n', 'a\nb'],
  ['a fence of tildes', '~~~\na\n~~~', 'a'],
  ['a fence that is not closed', '```ts\na', 'a'],
  ['a fence, and more behind it', '```ts\na\n```\nmore', '```ts\na\n```\nmore'],
  ['a fence in the middle', 'x\n```\na\n```', 'x\n```\na\n```'],
  ['backticks in the first line', '`a` is code', '`a` is code'],
] as const) {
  test(`a fence around the whole is taken off: ${name}`, () => {
    assert.equal(withoutOuterFence(text, true), whole);
    for (let i = 0; i < text.length; i++) {
      const shown = withoutOuterFence(text.slice(0, i), false);
      if (name !== 'a fence, and more behind it')
        assert.ok(whole.startsWith(shown), `${i}: ${shown}`);
    }
  });
}
