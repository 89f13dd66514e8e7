import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { startReplayServer } from '../../src/replay/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'src/client/README.md'), 'utf8');
const server = await startReplayServer(join(root, 'fixtures'));
const folder = await mkdtemp(join(tmpdir(), 'page-'));
await mkdir(join(folder, 'node_modules'));
await symlink(root, join(folder, 'node_modules/local-llm-stream-agent'), 'junction');
await writeFile(join(folder, 'picture.png'), 'any bytes');
after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** The snippets of the page, with the exchanges that answer them, by their names. */
const snippets = new Map(
  [...page.matchAll(/<!-- run: (\S+)(.*) -->\n+```js\n([\s\S]*?)```/g)].map(
    ([, name = '', exchanges = '', code = '']) => [name, { exchanges: exchanges.trim(), code }],
  ),
);

/** Runs a snippet exactly as it stands on the page, and gives what it prints. */
async function run(name: string): Promise<string> {
  const snippet = snippets.get(name);
  assert.ok(snippet, `the page has no snippet ${name}`);
  snippets.delete(name);
  await writeFile(join(folder, name), snippet.code);
  const redirect = pathToFileURL(join(root, 'test/pages/redirect.mjs')).href;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', redirect, name], {
    cwd: folder,
    env: { ...process.env, REPLAY_SERVER: server.url, EXCHANGES: snippet.exchanges },
  });
  return stdout;
}

test('an error and its fields', async () => {
  assert.equal(
    await run('errors.mjs'),
    'connection refused\n' +
      'http://127.0.0.1:9999/v1 cannot be reached: connect ECONNREFUSED 127.0.0.1:9999\n' +
      'Start the server. LM Studio: `lms server start`\n0\n',
  );
});

test('several turns', async () => {
  assert.equal(await run('turns.mjs'), '5\n');
});

test('a tool call and its result', async () => {
  assert.equal(await run('tools.mjs'), 'tool_calls \ncomplete It says: buy bread.\n');
});

test('a button that stops the answer', async () => {
  assert.equal(await run('abort.mjs'), 'The user pressed Stop.\ntrue\n');
});

test('an image', async () => {
  assert.equal(await run('image.mjs'), 'Hello! How can I help you today?');
});

test('a JSON schema', async () => {
  assert.equal(await run('schema.mjs'), "[ 'city', 'country' ]\n");
});

test('a route handler', async () => {
  assert.equal(await run('route.mjs'), 'Hello! How can I help you today?\n');
});

test('a route handler of Express and node:http', async () => {
  assert.equal(await run('node-route.mjs'), 'Hello! How can I help you today?\n');
});

test('reasoning apart from the answer', async () => {
  assert.equal(await run('reasoning.mjs'), 'true true\n');
});

test('a reply that outlives its connection', async () => {
  assert.equal(await run('resume.mjs'), 'true\n');
});

test('every snippet of the page was run', () => {
  assert.deepEqual([...snippets.keys()], []);
});

/** The words between backticks at the start of a table's rows, in this section. */
function told(section: string, column: RegExp): string[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [rows = ''] = text.split('\n## ');
  return [...rows.matchAll(column)].flatMap(([, words = '']) =>
    [...words.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word),
  );
}

test('every option is in the table, and nothing else', async () => {
  const types = await readFile(join(root, 'src/client/types.ts'), 'utf8');
  const declared = ['Timeouts', 'ServerOptions', 'StreamOptions'].flatMap((name) => {
    const [, body = ''] =
      types.match(new RegExp(`interface ${name}[^{]*\\{([\\s\\S]*?)\\n\\}`)) ?? [];
    const prefix = name === 'Timeouts' ? 'timeouts.' : '';
    return [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, field]) => prefix + field);
  });
  const options = told('Options', /^\| (`[\w.]+`) \|/gm);
  assert.deepEqual(options.sort(), declared.filter((field) => field !== 'timeouts').sort());
});

test('every kind and every reason is in its table, and nothing else', async () => {
  const errors = await readFile(join(root, 'src/client/errors/errors.ts'), 'utf8');
  const members = (type: string) => {
    const [, union = ''] = errors.match(new RegExp(`export type ${type} =([\\s\\S]*?);`)) ?? [];
    return [...union.matchAll(/\| '([\w-]+)'/g)].map(([, member = '']) => member);
  };
  const rows = told('Errors, and what to do', /^\| (`.*?`) \|/gm);
  const declared = ['kind', ...members('ErrorKind'), 'reason', ...members('ErrorReason')];
  assert.deepEqual(rows.sort(), declared.sort());
});
