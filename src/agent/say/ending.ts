import { isSameModel } from '../../advice/index.ts';
import type { ChatResult } from '../../client/types.ts';
import type { AvailableTask, Meta } from '../host.ts';
import { button, MOST_BUTTONS, roomFor } from './buttons.ts';
import { name } from './facts.ts';
import type { Phrases } from './phrases.ts';
import type { ContextUse } from './phrases-english.ts';

/** From so much of the context on a note says how full it is, in percent. */
const NEARLY_FULL = 80;

/** A note under an answer, paragraph by paragraph. */
export type Note = readonly string[];

/** What is said under an answer that has ended, and the buttons there. */
interface Ending {
  notes: Note[];
  buttons: AvailableTask[];
}

/** What an ending depends on, beside the result. */
interface Ended {
  phrases: Phrases;
  /** The reply's message. */
  replyId: unknown;
  /** Whether the question can be asked again without the loss of an answer. */
  canAskAgain: boolean;
  /** Whether the model was asked to reason. */
  mayThink: boolean;
  /** How many tokens the model's context has, if the server says so. */
  contextLength: number | undefined;
  /** Whether tokens, speed and time are wanted under every answer. */
  showStats: boolean;
  /** Blanked in what the server says. */
  secret: string;
}

/** What the reader should know about an end that is not plain; and its cost, if that is asked for. */
export function describeEnding(result: ChatResult, ended: Ended): Ending {
  const { phrases, contextLength, showStats } = ended;
  const context = contextUse(result, contextLength);
  const isNearlyFull = context !== undefined && context.percent >= NEARLY_FULL;
  const { notes, buttons } = describeVerdict(result, ended);
  if (isNearlyFull) {
    notes.push([phrases.contextFull(context), phrases.contextAdvice]);
    buttons.push(button('goOnWithSummary', phrases), button('resetContext', phrases));
  }
  if (showStats) notes.push([statsOf(result, context, phrases)]);
  const shown = buttons.slice(0, MOST_BUTTONS);
  const last = notes.pop();
  return { notes: last ? [...notes, [...last, ...roomFor(shown)]] : [], buttons: shown };
}

/** What is said of an end that is not plain, and what can be done about it. */
function describeVerdict(
  { verdict, finishReason = '', toolCalls, text, reasoning }: ChatResult,
  { phrases, replyId, canAskAgain, mayThink, secret }: Ended,
): Ending {
  const again = canAskAgain ? [button('askAgainLabel', phrases)] : [];
  switch (verdict) {
    case 'complete':
    case 'stopped':
      return { notes: [], buttons: [] };
    case 'length':
    case 'empty': {
      if (text.trim()) {
        const goOn = button('continue', phrases, { replyId });
        return { notes: [[phrases.cutOff, phrases.cutOffAdvice]], buttons: [goOn] };
      }
      const wasThinking = verdict === 'length' || reasoning.trim() !== '';
      if (!wasThinking) return { notes: [[phrases.empty, phrases.askAgain]], buttons: again };
      const without = mayThink && canAskAgain ? [button('withoutThinking', phrases)] : [];
      const advice = phrases.onlyReasoningAdvice(without.length > 0);
      return { notes: [[phrases.onlyReasoning, advice]], buttons: [...without, ...again] };
    }
    case 'tool_calls': {
      const names = new Set(toolCalls.map((call) => `\`${name(call.name, secret)}\``));
      const note = [phrases.toolCall([...names].slice(0, 5).join(', '))];
      return { notes: [note], buttons: canAskAgain ? [button('withoutTools', phrases)] : [] };
    }
    case 'content_filter':
      return { notes: [[phrases.filtered]], buttons: [] };
    default:
      return { notes: [[phrases.otherEnd(name(finishReason, secret) ?? '')]], buttons: [] };
  }
}

/**
 * The note for an answer of another model than was asked for, once a chat, or than the one before; `undefined` if there is
 * none.
 */
export function modelNote(
  asked: unknown,
  before: unknown,
  answered: unknown,
  phrases: Phrases,
): { note: Note; once?: Meta } | undefined {
  if (typeof answered !== 'string' || !answered) return undefined;
  const isOther = (name: unknown): name is string =>
    typeof name === 'string' && !isSameModel(name, answered);
  if (isOther(asked)) {
    const note = [phrases.otherModel(answered, asked), phrases.otherModelAdvice];
    return { note, once: { requestedModel: asked, model: answered } };
  }
  return isOther(before) ? { note: [phrases.answeredBy(answered)] } : undefined;
}

/** By what the server says of its tokens; `undefined` if it says nothing. */
function contextUse({ usage }: ChatResult, size = 0): ContextUse | undefined {
  const { prompt_tokens = 0, completion_tokens = 0 } = usage ?? {};
  const used = usage?.total_tokens || prompt_tokens + completion_tokens;
  if (!(used > 0 && size > 0)) return undefined;
  return { used, size, percent: Math.round((100 * used) / size) };
}

function statsOf(
  { usage, timing }: ChatResult,
  context: ContextUse | undefined,
  phrases: Phrases,
): string {
  const { completion_tokens: tokens } = usage ?? {};
  const seconds = ((timing.totalMs ?? 0) / 1000).toFixed(1);
  const rate = timing.tokensPerSecond?.toFixed(1) ?? '?';
  const cost = phrases.stats(String(tokens ?? '?'), rate, seconds);
  return context ? `${cost} · ${phrases.statsContext(context)}` : cost;
}
