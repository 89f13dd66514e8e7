import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadAttachments } from '../../src/agent/attachments.ts';
import { createSay } from '../../src/agent/words.ts';

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
  const notes: string[] = [];
  const [loaded] = await loadAttachments(
    [{ sender: 'user', text: 'Look.', ...message }],
    { storagePath: place, threadId },
    createSay('en'),
    (note) => notes.push(note),
  );
  return { text: loaded?.text, images: loaded?.images, notes };
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

test('a path from Windows is read', async () => {
  assert.match((await load({ filePath: 'thread_1\\notes.md' })).text ?? '', /# Notes/);
});

for (const [name, message, why] of [
  ['a path that climbs out', { filePath: 'thread_1/../../secret.txt' }, "this chat's folder"],
  ['backslashes that climb out', { imagePath: '..\\..\\secret.txt' }, "this chat's folder"],
  ["another thread's folder", { filePath: 'thread_2/other.txt' }, "this chat's folder"],
  ['an absolute path', { filePath: '/etc/passwd' }, "this chat's folder"],
  ['a link to a file', { filePath: 'thread_1/link.txt' }, "this chat's folder"],
  ['a link to a folder', { imagePath: 'sub/other.txt' }, "this chat's folder"],
  ['the folder itself', { filePath: 'thread_1' }, "this chat's folder"],
  ['a file of 1 GB', { filePath: 'thread_1/large.txt' }, '≤ 256 KiB'],
  ['no such file', { filePath: 'thread_1/none.txt' }, "this chat's folder)"],
  ['an absolute path to nothing', { filePath: '/none/none.txt' }, "this chat's folder"],
  ['an image of another kind', { imagePath: 'moving.gif' }, 'PNG, JPEG'],
  ['a file that is no text', { filePath: 'thread_1/binary.dat' }, 'only UTF-8'],
  ['a text in another encoding', { filePath: 'thread_1/gbk.txt' }, 'only UTF-8'],
] as const) {
  test(`refused in words, and the question goes on without it: ${name}`, async () => {
    const { text, images, notes } = await load(message);
    assert.deepEqual([text, images, notes.length], ['Look.', [], 1]);
    assert.ok(notes[0]?.includes(why), notes[0]);
    assert.ok(!JSON.stringify(notes).includes('SECRET'));
  });
}

test('a thread whose folder is a link, or whose id is a path, gives nothing away', async () => {
  for (const threadId of ['thread_3', '..', 'thread_1/..', '']) {
    const { text, notes } = await load({ imagePath: 'secret.txt' }, threadId);
    assert.deepEqual([text, notes.length], ['Look.', 1], threadId);
  }
});

test('a pipe is not waited for', { skip: process.platform === 'win32' }, async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  assert.match((await load({ filePath: 'thread_1/pipe' })).notes[0] ?? '', /only UTF-8/);
});

test('a file as large as is allowed is sent whole', async () => {
  assert.equal((await load({ filePath: 'thread_1/edge.txt' })).text?.match(/x{262144}/)?.length, 1);
});

test('of the older messages nothing is said again, and their files are sent again', async () => {
  const notes: string[] = [];
  const loaded = await loadAttachments(
    [
      { sender: 'user', text: 'a', imagePath: 'picture.bin', filePath: 'thread_1/none.txt' },
      { sender: 'bot', text: 'b', imagePath: 'picture.bin' },
      { sender: 'user', text: 'c' },
    ],
    { storagePath, threadId: 'thread_1' },
    createSay('zh'),
    (note) => notes.push(note),
  );
  assert.deepEqual(
    loaded.map(({ images }) => images?.length),
    [1, 0, 0],
  );
  assert.deepEqual(notes, []);
});
