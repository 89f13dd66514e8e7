import { streamChat } from '../../index.ts';
import { readExchange, replayFetch } from '../../replay/index.ts';
import { findPackageFile } from '../package-files.ts';
import type { Terminal } from '../terminal.ts';
import { showAnswer } from './show-answer.ts';

/** What was asked when the exchange was recorded. */
const DEMO_QUESTION = 'Write a TypeScript function that adds two numbers, with an explanation.';

const EXCHANGE = 'fixtures/llama.cpp-2026/markdown-code.json';

/** Long enough to see that it streams, in ms. */
const DEMO_MS = 10_000;

/**
 * Plays a recorded answer as a server would send it, and says so before and after it.
 * @param reason - the beginning of what is said before it: why no model answers
 * @param advice - a line on how to ask a model, or nothing
 * @throws {Error} if the recording is not there, as beside a copy of the command alone
 */
export async function playDemo(
  reason: string,
  advice: string,
  terminal: Terminal,
  stop: AbortSignal,
): Promise<void> {
  const path = findPackageFile(EXCHANGE);
  if (path === undefined) {
    throw new Error(`There is no demonstration, since ${EXCHANGE} is not there.`);
  }
  const exchange = await readExchange(path);
  const recordedMs = (exchange.chunks ?? []).reduce((sum, [pause]) => sum + pause, 0);
  terminal.stderr.write(
    `${reason} a demonstration:\nan answer that ik_llama.cpp gave to another question, played in 10 seconds.\n${advice}\n> ${DEMO_QUESTION}\n`,
  );
  const reply = streamChat(
    { messages: [{ role: 'user', content: DEMO_QUESTION }] },
    { fetch: replayFetch(exchange, { speed: recordedMs / DEMO_MS }) },
  );
  await showAnswer(reply, terminal, stop);
  terminal.stderr.write('\nThat was a recording.\n');
}
