import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Form, layOut } from './forms.ts';
import type { Outcome } from './harness.ts';
import { parseOutcomes } from './outcomes.ts';
import { listen } from './scripted-server.ts';

const binary = '/usr/bin/chromium';

/** The browser's version. Rejects where there is none. */
export async function chromiumVersion(): Promise<string> {
  if (!existsSync(binary)) throw new Error(`no ${binary} (Debian: apt-get install chromium)`);
  const { stdout } = await promisify(execFile)(binary, ['--version']);
  return /\d[\d.]*/.exec(stdout)?.[0] ?? stdout;
}

/**
 * Runs a form in a page whose policy lets it load its own script, and connect to the scripted server and to where
 * nothing listens: no eval, no inline script, nothing else from anywhere.
 */
export async function runInChromium(
  form: Form,
  folder: string,
  origin: string,
): Promise<Outcome[]> {
  const { chromium } = await import('playwright-core');
  const program = await layOut(form, folder, origin, report);
  const closed = await (await fetch(`${origin}/closed-port`)).json();
  const policy = `default-src 'none'; script-src 'self'; connect-src ${origin} http://127.0.0.1:${closed}`;
  const pages = createServer((request, response) => {
    response.setHeader('content-security-policy', policy);
    const file = request.url === '/' ? undefined : join(folder, request.url ?? '');
    if (file === undefined) {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<!doctype html><title>t</title><script type="module" src="/${program}"></script>`,
      );
    } else if (existsSync(file)) {
      response.setHeader('content-type', 'text/javascript');
      response.end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  const port = await listen(pages);
  const browser = await chromium.launch({
    executablePath: binary,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  try {
    const page = await browser.newPage();
    const told = new Promise<Outcome[]>((resolve, reject) => {
      page.on('pageerror', reject);
      page.on('console', (message) => {
        const [, outcomes] = /^outcomes: (.*)$/s.exec(message.text()) ?? [];
        if (outcomes !== undefined) resolve(parseOutcomes(outcomes));
      });
    });
    await page.goto(`http://127.0.0.1:${port}/`);
    return await told;
  } finally {
    await browser.close();
    pages.close();
    pages.closeAllConnections();
  }
}

/** In the page. The policy is tried first, so that a page without one cannot pass. */
const report = `
const violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
let barred = false;
try { new Function(''); } catch { barred = true; }
await new Promise((resolve) => setTimeout(resolve, 50));
const ownTry = violations.splice(0).join();
const told = await outcomes();
const ok = barred && ownTry === 'script-src' && violations.length === 0;
const error = JSON.stringify({ barred, ownTry, violations });
told.push({ name: "the page's policy holds and nothing offends it", ...(!ok && { error }) });
console.log('outcomes: ' + JSON.stringify(told));`;
