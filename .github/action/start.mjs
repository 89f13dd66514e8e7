// Starts `serve` for the steps that follow. What it needs comes from GitHub in the environment:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
import { execSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const { env } = process;
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'dist/cli.js');
const log = join(env.RUNNER_TEMP, `replay-${process.pid}.log`);

// A tag of the repository holds sources only; `npm ci` builds them.
if (!existsSync(cli)) execSync('npm ci --no-audit --no-fund', { cwd: root, stdio: 'inherit' });

const options = ['--port', env.INPUT_PORT, ...(env.INPUT_STRICT === 'true' ? ['--strict'] : [])];
const file = openSync(log, 'a');
const server = spawn(process.execPath, [cli, 'serve', env.INPUT_FOLDER, ...options], {
  detached: true,
  stdio: ['ignore', file, file],
});

let url;
while (url === undefined) {
  const printed = readFileSync(log, 'utf8');
  [url] = /http:\/\/\S+\/v1/.exec(printed) ?? [];
  if (url === undefined && server.exitCode !== null) {
    console.log(`::error::${printed.trim()}`);
    process.exit(1);
  }
  await sleep(50);
}
server.unref();
appendFileSync(env.GITHUB_STATE, `pid=${server.pid}\nlog=${log}\n`);
appendFileSync(env.GITHUB_OUTPUT, `url=${url}\n`);
appendFileSync(env.GITHUB_ENV, `OPENAI_BASE_URL=${url}\n`);
console.log(`${env.INPUT_FOLDER} is served at ${url}`);
