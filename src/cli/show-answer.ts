import type { ChatReply, ChatResult } from '../chat/types.ts';
import type { Terminal } from './command.ts';

const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';
const CLEAR_LINE = '\r\x1b[K';

/**
 * Shows a reply as it comes: the answer on stdout; on stderr, where that is a terminal, the reasoning, how long the first
 * token takes, and a line of figures.
 * @returns the result, whose verdict is `stopped` if `stop` was aborted
 * @throws what the reply throws
 */
export async function showAnswer(
  reply: ChatReply,
  { stdout, stderr }: Terminal,
  stop: AbortSignal,
): Promise<ChatResult> {
  const aside = (text: string) => stderr.isTTY && stderr.write(text);
  const since = Date.now();
  let waiting = 'waiting for the first token';
  let told = false;
  const tell = () => {
    told = true;
    aside(`${CLEAR_LINE}${DIM}${waiting}… ${Math.round((Date.now() - since) / 1000)} s${PLAIN}`);
  };
  const timer = setInterval(tell, 1000);
  const begun = () => {
    clearInterval(timer);
    if (told) aside(CLEAR_LINE);
    told = false;
  };

  const events = reply.events();
  const leave = () => void events.return?.();
  stop.addEventListener('abort', leave);
  let thinking = false;
  try {
    for await (const event of events) {
      if (event.type === 'progress') {
        waiting = `reading the prompt, ${event.processed} of ${event.total} tokens`;
        tell();
        continue;
      }
      begun();
      if (event.type === 'reasoning') {
        aside((thinking ? '' : DIM) + printable(event.text));
        thinking = true;
      }
      if (event.type !== 'text') continue;
      if (thinking) aside(`${PLAIN}\n\n`);
      thinking = false;
      stdout.write(stdout.isTTY ? printable(event.text) : event.text);
    }
  } finally {
    begun();
    stop.removeEventListener('abort', leave);
    if (thinking) aside(PLAIN);
    if (reply.soFar.text !== '') stdout.write('\n');
  }
  const result = await reply.result;
  aside(`${DIM}${figures(result)}${PLAIN}\n`);
  const remark = remarks[result.verdict];
  if (remark !== undefined) stderr.write(`[${remark}]\n`);
  return result;
}

const remarks: { readonly [verdict: string]: string } = {
  length: 'cut off: the token budget or the context is used up',
  empty: 'the model ended without an answer',
  content_filter: 'cut off by a content filter',
  tool_calls: 'the model asks for a tool, and there is none here',
  stopped: 'stopped',
};

function figures({ model, usage, timing }: ChatResult): string {
  const { firstTokenMs, tokensPerSecond } = timing;
  return [
    model,
    usage?.completion_tokens !== undefined && `${usage.completion_tokens} tokens`,
    tokensPerSecond !== undefined && `${tokensPerSecond.toFixed(1)} tokens/s`,
    firstTokenMs !== undefined && `first token after ${Math.round(firstTokenMs)} ms`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Without control characters: a model's text must not steer the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
