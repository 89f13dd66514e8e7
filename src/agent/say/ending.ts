import { isSameModel } from '../../advice/index.ts';
import type { ChatResult } from '../../client/types.ts';
import type { AvailableTask, Meta } from '../host.ts';
import { button, MOST_BUTTONS, roomFor } from './buttons.ts';
import { type ContextUse, contextUse, name } from './facts.ts';
import type { Phrases } from './phrases.ts';

/** From so much of the context on a note says how full it is, in percent. */
const NEARLY_FULL = 80;

/** A note under an answer, paragraph by paragraph. */
export type Note = readonly string[];

/** What an ending depends on, beside the result. */
interface Ended {
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

/**
 * The notes and buttons under an answer: what the reader should know about an end that is not plain, and its cost, if that
 * is asked for.
 */
export function describeEnding(
  result: ChatResult,
  ended: Ended,
  phrases: Phrases,
): { notes: Note[]; buttons: AvailableTask[] } {
  const context = contextUse(result.usage, ended.contextLength);
  const isNearlyFull = context !== undefined && context.percent >= NEARLY_FULL;
  const buttons = [
    ...verdictButtons(result, ended, phrases),
    ...(isNearlyFull ? [button('goOnWithSummary', phrases), button('resetContext', phrases)] : []),
  ].slice(0, MOST_BUTTONS);
  const notes = [
    ...verdictNotes(result, ended, phrases),
    ...(isNearlyFull ? [[phrases.contextFull(context), phrases.contextAdvice]] : []),
    ...(ended.showStats ? [[statsOf(result, context, phrases)]] : []),
  ];
  const last = notes.pop();
  return { notes: last ? [...notes, [...last, ...roomFor(buttons)]] : [], buttons };
}

/** What can be done about an end that is not plain. */
function verdictButtons(
  result: ChatResult,
  { replyId, canAskAgain, mayThink }: Ended,
  phrases: Phrases,
): AvailableTask[] {
  if (result.verdict === 'length' && result.text.trim())
    return [button('continue', phrases, { replyId })];
  if (!canAskAgain) return [];
  if (result.verdict === 'tool_calls') return [button('withoutTools', phrases)];
  if (result.verdict !== 'empty' && result.verdict !== 'length') return [];
  return [
    ...(wasThinking(result) && mayThink ? [button('withoutThinking', phrases)] : []),
    button('askAgainLabel', phrases),
  ];
}

/** Of an answer without a word: whether the model had not finished its reasoning. */
const wasThinking = ({ verdict, reasoning }: ChatResult): boolean =>
  verdict === 'length' || reasoning.trim() !== '';

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

function verdictNotes(
  result: ChatResult,
  { secret, canAskAgain, mayThink }: Ended,
  phrases: Phrases,
): Note[] {
  const { verdict, finishReason = '', toolCalls, text } = result;
  switch (verdict) {
    case 'complete':
    case 'stopped':
      return [];
    case 'length':
    case 'empty':
      if (text.trim()) return [[phrases.cutOff, phrases.cutOffAdvice]];
      return wasThinking(result)
        ? [[phrases.onlyReasoning, phrases.onlyReasoningAdvice(mayThink && canAskAgain)]]
        : [[phrases.empty, phrases.askAgain]];
    case 'tool_calls': {
      const names = new Set(toolCalls.map((call) => `\`${name(call.name, secret)}\``));
      return [[phrases.toolCall([...names].slice(0, 5).join(', '))]];
    }
    case 'content_filter':
      return [[phrases.filtered]];
    default:
      return [[phrases.otherEnd(name(finishReason, secret) ?? '')]];
  }
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
