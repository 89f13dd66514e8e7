import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHttpServer } from '../../../tools/http-server.ts';
import { type Outcome, parseOutcomes } from '../promises/harness.ts';
import { type Form, layOut } from './forms.ts';

/** The longest that a page may take. */
const PAGE_MS = 180_000;

/**
 * Serves a page that runs a form. Its policy lets it load its own scripts and connect to its own server, to the scripted
 * one and to where nothing listens: no eval, no inline script, nothing else from anywhere.
 * @param visit - has a browser open the address, and resolves with what closes the browser
 * @returns what the page told
 */
export async function runInPage(
  form: Form,
  folder: string,
  origin: string,
  visit: (url: string) => Promise<() => unknown>,
): Promise<Outcome[]> {
  const program = await layOut(form, folder, origin, report);
  const closedPort = await (await fetch(`${origin}/closed-port`)).json();
  const connect = `'self' ${origin} http://127.0.0.1:${closedPort}`;
  let told: (json: string) => void = () => {};
  const json = new Promise<string>((resolve, reject) => {
    told = resolve;
    setTimeout(() => reject(new Error('the page told nothing')), PAGE_MS).unref();
  });
  const server = await startHttpServer(async (request, response) => {
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src 'self'; connect-src ${connect}`,
    );
    const file = join(folder, request.url ?? '');
    if (request.method === 'POST') {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += piece;
      response.end();
      told(body);
    } else if (request.url === '/') {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><script type="module" src="/${program}"></script>`);
    } else if (existsSync(file)) {
      response.setHeader('content-type', 'text/javascript');
      response.end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  try {
    const close = await visit(`${server.origin}/`);
    try {
      return parseOutcomes(await json);
    } finally {
      await close();
    }
  } finally {
    await server.close();
  }
}

/** In the page. The policy is tried first, so that a page without one cannot pass. */
const report = `
const violations = [];
addEventListener('securitypolicyviolation', ({ effectiveDirective: directive }) => {
  // WebKit asks for the site's icon.
  if (directive !== 'img-src') violations.push(directive);
});
let barred = false;
try { new Function(''); } catch { barred = true; }
await new Promise((resolve) => setTimeout(resolve, 50));
const ownTry = violations.splice(0).join();
const told = await outcomes();
const ok = barred && ownTry === 'script-src' && violations.length === 0;
const error = JSON.stringify({ barred, ownTry, violations });
told.push({ name: "the page's policy holds and nothing offends it", ...(!ok && { error }) });
await fetch('/outcomes', { method: 'POST', body: JSON.stringify(told) });`;
