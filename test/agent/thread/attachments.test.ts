import assert from 'node:assert/strict';
import buffer from 'node:buffer';
import { execFileSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { copyFile, rename, rm, symlink } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadAttachments } from '../../../src/agent/thread/attachments.ts';

const root = mkdtempSync(join(tmpdir(), 'agent-files-'));
after(() => rmSync(root, { recursive: true }));

const storagePath = join(root, 'chat_threads');
const folder = join(storagePath, 'thread_1');
mkdirSync(folder, { recursive: true });
mkdirSync(join(storagePath, 'thread_2'));
writeFileSync(join(storagePath, 'thread_2', 'other.txt'), 'SECRET');
writeFileSync(join(root, 'secret.txt'), 'SECRET');

const png = '\x89PNG\r\n\x1a\n\0\0\0\r';
const jpeg = '\xff\xd8\xff\xe0\0\x10JFIF';
const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');
writeFileSync(join(folder, 'picture.bin'), png, 'latin1');
writeFileSync(join(folder, 'photo.png'), jpeg, 'latin1');
writeFileSync(join(folder, 'moving.gif'), 'GIF89a');
writeFileSync(join(folder, 'notes.md'), '# Notes\n```js\n1\n```\n');
writeFileSync(join(folder, 'gbk.txt'), '\xc4\xe3\xba\xc3', 'latin1');
writeFileSync(join(folder, 'binary.dat'), 'a\0b');
writeFileSync(join(folder, 'large.txt'), '');
truncateSync(join(folder, 'large.txt'), 2 ** 30);
writeFileSync(join(folder, 'edge.txt'), 'x'.repeat(256 * 1024));
symlinkSync(join(root, 'secret.txt'), join(folder, 'link.txt'));
symlinkSync(join(storagePath, 'thread_2'), join(folder, 'sub'));
symlinkSync(root, join(storagePath, 'thread_3'));

async function load(message: object, threadId = 'thread_1', place = storagePath) {
  const question = { sender: 'user', text: 'Look.', ...message };
  const thread = { id: threadId, messages: [question] };
  const { messages, files } = await loadAttachments([question], thread, place);
  const refused = files.filter(({ contents }) => !contents).map(({ name }) => name);
  const [loaded] = messages;
  return { text: loaded?.text, images: loaded?.images, refused };
}

test('an image becomes a data URL, its type read from its bytes, whichever button it came by', async () => {
  const url = `data:image/png;base64,${base64(png)}`;
  assert.deepEqual((await load({ imagePath: 'picture.bin' })).images, [url]);
  assert.deepEqual((await load({ filePath: 'thread_1/picture.bin' })).images, [url]);
  const { images } = await load({ imagePath: 'photo.png' });
  assert.deepEqual(images, [`data:image/jpeg;base64,${base64(jpeg)}`]);
});

test('a text file stands before the message, with its name, in a fence longer than its own', async () => {
  const { text } = await load({ filePath: 'thread_1/notes.md' });
  assert.equal(text, 'notes.md\n````\n# Notes\n```js\n1\n```\n````\n\nLook.');
});

test('a text file is sent without the mark of UTF-8 that Windows puts first', async () => {
  writeFileSync(join(folder, 'marked.txt'), '\ufeffHi');
  const { text } = await load({ filePath: 'thread_1/marked.txt' });
  assert.equal(text, 'marked.txt\n```\nHi\n```\n\nLook.');
});

test('a text file is read on a Node of before 18.14, which has no `isUtf8`', async (t) => {
  const { isUtf8 } = buffer;
  t.after(() => {
    Object.assign(buffer, { isUtf8 });
    syncBuiltinESMExports();
  });
  Object.assign(buffer, { isUtf8: undefined });
  syncBuiltinESMExports();
  assert.match((await load({ filePath: 'thread_1/notes.md' })).text ?? '', /# Notes/);
});

test('a path from Windows is read', async () => {
  assert.match((await load({ filePath: 'thread_1\\notes.md' })).text ?? '', /# Notes/);
});

for (const [name, message, file] of [
  ['a path that climbs out', { filePath: 'thread_1/../../secret.txt' }, 'secret.txt'],
  ['backslashes that climb out', { imagePath: '..\\..\\secret.txt' }, 'secret.txt'],
  ["another thread's folder", { filePath: 'thread_2/other.txt' }, 'other.txt'],
  ['an absolute path', { filePath: '/etc/passwd' }, 'passwd'],
  ['a link to a file', { filePath: 'thread_1/link.txt' }, 'link.txt'],
  ['a link to a folder', { imagePath: 'sub/other.txt' }, 'other.txt'],
  ['the folder itself', { filePath: 'thread_1' }, 'thread_1'],
  ['a file of 1 GB', { filePath: 'thread_1/large.txt' }, 'large.txt'],
  ['no such file', { filePath: 'thread_1/none.txt' }, 'none.txt'],
  ['an absolute path to nothing', { filePath: '/none/none.txt' }, 'none.txt'],
  ['an image of another kind', { imagePath: 'moving.gif' }, 'moving.gif'],
  ['a file that is no text', { filePath: 'thread_1/binary.dat' }, 'binary.dat'],
  ['a text in another encoding', { filePath: 'thread_1/gbk.txt' }, 'gbk.txt'],
] as const) {
  test(`refused, and the question goes on without it: ${name}`, async () => {
    assert.deepEqual(await load(message), { text: 'Look.', images: [], refused: [file] });
  });
}

test('a thread whose folder is a link, or whose id is a path, gives nothing away', async () => {
  for (const threadId of ['thread_3', '..', 'thread_1/..', '']) {
    for (const message of [{ imagePath: 'secret.txt' }, { filePath: `${threadId}/secret.txt` }]) {
      const { text, refused } = await load(message, threadId);
      assert.deepEqual([text, refused], ['Look.', ['secret.txt']], threadId);
    }
  }
});

test('a thread id that is a path gives nothing away, even where its folder exists', async () => {
  mkdirSync(join(folder, 'inner'));
  writeFileSync(join(folder, 'inner', 'inner.txt'), 'SECRET');
  for (const [path, id] of [
    ['thread_1/inner/inner.txt', 'thread_1/inner'],
    ['../secret.txt', '..'],
    ['notes.md', ''],
  ] as const) {
    const { text, refused } = await load({ filePath: path }, id);
    assert.deepEqual([text, refused.length], ['Look.', 1], id);
  }
});

test('a pipe is not waited for', { skip: process.platform === 'win32' }, async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  assert.deepEqual((await load({ filePath: 'thread_1/pipe' })).refused, ['pipe']);
});

test('a file as large as is allowed is sent whole', async () => {
  assert.equal((await load({ filePath: 'thread_1/edge.txt' })).text?.match(/x{262144}/)?.length, 1);
});

test('a file that is swapped for a link while it is read gives nothing from outside', async () => {
  const file = join(folder, 'swapped.txt');
  const own = join(folder, 'own.txt');
  const link = join(folder, 'link-to-outside.txt');
  writeFileSync(own, 'OWN');
  symlinkSync(join(root, 'secret.txt'), link);
  copyFileSync(own, file);
  let isSwapping = true;
  const swapping = (async () => {
    while (isSwapping) {
      for (const source of [link, own]) {
        await copyOrLink(source, `${file}.new`);
        await rename(`${file}.new`, file);
      }
    }
  })();
  const texts = new Set<string | undefined>();
  for (let i = 0; i < 300; i++) texts.add((await load({ filePath: 'thread_1/swapped.txt' })).text);
  isSwapping = false;
  await swapping;
  assert.ok(
    [...texts].every((text) => !text?.includes('SECRET')),
    [...texts].join(),
  );
});

test('a file of 256 KiB of backticks costs milliseconds', async () => {
  writeFileSync(join(folder, 'backticks.txt'), '`'.repeat(256 * 1024));
  const before = process.cpuUsage();
  const { text } = await load({ filePath: 'thread_1/backticks.txt' });
  const { user, system } = process.cpuUsage(before);
  assert.match(text ?? '', /^backticks\.txt\n`{262145}\n`{262144}\n`{262145}\n\nLook\.$/);
  assert.ok(user + system < 2e6, `${(user + system) / 1000} ms of CPU`);
});

test("the Markdown chat's file stands before the first question, as it is now", async () => {
  const path = join(root, 'chapter.md');
  const question = { sender: 'user', text: 'Shorten it.' };
  const thread = { id: 'thread_1', messages: [question], attachment: { name: 'x', path } };
  const textWith = async (content: string) => {
    writeFileSync(path, content);
    return (await loadAttachments([question], thread, storagePath)).messages[0]?.text;
  };
  assert.equal(await textWith('# One'), 'chapter.md\n```\n# One\n```\n\nShorten it.');
  assert.equal(await textWith('# Two'), 'chapter.md\n```\n# Two\n```\n\nShorten it.');
  const { messages, files } = await loadAttachments(
    [question],
    { ...thread, attachment: { path: join(root, 'secret.txt') } },
    storagePath,
  );
  assert.equal(messages[0]?.text, 'Shorten it.');
  assert.deepEqual(files, [{ name: 'secret.txt', contents: undefined }]);
});

test('of the older messages nothing is said again, and their files are sent again', async () => {
  const messages = [
    { sender: 'user', text: 'a', imagePath: 'picture.bin', filePath: 'thread_1/none.txt' },
    { sender: 'bot', text: 'b', imagePath: 'picture.bin' },
    { sender: 'user', text: 'c' },
  ];
  const thread = { id: 'thread_1', messages };
  const loaded = await loadAttachments(messages, thread, storagePath);
  assert.deepEqual(
    loaded.messages.map(({ images }) => images?.length),
    [1, 0, 0],
  );
  assert.deepEqual(loaded.files, []);
});

async function copyOrLink(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE).catch(() => {});
  if (source.includes('link')) {
    await rm(target, { force: true });
    await symlink(join(root, 'secret.txt'), target);
  }
}
