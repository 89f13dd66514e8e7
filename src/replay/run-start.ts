import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** What test runners leave in the environment of the processes that run their files. */
const marksOfRunners = ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT'];

/**
 * When the run began that this process belongs to, in ms since the epoch. A test runner starts a process for each
 * file, some of them late: these belong to the runner's run. Any other process is a run of its own.
 */
export function startOfRun(): number {
  const ownStart = Date.now() - process.uptime() * 1000;
  if (!marksOfRunners.some((mark) => process.env[mark] !== undefined)) return ownStart;
  const parent = readParent();
  return parent && isRunner(parent.command) ? Math.min(ownStart, parent.start) : ownStart;
}

/** Whether a command line is that of a test runner, and not that of a test file or of what this has started. */
export function isRunner(command: string): boolean {
  return /(^|[\s/\\(])(vitest|jest)(\.mjs|\.js)?([\s)]|$)|\s--test(\s|$)/.test(command);
}

/** The command line of the process that started this one, and when that began; `undefined` where nothing tells. */
function readParent(): { command: string; start: number } | undefined {
  try {
    return process.platform === 'linux' ? readParentFromProc() : readParentFromPs();
  } catch {
    return undefined;
  }
}

function readParentFromProc() {
  const folder = `/proc/${process.ppid}`;
  // Behind the name, which may hold anything: the state is field 3, the start field 22. (proc_pid_stat(5))
  const [, fields = ''] = /.*\) (.*)/s.exec(readFileSync(`${folder}/stat`, 'utf8')) ?? [];
  const ticksSinceBoot = Number(fields.split(' ')[22 - 3]);
  const secondsAgo = uptime() - ticksSinceBoot / 100;
  return {
    command: readFileSync(`${folder}/cmdline`, 'utf8').replaceAll('\0', ' '),
    start: Date.now() - secondsAgo * 1000,
  };
}

function readParentFromPs() {
  const text = execFileSync('ps', ['-o', 'etime=,args=', '-p', `${process.ppid}`], {
    encoding: 'utf8',
  });
  // [[days-]hours:]minutes:seconds
  const [, elapsed = '', command = ''] = /^\s*(\S+)\s+(.*)/.exec(text) ?? [];
  const [seconds = 0, minutes = 0, hours = 0, days = 0] = elapsed
    .split(/[-:]/)
    .map(Number)
    .reverse();
  const secondsAgo = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  return { command, start: Date.now() - (secondsAgo + 1) * 1000 };
}
