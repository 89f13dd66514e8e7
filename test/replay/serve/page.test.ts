import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startReplayServer } from '../../../src/replay/index.ts';
import { ask, fixtures, scratch, write } from '../helpers.ts';

// The replay server's own address shows what it serves: in a real browser, and without being a request that missed.

type Context = { after(done: () => unknown): void };

/** What of playwright-core is used here. */
interface Page {
  goto(url: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  selectOption(selector: string, value: string): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  evaluate(script: string): Promise<unknown>;
  on(event: 'console' | 'pageerror', listener: (message: object) => void): void;
}
interface Chromium {
  launch(options: { executablePath: string; args: string[] }): Promise<{
    newPage(): Promise<Page>;
    close(): Promise<void>;
  }>;
}

const requireExample = createRequire(
  fileURLToPath(new URL('../../compat/examples/package.json', import.meta.url)),
);
const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync);

function findPlaywright(): string | undefined {
  try {
    return requireExample.resolve('playwright-core');
  } catch {
    return undefined;
  }
}
const skip = !executablePath
  ? 'no Chromium is installed'
  : !findPlaywright() && 'playwright-core is not installed: npm ci --prefix test/compat/examples';

/** Waits, frame by frame, until an expression is true in the page. (Its policy allows no `eval`, as others would use.) */
async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) {
    await page.evaluate('new Promise(requestAnimationFrame)');
  }
}

/** A page with the server's address, and the errors that it told. */
async function openPage(t: Context, url: string) {
  const { chromium }: { chromium: Chromium } = requireExample('playwright-core');
  const browser = await chromium.launch({
    executablePath: executablePath ?? '',
    args: ['--no-sandbox'],
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('console', (message) => errors.push(String('text' in message && message.text)));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  await until(page, "document.querySelector('nav button[aria-current]') !== null");
  return { page, errors };
}

test('the page lists the exchanges and shows one with text, end, frames and time axis', {
  skip,
}, async (t) => {
  const server = await startReplayServer(fixtures);
  t.after(() => server.close());
  const { page, errors } = await openPage(t, `${server.url}/#lmstudio%2Freasoning-content`);
  const count = await page.evaluate("document.querySelectorAll('nav button').length");
  assert.equal(count, server.exchanges.length);
  assert.equal(await page.textContent('#name'), 'lmstudio/reasoning-content');
  assert.match(
    String(await page.textContent('#about')),
    /^modelled: .*POST \/v1\/chat\/completions -> 200/,
  );
  assert.match(String(await page.textContent('#reasoning')), /^91 is/);
  assert.equal(await page.textContent('#end'), 'The response ended here.');
  const bars = await page.evaluate("document.querySelectorAll('#axis rect').length");
  const rows = await page.evaluate("document.querySelectorAll('#frames tr').length");
  assert.ok(Number(bars) > 3 && bars === rows);
  // Looking is no request that missed, and nothing was asked for that the page does not need.
  assert.deepEqual([server.misses, errors], [[], []]);
});

test('an exchange is played at its speed: what has come grows until its end', {
  skip,
}, async (t) => {
  const server = await startReplayServer(join(fixtures, 'llama.cpp-2026'));
  t.after(() => server.close());
  const { page } = await openPage(t, `${server.url}/#server-killed-mid-stream`);
  const whole = String(await page.textContent('#text'));
  await page.selectOption('#speed', '0.25');
  await page.click('#play');
  await until(page, "document.querySelectorAll('#axis .waiting').length > 0");
  const begun = String(await page.textContent('#text'));
  assert.ok(begun.length < whole.length && whole.startsWith(begun));
  assert.equal(await page.textContent('#end'), '');
  await page.selectOption('#speed', '20');
  await until(page, "document.querySelector('#end').textContent !== ''");
  assert.equal(await page.textContent('#end'), 'The connection broke off here.');
  assert.equal(await page.textContent('#text'), whole);
});

test('what was recorded is shown as text and runs nothing; a broken exchange says why', {
  skip,
}, async (t) => {
  const folder = await scratch(t);
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const content = `data: ${JSON.stringify({ choices: [{ delta: { content: evil } }] })}\n\n`;
  const chunks = [
    [1, 10],
    [2, content.length - 10],
  ];
  await write(folder, 'a', { content, chunks });
  await write(folder, 'b', { response: { body: 'b.sse', bytes: 1 } });
  const server = await startReplayServer(folder);
  t.after(() => server.close());
  const { page } = await openPage(t, server.url);
  assert.equal(await page.textContent('#text'), evil);
  assert.equal(await page.evaluate('document.title'), 'Recorded exchanges');
  const row = `3 ms${content.length} B in 2text ${JSON.stringify(evil)}`;
  assert.equal(await page.textContent('#frames tr'), row);
  assert.equal(await page.evaluate("document.querySelector('#frames .frame').title"), content);
  await page.click('nav button:nth-of-type(2)');
  await until(page, "document.querySelector('#name').textContent === 'b'");
  assert.match(String(await page.textContent('#about')), /b\.json: response\.bytes says 1/);
});

test('only a browser gets the page, and a recorded / is not hidden by it', async (t) => {
  const server = await startReplayServer(join(fixtures, 'llama.cpp-2026'));
  t.after(() => server.close());
  const html = { headers: { accept: 'text/html' } };
  const page = await fetch(server.url, html);
  const policy = String(page.headers.get('content-security-policy'));
  for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "connect-src 'self'"]) {
    assert.ok(policy.split('; ').includes(rule), policy);
  }
  assert.match(await page.text(), /^<!doctype html>/);
  assert.equal((await fetch(server.url)).status, 404);
  assert.equal(
    (await fetch(`${server.url}/v1/chat/completions`, { ...ask(), ...html })).status,
    404,
  );
  const folder = await scratch(t);
  await write(folder, 'root', {
    request: { method: 'GET', path: '/', body: null },
    content: 'own',
  });
  const other = await startReplayServer(folder);
  t.after(() => other.close());
  assert.equal(await (await fetch(other.url, html)).text(), 'own');
});
