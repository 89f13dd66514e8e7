import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isChatError, listModels, streamChat } from '../../src/index.ts';
import { startReplayServer } from '../../src/replay/index.ts';
import { fixtures } from '../replay/helpers.ts';
import { root } from '../tools/project.ts';

// Each row of src/client/FROM-OPENAI.md: both sides are run against the same recording, and give the same.

const examples = join(root, 'test/compat/examples/package.json');
const isInstalled = existsSync(join(examples, '../node_modules/openai'));
const skip = isInstalled ? false : 'not installed: npm ci --prefix test/compat/examples';

/** The recording that a row is asked of; `hello` if none is named. */
const exchanges: Record<string, string> = {
  'the calls of tools': 'tool-call',
  "an error's status": 'error-token',
  'the names of the models': 'models',
};

const page = readFileSync(join(root, 'src/client/FROM-OPENAI.md'), 'utf8');
const rows = [...page.matchAll(/^\| ([^|`]+) \| `(.+)` \| `(.+)` \|$/gm)];
const server = await startReplayServer(join(fixtures, 'lmstudio'));
after(() => server.close());

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;

/** Runs the code of a cell, a loop that adds to `text` or an expression, with these names in scope. */
function run(code: string, names: Record<string, unknown>): Promise<unknown> {
  const body = code.startsWith('for ') ? `let text = ''; ${code}; return text;` : `return ${code};`;
  return new AsyncFunction(...Object.keys(names), body)(...Object.values(names));
}

test('the page has a row for each thing', () => assert.equal(rows.length, 7));

for (const [, name = '', theirs = '', ours = ''] of rows) {
  test(`openai and streamChat give the same: ${name}`, { skip }, async () => {
    const { OpenAI } = createRequire(examples)('openai');
    const options = { baseURL: `${server.url}/${exchanges[name] ?? 'hello'}/v1`, apiKey: 'a-key' };
    const body = { model: 'm', messages: [{ role: 'user', content: 'Say hello.' }] };
    const names = { body, options, isChatError, listModels, streamChat, OpenAI };
    const client = new OpenAI({ ...options, maxRetries: 0 });
    const [given, expected] = [await run(ours, names), await run(theirs, { ...names, client })];
    assert.ok(given !== undefined && given !== false && given !== '', String(given));
    assert.deepEqual(given, expected);
  });
}
