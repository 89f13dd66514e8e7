import type { ChatReply, ChatResult } from '../../index.ts';
import type { Terminal } from '../args/command.ts';
import { onOneLine } from '../terminal/printable.ts';

/**
 * Shows a reply as it comes: the answer on stdout; on stderr, where that is a terminal, the reasoning, what is waited for, and a
 * line of figures.
 * @param stop - ends the answer when it is aborted
 * @returns the result, whose verdict is `stopped` if `stop` was aborted
 * @throws what the reply throws
 */
export async function showAnswer(
  reply: ChatReply,
  { stdout, stderr }: Terminal,
  stop: AbortSignal,
): Promise<ChatResult> {
  const notice = createNotice(stderr);
  const events = reply.events();
  const leave = () => void events.return?.();
  stop.addEventListener('abort', leave);
  let isReasoning = false;
  const endReasoning = () => {
    if (!isReasoning) return;
    stderr.dim(false);
    stderr.write('\n\n');
    isReasoning = false;
  };
  try {
    for await (const event of events) {
      if (event.type === 'progress') {
        notice.waitFor(progressWords(event));
        continue;
      }
      notice.end();
      if (event.type === 'correction') {
        stderr.write('\n[what stands above was the reasoning; the answer follows]\n');
      }
      if (event.type === 'reasoning' && stderr.isTTY) {
        if (!isReasoning) {
          if (reply.soFar.text !== '') stderr.write('\n');
          stderr.dim(true);
          if (!stderr.hasColours) stderr.write('(thinking) ');
        }
        isReasoning = true;
        stderr.write(event.text);
      }
      if (event.type !== 'text') continue;
      endReasoning();
      stdout.write(event.text);
    }
  } finally {
    notice.end();
    stop.removeEventListener('abort', leave);
    endReasoning();
    if (reply.soFar.text !== '') stdout.write('\n');
  }
  const result = await reply.result;
  if (stderr.isTTY) {
    stderr.dim(true);
    stderr.write(figures(result));
    stderr.dim(false);
    stderr.write('\n');
  }
  const words = remark(result);
  if (words !== undefined) stderr.write(`[${words}]\n`);
  return result;
}

/** At a terminal, a line that says what is waited for, and how long; it goes when the first token comes. */
function createNotice(stderr: Terminal['stderr']) {
  const startedAt = Date.now();
  let what = 'waiting for the first token';
  let isShown = false;
  const show = () => {
    if (!stderr.canSteer) return;
    isShown = true;
    stderr.clearLine();
    stderr.dim(true);
    stderr.write(`${what}, ${Math.round((Date.now() - startedAt) / 1000)} s`);
    stderr.dim(false);
  };
  const timer = setInterval(show, 1000);
  return {
    waitFor(words: string) {
      what = words;
      show();
    },
    end() {
      clearInterval(timer);
      if (isShown) stderr.clearLine();
      isShown = false;
    },
  };
}

function progressWords({ processed, total }: { processed: number; total: number }): string {
  const percent = total > 0 ? Math.round((processed / total) * 100) : 0;
  return `reading the prompt, ${processed} of ${total} tokens (${percent} %)`;
}

/** What has to be known of an answer beside its text; `undefined` where it is whole. */
function remark({ verdict, finishReason, text, toolCalls }: ChatResult): string | undefined {
  switch (verdict) {
    case 'length':
      return lengthWords(text);
    case 'empty':
      return finishReason === 'length' ? lengthWords(text) : 'the model ended without an answer';
    case 'content_filter':
      return 'cut off by a content filter';
    case 'tool_calls': {
      const names = toolCalls.map(({ name }) => onOneLine(name)).join(', ');
      return `the model asks for a tool${names && ` (${names})`}, and there is none here`;
    }
    case 'stopped':
      return 'stopped';
    default:
      return undefined;
  }
}

const lengthWords = (text: string): string =>
  text.trim() === ''
    ? 'the token budget or the context was used up before the answer began'
    : 'cut off: the token budget or the context is used up';

function figures({ model, usage, timing }: ChatResult): string {
  const { firstTokenMs, tokensPerSecond } = timing;
  return [
    model !== undefined && onOneLine(model),
    usage?.completion_tokens !== undefined && `${usage.completion_tokens} tokens`,
    tokensPerSecond !== undefined && `${tokensPerSecond.toFixed(1)} tokens/s`,
    firstTokenMs !== undefined && `first token after ${Math.round(firstTokenMs)} ms`,
  ]
    .filter(Boolean)
    .join(' · ');
}
