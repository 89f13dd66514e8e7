// Ends the server that start.mjs has started, shows what it answered, and fails the job if a request found no exchange.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { STATE_pid: pid, STATE_log: log, INPUT_STRICT: strict } = process.env;

function isRunning() {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

// If it could not be started, that has been said.
if (pid !== undefined) {
  if (isRunning()) process.kill(Number(pid), 'SIGINT');
  while (isRunning()) await sleep(50);
  const printed = readFileSync(log, 'utf8');
  console.log(printed);
  const failed = strict === 'true' ? /found no exchange|never requested/ : /found no exchange/;
  for (const line of printed.split('\n').filter((it) => failed.test(it))) {
    console.log(`::error::${line}`);
    process.exitCode = 1;
  }
}
