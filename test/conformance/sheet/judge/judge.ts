import type { Call } from '../clients/client.ts';
import type { Right, Scenario } from '../scenarios/scenario.ts';
import type { Outcome } from './run.ts';

/** One cell of the sheet: what happened, in a few words, and whether that is right. */
export interface Cell {
  right: boolean;
  words: string;
}

/** Ms within which leaving and aborting must take effect. */
const AT_ONCE_MS = 500;

/**
 * Judges an outcome; the same rule for every client.
 * @param slack - a factor on what 'at once' means, for a machine that is busy
 */
export function judge(scenario: Scenario, outcome: Outcome, slack = 1): Cell {
  const rights = Array.isArray(scenario.right) ? scenario.right : [scenario.right];
  const cells = rights.map((right) => judgeOne(right, outcome, AT_ONCE_MS * slack));
  const cell = cells.find(({ right }) => right) ?? cells[0] ?? { right: false, words: '' };
  if (!cell.right) return cell;
  const { requests = Infinity } = scenario;
  if (outcome.requests.length > requests) {
    return { right: false, words: `asks ${outcome.requests.length} times` };
  }
  const words = scenario.wrong?.(outcome);
  return words === undefined ? cell : { right: false, words };
}

function judgeOne(right: Right, outcome: Outcome, atOnceMs: number): Cell {
  const wrong = (words: string): Cell => ({ right: false, words });
  if (outcome.end === 'hang') return wrong('hangs');
  if ('leaves' in right) {
    if (outcome.end === 'error') return wrong(`error: ${short(outcome.error)}`);
    if ((outcome.leavingMs ?? 0) > atOnceMs) return wrong('leaves late');
    if (!outcome.closed) return wrong('keeps generating');
    return { right: true, words: 'closed' };
  }
  if ('aborts' in right) {
    if (outcome.end === 'done') return wrong('ends silently');
    if ((outcome.leavingMs ?? 0) > atOnceMs) return wrong('aborts late');
    if (!outcome.closed) return wrong('keeps generating');
    return { right: true, words: 'aborted' };
  }
  if ('error' in right) {
    if (outcome.end === 'done') {
      // A client that says in a field of its own that the reply did not finish has told it too.
      const told = right.error === true && verdictOf(outcome.finish) === 'unfinished';
      return told
        ? { right: true, words: `finish '${outcome.finish}'` }
        : wrong(outcome.text === '' ? 'looks finished, empty' : 'looks finished');
    }
    const error = outcome.error ?? '';
    if (right.error !== true && !right.error.test(error))
      return wrong(`no reason: ${short(error)}`);
    if (right.keeps !== undefined && outcome.text !== right.keeps) return wrong('error, lost text');
    return { right: true, words: `error: ${short(error)}` };
  }
  if (outcome.end === 'error') return wrong(`error: ${short(outcome.error)}`);
  const text = right.atLast ? (outcome.finalText ?? outcome.text) : outcome.text;
  if (text !== right.text) {
    return wrong(right.text.length > text.length ? 'lost text' : 'wrong text');
  }
  const verdict = verdictOf(outcome.finish);
  if (right.calls !== undefined) {
    const runnable = outcome.calls.filter(mayRun);
    if (!sameCalls(runnable, right.calls)) {
      return wrong(runnable.length < right.calls.length ? 'lost the call' : 'wrong call');
    }
    if (runnable.some(({ id }) => !id)) return wrong('no id');
  }
  if (right.reasoning !== undefined && outcome.reasoning !== undefined) {
    if (outcome.reasoning.trim() !== right.reasoning) {
      return wrong(outcome.reasoning === '' ? 'lost reasoning' : 'wrong reasoning');
    }
  }
  if (right.finish === undefined && ['length', 'content_filter', 'empty'].includes(verdict)) {
    return wrong(`says ${verdict}`);
  }
  if (right.finish === 'length' || right.finish === 'content_filter') {
    if (verdict !== right.finish) return wrong(`says ${verdict}`);
  }
  if (right.finish === 'empty' && verdict !== 'empty') return wrong('looks finished, empty');
  return { right: true, words: right.calls?.length ? 'the call' : (right.finish ?? 'complete') };
}

/**
 * A program looks for the tool by its name and parses the arguments before it runs a call; where a client has a word of
 * its own on whether a call may be run, that counts.
 */
function mayRun(call: Call): boolean {
  if (call.complete === false) return false;
  if (call.complete === undefined && call.name === '') return false;
  try {
    JSON.parse(call.arguments);
    return true;
  } catch {
    return false;
  }
}

function sameCalls(calls: Call[], wanted: { name: string; arguments: string }[]): boolean {
  return (
    calls.length === wanted.length &&
    wanted.every(({ name, arguments: json }, at) => {
      const call = calls[at];
      return call?.name === name && sameJson(call.arguments, json);
    })
  );
}

function sameJson(a: string, b: string): boolean {
  return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
}

/** One word for every client's own word. */
function verdictOf(finish: string | undefined): string {
  switch (finish) {
    case undefined:
      return 'nothing';
    case 'stop':
      return 'complete';
    case 'max_tokens':
      return 'length';
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    case 'other':
    case 'unknown':
    case 'error':
      return 'unfinished';
    default:
      return finish;
  }
}

function short(words = ''): string {
  const line = words.replace(/\s+/g, ' ').replaceAll('|', '/').trim();
  return line.length > 34 ? `${line.slice(0, 33)}…` : line;
}
