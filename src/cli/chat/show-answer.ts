import { isSameModel } from '../../advice/index.ts';
import type { ChatReply, ChatResult } from '../../index.ts';
import { onOneLine, type Terminal } from '../terminal.ts';

/**
 * Shows a reply as it comes: the answer on stdout; on stderr, if that is a terminal, the reasoning, how long it has been waited for,
 * and a line of figures. What has to be known of the answer besides its text goes to stderr everywhere.
 * @param stop - ends the answer when it is aborted
 * @param model - the one that the user asked for, if any
 * @returns the result, whose verdict is `stopped` if `stop` was aborted
 * @throws what the reply throws
 */
export async function showAnswer(
  reply: ChatReply,
  { stdout, stderr }: Terminal,
  stop: AbortSignal,
  model?: string,
): Promise<ChatResult> {
  const endWaiting = showWaiting(stderr);
  const reasoning = createReasoningView(stderr);
  const events = reply.events();
  const leave = () => void events.return?.();
  stop.addEventListener('abort', leave);
  try {
    for await (const event of events) {
      endWaiting();
      if (event.type === 'correction') {
        stderr.write('\n[the text above was reasoning; the answer follows]\n');
      } else if (event.type === 'reasoning') {
        reasoning.write(event.text, reply.soFar.text !== '');
      } else if (event.type === 'text') {
        reasoning.end();
        stdout.write(event.text);
      }
    }
  } finally {
    endWaiting();
    stop.removeEventListener('abort', leave);
    reasoning.end();
    if (reply.soFar.text !== '') stdout.write('\n');
  }
  const result = await reply.result;
  if (stderr.isTTY) {
    stderr.dim(true);
    stderr.write(figures(result));
    stderr.dim(false);
    stderr.write('\n');
  }
  if (model !== undefined && result.model && !isSameModel(model, result.model)) {
    stderr.write(`[${onOneLine(result.model)} answered, not ${onOneLine(model)}]\n`);
  }
  const ending = endingWords(result);
  if (ending !== undefined) stderr.write(`[${ending}]\n`);
  return result;
}

/** Shows reasoning dim, at a terminal only, and apart from the answer. */
function createReasoningView(stderr: Terminal['stderr']) {
  let isOpen = false;
  return {
    /** @param isInText - a part of the answer is on the line already */
    write(text: string, isInText: boolean) {
      if (!stderr.isTTY) return;
      if (!isOpen) {
        if (isInText) stderr.write('\n');
        stderr.dim(true);
        if (!stderr.hasColours) stderr.write('(thinking) ');
      }
      isOpen = true;
      stderr.write(text);
    },
    end() {
      if (!isOpen) return;
      stderr.dim(false);
      stderr.write('\n\n');
      isOpen = false;
    },
  };
}

/**
 * Shows at a terminal how long the first token has been waited for.
 * @returns takes the line away, when there is something to show
 */
function showWaiting(stderr: Terminal['stderr']): () => void {
  if (!stderr.canSteer) return () => {};
  const startedAt = Date.now();
  let isShown = false;
  const timer = setInterval(() => {
    isShown = true;
    stderr.clearLine();
    stderr.dim(true);
    stderr.write(`waiting for the first token, ${Math.round((Date.now() - startedAt) / 1000)} s`);
    stderr.dim(false);
  }, 1000);
  return () => {
    clearInterval(timer);
    if (isShown) stderr.clearLine();
    isShown = false;
  };
}

/** How an answer ended; `undefined` if it is whole. */
function endingWords(result: ChatResult): string | undefined {
  const { verdict, finishReason, reasoning, toolCalls } = result;
  switch (verdict) {
    case 'length':
      return 'cut off: the token budget or the context is used up';
    case 'empty':
      if (finishReason === 'length') {
        return 'the token budget or the context was used up before the answer began';
      }
      return reasoning.trim() === ''
        ? 'the model ended without an answer'
        : 'the model only reasoned, and ended without an answer';
    case 'content_filter':
      return "the server's content filter blocked the rest";
    case 'tool_calls': {
      const names = toolCalls.map(({ name }) => onOneLine(name)).join(', ');
      return `the model asked for a tool${names && ` (${names})`}; this chat has none`;
    }
    case 'stopped':
      return 'stopped';
    default:
      return undefined;
  }
}

/** Only what is a number is taken for one: the usage is passed on from the server unchecked. */
function figures({ model, usage, timing }: ChatResult): string {
  const { firstTokenMs, tokensPerSecond } = timing;
  const tokens = usage?.completion_tokens;
  return [
    model !== undefined && onOneLine(model),
    typeof tokens === 'number' && `${tokens} tokens`,
    tokensPerSecond !== undefined && `${tokensPerSecond.toFixed(1)} tokens/s`,
    firstTokenMs !== undefined && `first token after ${Math.round(firstTokenMs)} ms`,
  ]
    .filter(Boolean)
    .join(' · ');
}
