import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Outcome } from '../promises/harness.ts';
import { type Form, universal } from './forms.ts';
import { runInPage } from './page.ts';

const run = promisify(execFile);
/** A screen that nobody sees, for a browser that has no headless mode. */
const screen = ['/usr/bin/xvfb-run', '--auto-servernum'];

/** Debian's browsers, each as a runtime of the library. */
export const browsers = [
  browser('Chromium', ['/usr/bin/chromium'], 'chromium', async (url, [executablePath]) => {
    const { chromium } = await import('playwright-core');
    const started = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    });
    const page = await started.newPage();
    await page.goto(url);
    return () => started.close();
  }),
  browser('Firefox', ['/usr/bin/firefox-esr'], 'firefox-esr', async (url, command, profile) =>
    launch([...command, '--headless', '--no-remote', '--profile', profile, url], profile),
  ),
  browser(
    'WebKitGTK',
    [...screen, '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'],
    'webkit2gtk-driver xvfb xauth',
    async (url, command, profile) => launch([...command, '--private', url], profile),
  ),
];

/**
 * @param command - what starts it; the last word is its file
 * @param debian - the packages that it comes from
 * @param visit - opens an address in it, with a folder for its profile, and resolves with what closes it
 */
function browser(
  name: string,
  command: string[],
  debian: string,
  visit: (url: string, command: string[], profile: string) => Promise<() => unknown>,
) {
  return {
    name,
    forms: universal,
    async version(): Promise<string> {
      const missing = command.filter((word) => word.startsWith('/') && !existsSync(word));
      if (missing.length > 0) {
        throw new Error(`no ${missing.join()} (Debian: apt-get install ${debian})`);
      }
      const [file = '', ...args] = command;
      const { stdout } = await run(file, [...args, '--version']);
      return /\d[\w.]*/.exec(stdout)?.[0] ?? stdout;
    },
    async run(form: Form, folder: string, origin: string): Promise<Outcome[]> {
      const profile = mkdtempSync(join(tmpdir(), 'profile-'));
      try {
        return await runInPage(form, folder, origin, (url) => visit(url, command, profile));
      } finally {
        rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      }
    },
  };
}

/** Starts a browser in a process group of its own, to be ended with all its helpers. */
function launch([file = '', ...args]: string[], home: string): () => Promise<unknown> {
  const child = spawn(file, args, {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, HOME: home },
  });
  const ended = new Promise((resolve) => child.on('close', resolve).on('error', resolve));
  return () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    return ended;
  };
}
