import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type ReplayServer,
  readExchange,
  replayFetch,
  startReplayServer,
} from '../../src/replay/index.ts';
import { findFreePort } from '../tools/http-server.ts';
import { fixtures } from './helpers.ts';

// Every step of src/replay/README.md, in its order, in one project that has the package installed as it is built.

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = existsSync(join(root, 'dist/cli.js'));
const skip = !built
  ? 'the package is not built: npm run build'
  : process.platform === 'win32' && 'the page is for sh, and Windows has no process groups';
const openai = join(root, 'test/compat/examples/node_modules/openai');

/** The blocks of the page that a comment `<!-- run: NAME -->` marks. */
const page = await readFile(join(root, 'src/replay/README.md'), 'utf8');
const blocks = new Map<string, string>();
let project = '';

before(async () => {
  const marked = /<!-- run: (\S+) -->\n```\w+\n([\s\S]*?)```\n/g;
  for (const [, name = '', code = ''] of page.matchAll(marked)) blocks.set(name, code);
});

const block = (name: string): string => {
  const code = blocks.get(name);
  assert.ok(code !== undefined, `the page has no block marked run: ${name}`);
  // npx would stand between us and the signals.
  return code.replaceAll('npx local-llm-stream-agent', 'node_modules/.bin/local-llm-stream-agent');
};

/** Starts a shell in the project; `printed` waits for its output. */
function shell(script: string, env: NodeJS.ProcessEnv = {}) {
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  const child = spawn('bash', ['-ec', script], {
    cwd: project,
    env: { ...rest, GIT_CONFIG_GLOBAL: '/dev/null', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      output += bytes;
    });
  }
  const closed = once(child, 'close') as Promise<[number | null]>;
  const signal = (name: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, name);
  };
  after(() => signal('SIGKILL'));
  return {
    async printed(what: RegExp): Promise<string> {
      for (;;) {
        const [match] = what.exec(output) ?? [];
        if (match !== undefined) return match;
        await Promise.race([once(child.stdout, 'data'), closed.then(() => assert.fail(output))]);
      }
    },
    interrupt: () => signal('SIGINT'),
    async end() {
      const [status] = await closed;
      return { status, output };
    },
  };
}

async function succeed(script: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const { status, output } = await shell(script, env).end();
  assert.equal(status, 0, output);
  return output;
}

describe('the whole story of the page works, step by step', { skip }, () => {
  let answered = 0;
  let studio: ReplayServer;
  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'replay-'));
    await mkdir(join(project, 'node_modules/.bin'), { recursive: true });
    await symlink(root, join(project, 'node_modules/local-llm-stream-agent'));
    await symlink(
      join(root, 'dist/cli.js'),
      join(project, 'node_modules/.bin/local-llm-stream-agent'),
    );
    if (existsSync(openai)) await symlink(openai, join(project, 'node_modules/openai'));
    await writeFile(join(project, 'package.json'), '{"scripts":{"test":"node --test"}}');
    // It answers in place of LM Studio.
    studio = await startReplayServer(join(fixtures, 'lmstudio/hello'), {
      onRequest: () => answered++,
    });
  });
  after(async () => {
    await studio.close();
    await rm(project, { recursive: true, force: true });
  });
  const spoken = /Good morning! What shall we look at first\?/;
  const spokenInDeltas = /"content":"Good"[\s\S]*\[DONE\]/;
  const shownInDeltas = /text "Good"[\s\S]*\[DONE\]/;

  test('1. record', async () => {
    const command = block('record').trim().replace('http://127.0.0.1:1234', studio.url);
    const recorder = shell(`exec ${command} --port 0`);
    const url = await recorder.printed(/http:\/\/127\.0\.0\.1:\d+(?=\/v1 instead)/);
    assert.match(await succeed(block('ask').replace('http://127.0.0.1:8090', url)), spokenInDeltas);
    recorder.interrupt();
    const { status, output } = await recorder.end();
    assert.match(
      output,
      /recorded {3}POST \/v1\/chat\/completions: hello, .*\n\n1 exchange in fixtures\/lmstudio\n/,
    );
    assert.equal(status, 0);
  });

  test('2. look', async () => {
    const output = await succeed(block('look'));
    assert.match(
      output,
      /lmstudio\/hello \(recorded\): POST \/v1\/chat\/completions -> 200, complete/,
    );
    assert.match(output, shownInDeltas);
    assert.match(output, /No problems/);
  });

  test('3. commit', async () => {
    const person = 'git init -q; git config user.name me; git config user.email me@localhost';
    await succeed(`${person}; ${block('commit')}`);
    assert.match(await succeed('git ls-files'), /fixtures\/lmstudio\/hello\.sse/);
    assert.match(await succeed('git check-attr text fixtures/lmstudio/hello.sse'), /text: unset/);
  });

  test('4. replay in a test', async () => {
    const names = ['normalize.test.mjs', 'tools.test.mjs', 'timers.test.mjs'];
    for (const name of ['hello.test.mjs', ...names]) {
      await writeFile(join(project, name), block(name));
    }
    const output = await succeed('node --test', { CI: 'true' });
    assert.match(output, /pass 7/);
    for (const name of names) await rm(join(project, name));
  });

  test('5. with the OpenAI SDK', {
    skip: existsSync(openai) ? false : 'openai is not installed',
  }, async () => {
    await writeFile(join(project, 'openai.mjs'), block('openai.mjs'));
    assert.match(await succeed('node openai.mjs'), spoken);
  });

  test('6. serve, with curl', async () => {
    const server = shell(`exec ${block('serve').trim()} --port 0`);
    const url = await server.printed(/http:\/\/127\.0\.0\.1:\d+(?=\/v1)/);
    const output = await succeed(block('curl').replaceAll('http://127.0.0.1:8089', url));
    assert.equal(output.match(/\[DONE\]/g)?.length, 2);
    assert.equal(output.match(/"content":"Good"/g)?.length, 3);
    server.interrupt();
    assert.equal((await server.end()).status, 0);
  });

  test('7. in GitHub Actions: a miss fails the job, and only that', async () => {
    const runs = [...block('actions').matchAll(/- run: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/g)];
    const steps = runs.map(([, many, one]) => (many ?? one ?? '').replace(/^ {10}/gm, ''));
    assert.equal(steps.length, 3);
    assert.equal(steps[0], 'npm ci');
    const port = await findFreePort();
    const script = steps
      .slice(1)
      .join('\n')
      .replaceAll('8089', `${port}`)
      .replace('serve fixtures', `serve fixtures --port ${port}`);
    const { request } = await readExchange(join(project, 'fixtures/lmstudio/hello.json'));
    const asks = (body: unknown) => `
      const url = process.env.OPENAI_BASE_URL + '/chat/completions';
      await fetch(url, { method: 'POST', body: JSON.stringify(${JSON.stringify(body)}) });`;
    await writeFile(join(project, 'hello.test.mjs'), asks(request.body));
    await succeed(script);
    await writeFile(join(project, 'hello.test.mjs'), asks({ messages: 'never recorded' }));
    const { status, output } = await shell(script).end();
    assert.equal(status, 1);
    assert.match(output, / Nearest: lmstudio\/hello\. /);
  });

  test('8. a setup file, and the one line', async () => {
    await writeFile(join(project, 'setup.mjs'), block('setup.mjs'));
    const call = `fetch('${studio.url}/v1/chat/completions', { method: 'POST', body: '{"seed":SEED}' })`;
    const script = (seed: number) =>
      `const r = await ${call.replace('SEED', `${seed}`)}; console.log(await r.text());`;
    const lines: [line: string, seeds: [number, number]][] = [
      ['./setup.mjs', [1, 2]],
      ['local-llm-stream-agent/replay/setup', [3, 3]],
    ];
    for (const [line, [recorded, replayed]] of lines) {
      assert.match(page, new RegExp(line === './setup.mjs' ? 'setup.mjs' : `--import ${line}`));
      const env = { LOCAL_LLM_FIXTURES: 'fixtures/suite' };
      const run = (seed: number, CI = '') =>
        succeed(`node --import ${line} --input-type=module -e "$SCRIPT"`, {
          ...env,
          CI,
          SCRIPT: script(seed),
        });
      assert.match(await run(recorded), spokenInDeltas);
      const asked = answered;
      assert.match(await run(replayed, 'true'), spokenInDeltas);
      assert.equal(answered, asked, 'it was replayed');
    }
  });

  test('9. asked again: by hand, and each week', async () => {
    const command = block('live').trim().replace('http://127.0.0.1:1234', studio.url);
    assert.equal(block('live').trim(), block('weekly').trim().split('- run: ').at(-1));
    assert.match(await succeed(command), /requests? sent again to .*\. No changes\.\n/);
  });

  test('the action has the inputs that the page gives it', async () => {
    const [, given = ''] = /with: \{(.*)\}/.exec(block('action')) ?? [];
    const names = given.split(',').map((it) => it.split(':')[0]?.trim());
    const [, inputs = ''] =
      /\ninputs:\n([\s\S]*?)\noutputs:/.exec(await readFile(join(root, 'action.yml'), 'utf8')) ??
      [];
    assert.deepEqual(
      names,
      [...inputs.matchAll(/^ {2}(\w+):$/gm)].map(([, name]) => name),
    );
  });

  test('the format that it shows is one', async () => {
    await writeFile(join(project, 'hello.json'), block('format'));
    await writeFile(join(project, 'hello.sse'), 'data: [DONE]\n\n');
    await (await readExchange(join(project, 'hello.json'))).readBody();
  });
});

test('the page has every mode, every play option and every fixture that it names', async () => {
  for (const mode of ['new', 'none', 'once']) assert.match(page, new RegExp(`\\| \`${mode}\``));
  const unknown: object = { nonsense: 1 };
  assert.throws(
    () => replayFetch([], unknown),
    ({ message }) => {
      const names = message.split('there are ')[1].split(', ');
      for (const name of [...names, 'then']) assert.match(page, new RegExp(`\\b${name}\\b`), name);
      return names.includes('speed');
    },
  );
  const [, table = ''] = page.split('| to see | look at |');
  const rows = table
    .split('\n')
    .map((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  for (const row of rows) {
    let folder = '';
    for (const name of row.filter((it) => it !== '<think>')) {
      if (name.includes('/')) folder = name.replace(/[^/]*$/, '');
      const file = join(fixtures, `${name.includes('/') ? '' : folder}${name}.json`);
      assert.ok(existsSync(file), file);
    }
  }
});
