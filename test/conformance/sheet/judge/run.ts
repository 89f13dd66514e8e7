import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask, Call, Client } from '../clients/client.ts';
import type { Scenario, Seen, Use } from '../scenarios/scenario.ts';
import { cuts, recut } from '../server/cuts.ts';
import { type RunServer, startServer } from '../server/wire.ts';
import { type Cell, judge } from './judge.ts';

/** What happened when one client met one scenario. */
export interface Outcome extends Seen {
  end: 'done' | 'error' | 'hang';
  /** As the client's final result has it. */
  finalText?: string;
  reasoning?: string;
  calls: Call[];
  /** How the client says that it ended. */
  finish?: string;
  /** The server had nothing left to do within {@link CLOSE_MS} of the end: it was done, or the connection closed. */
  closed: boolean;
  /** Ms from leaving or aborting to the end. */
  leavingMs?: number;
}

/** The ms after which a run counts as hanging, unless its scenario says otherwise. */
export const LIMIT_MS = 4000;

/** The ms that a server may still be busy after the program has left. */
const CLOSE_MS = 500;

/**
 * Lets one client meet one scenario, in all the reads that the scenario asks for, and judges it.
 * @param slack - a factor on what may be taken, for a machine that is busy
 * @returns the first cell that is not right, or the first
 */
export async function meet(
  scenario: Scenario,
  client: Client,
  slack = 1,
): Promise<{ cell: Cell; ms: number }> {
  const { cell, ms } = await meetOnce(scenario, client, slack);
  for (const cut of scenario.cuts && cell.right ? cuts : []) {
    // A read a byte takes its time on a busy machine.
    const limit = 5 * (scenario.limit ?? LIMIT_MS);
    const again = { ...scenario, limit, serve: recut(scenario.serve, cut) };
    const { right, words } = (await meetOnce(again, client, slack)).cell;
    if (!right) return { cell: { right, words: `${cut.words}: ${words}` }, ms };
  }
  return { cell, ms };
}

async function meetOnce(scenario: Scenario, client: Client, slack: number) {
  const outcome = await run(scenario, client, slack);
  return { cell: judge(scenario, outcome, slack), ms: outcome.ms };
}

/**
 * Runs one scenario against one client, on a server of its own.
 * @param slack - a factor on what may be taken, for a machine that is busy
 */
async function run(scenario: Scenario, client: Client, slack = 1): Promise<Outcome> {
  const elsewhere = scenario.elsewhere && (await startServer(scenario.elsewhere));
  const server = await startServer((wire) =>
    scenario.serve(elsewhere ? { ...wire, elsewhere: `http://127.0.0.1:${elsewhere.port}` } : wire),
  );
  if (scenario.use === 'no server') await server.close();
  try {
    const outcome = await ask(scenario, client, server, slack);
    return { ...outcome, elsewhere: elsewhere?.log.requests ?? [] };
  } finally {
    if (scenario.use !== 'no server') await server.close();
    await elsewhere?.close();
  }
}

async function ask(
  scenario: Scenario,
  client: Client,
  server: RunServer,
  slack: number,
): Promise<Outcome> {
  const { use = 'read', limit = LIMIT_MS } = scenario;
  const { port } = server;
  const controller = use.startsWith('abort') ? new AbortController() : undefined;
  const question: Ask = {
    baseURL: scenario.baseURL?.(port) ?? `http://127.0.0.1:${port}/v1`,
    tools: false,
    ...(controller && { signal: controller.signal }),
    ...scenario.ask,
  };
  const warnings: string[] = [];
  const warn = (warning: Error) => warnings.push(warning.message);
  if (use === 'ask many times') process.on('warning', warn);
  let reading = new Reading(client);
  const started = performance.now();
  const work = async () => {
    await scenario.before?.(port);
    if (use === 'ask many times') {
      reading = await askManyTimes(scenario, client, question);
      return;
    }
    if (use === 'ask twice') await reading.follow(question, 'read', controller);
    reading = new Reading(client);
    await reading.follow(question, use, controller);
  };
  const limitReached = new AbortController();
  const finished = work().then(
    () => ({ end: 'done' as const }),
    (error) => ({ end: 'error' as const, error: wordsOf(error), ...reasonOf(error) }),
  );
  const ended = await Promise.race([
    finished,
    sleep(limit * slack, { end: 'hang' as const }, { signal: limitReached.signal }),
  ]);
  limitReached.abort();
  const ms = performance.now() - started;
  process.off('warning', warn);
  const { leftAt, client: _, ...read } = reading;
  const closed = await Promise.race([
    server.idle().then(() => true),
    sleep(ended.end === 'hang' || leftAt === undefined ? 0 : CLOSE_MS * slack, false),
  ]);
  return {
    ...read,
    ...ended,
    ms,
    requests: [...server.log.requests],
    elsewhere: [],
    warnings,
    closed,
    ...(leftAt !== undefined && { leavingMs: started + ms - leftAt }),
  };
}

/** Asks in batches; gives the last reading, or the first whose text is not that of the one before. */
async function askManyTimes(
  { many = { times: 1, atOnce: 1 } }: Scenario,
  client: Client,
  question: Ask,
): Promise<Reading> {
  let known: Reading | undefined;
  let size = many.times === many.atOnce ? many.atOnce : 1;
  for (let asked = 0; asked < many.times; asked += size, size = (size % many.atOnce) + 1) {
    const batch = Array.from({ length: size }, () => new Reading(client));
    await Promise.all(batch.map((reading) => reading.follow(question, 'read', undefined)));
    known ??= batch[0];
    const other = batch.find(({ text }) => text !== known?.text);
    if (other !== undefined) return other;
  }
  return known ?? new Reading(client);
}

/** What a program collects while it reads a reply. */
class Reading {
  readonly client: Client;
  text = '';
  finalText?: string;
  /** Present where the client tells it. */
  reasoning?: string;
  calls: Call[] = [];
  finish?: string;
  leftAt?: number;

  constructor(client: Client) {
    this.client = client;
    if (client.tellsReasoning) this.reasoning = '';
  }

  async follow(question: Ask, use: Use, controller: AbortController | undefined): Promise<void> {
    const leave = () => {
      this.leftAt = performance.now();
      controller?.abort();
    };
    if (use === 'abort before') leave();
    if (use === 'abort') setTimeout(leave, 200);
    const { pieces, read, after } = await this.client.open(question);
    const take = (piece: unknown) => {
      const { text = '', reasoning, calls, finish } = read(piece);
      this.text += text;
      if (reasoning !== undefined) this.reasoning = (this.reasoning ?? '') + reasoning;
      if (calls !== undefined) this.calls.push(...calls);
      if (finish !== undefined) this.finish = finish;
      return text !== '';
    };
    if (use === 'leave while waiting') {
      const iterator = pieces[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await iterator.next();
        if (done || take(value)) break;
      }
      const pending = iterator.next();
      pending.catch(() => {});
      await sleep(150);
      leave();
      await iterator.return?.();
      return;
    }
    for await (const piece of pieces) {
      if (!take(piece)) continue;
      if (use === 'read slowly') await sleep(700);
      if (use === 'abort in loop' && this.leftAt === undefined) leave();
      if (use === 'leave') {
        leave();
        break;
      }
    }
    if (use === 'leave') return;
    const last = await after?.();
    if (last?.finalText !== undefined) this.finalText = last.finalText;
    if (last?.reasoning !== undefined) this.reasoning = last.reasoning;
    if (last?.calls !== undefined) this.calls = last.calls;
    if (last?.finish !== undefined) this.finish = last.finish;
    if (use === 'abort after') {
      leave();
      await sleep(50);
    }
  }
}

function reasonOf(error: unknown): { reason?: string } {
  const reason: unknown = error instanceof Error ? Reflect.get(error, 'reason') : undefined;
  return typeof reason === 'string' ? { reason } : {};
}

/** What a program would print. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
