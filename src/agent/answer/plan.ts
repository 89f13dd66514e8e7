import { defaultChatModel } from '../../client/models/models.ts';
import type { ChatMessage } from '../../client/types.ts';
import type { Message, Meta } from '../host.ts';
import type { Note } from '../say/ending.ts';
import { conversationOf, modelText } from '../thread/conversation.ts';
import { shorten } from '../thread/left-out.ts';
import { findQuestion } from '../thread/question.ts';
import type { Job } from './job.ts';
import { type Attempt, CONTINUE_FINAL, withoutReasoning, withoutRepetition } from './request.ts';

/** A note under the answer. One with `once` is left out if an earlier reply of the chat has these facts in its meta. */
export interface Remark {
  note: Note;
  /** In place of ℹ️. */
  sign?: string | undefined;
  once?: Meta;
}

/** How a job is done: what is said beside the answer, and the ways to ask for it. Nothing is asked if there is none. */
interface Plan {
  remarks: Remark[];
  attempts: Attempt[];
}

/** Decides from the thread and from what is asked for how the model is asked. Sends nothing but looks at the list of models. */
export async function planAnswer(job: Job): Promise<Plan> {
  const { asked, phrases, meta, before } = job;
  if (asked.kind === 'continue') return planContinuing(job, asked.replyId);
  if (asked.kind === 'summary') return planSummary(job);
  const remarks: Remark[] = [];
  if (asked.kind !== 'answer') meta.again = true;
  if (asked.kind === 'shorter') {
    const shortened = shorten(before, asked.share);
    if (!shortened) return say([phrases.nothingLeftOut, phrases.nothingLeftOutAdvice]);
    meta.startsAt = shortened.startsAt;
    remarks.push({ note: [phrases.oldestLeftOut(shortened.count)] });
  }
  const question = await findQuestion(job, conversationFor(job), async () => {
    const model = await modelToAsk(job);
    return (await job.server.models()).find(({ id }) => id === model);
  });
  if (question.kind === 'none') return say([await readiness(job)], '✅');
  if (question.kind === 'told') {
    const { sign, notes } = question;
    return { remarks: [...remarks, ...notes.map((note) => ({ note, sign }))], attempts: [] };
  }
  remarks.push(...question.notes.map(({ facts, note }) => ({ note, once: facts })));
  return { remarks, attempts: attemptsFor(job, question.messages) };
}

/** In which ways the question is asked, one after the other. */
function attemptsFor(job: Job, messages: ChatMessage[]): Attempt[] {
  const { asked, config, phrases, meta, before } = job;
  if (asked.kind !== 'without') return [{ messages }];
  if (asked.what === 'thinking') return [{ messages, more: withoutReasoning(config) }];
  meta.withoutTools = true;
  const more = { tool_choice: 'none' };
  const instructed = withInstruction(messages, phrases.answerInWords);
  // A model that has called a tool all the same is asked in words.
  const wasInVain = before.at(-1)?.meta?.withoutTools === true;
  return [{ messages: wasInVain ? instructed : messages, more }, { messages: instructed }];
}

/** The same messages, with a sentence at the end of the last one. */
function withInstruction(messages: ChatMessage[], sentence: string): ChatMessage[] {
  const last = messages.at(-1);
  if (!last) return messages;
  const { content } = last;
  const instructed = Array.isArray(content)
    ? [...content, { type: 'text', text: sentence }]
    : `${content}\n\n${sentence}`;
  return [...messages.slice(0, -1), { ...last, content: instructed }];
}

/** The last answer goes on, if it is the one with the button. */
async function planContinuing(job: Job, buttonOf: unknown): Promise<Plan> {
  const { before, phrases, server } = job;
  const last = lastReply(before);
  if (!last || (buttonOf !== undefined && last.id !== buttonOf)) return say([phrases.notTheLast]);
  const question = await findQuestion(job, conversationOf(before), async () => undefined);
  if (question.kind !== 'asked') return { remarks: [], attempts: [] };
  const { messages } = question;
  const asked: Attempt = {
    messages: [...messages, { role: 'user', content: phrases.goOn }],
    filter: withoutRepetition(modelText(last), true),
  };
  const prefill: Attempt = {
    messages,
    more: CONTINUE_FINAL,
    filter: withoutRepetition(modelText(last)),
    isPrefilled: true,
  };
  const attempts = (await server.isLlamaCpp()) ? [prefill, asked] : [asked];
  return { remarks: [], attempts };
}

/** The model sums up what was said; the next turns begin with that. */
async function planSummary(job: Job): Promise<Plan> {
  const question = await findQuestion(job, conversationOf(job.before), async () => undefined);
  if (question.kind !== 'asked') return say([job.phrases.nothingToSumUp]);
  const messages = [...question.messages, { role: 'user', content: job.phrases.sumUp }];
  return { remarks: [], attempts: [{ messages }] };
}

const say = (note: Note, sign?: string): Plan => ({ remarks: [{ note, sign }], attempts: [] });

/** Asks the server even if the model is named, because it may not be running. */
async function readiness({ config, server, phrases }: Job): Promise<string> {
  const models = await server.models(true);
  const model = config.model ?? defaultChatModel(models)?.id;
  const shown = model === undefined ? phrases.anyModel : `\`${model}\``;
  return phrases.ready(new URL(config.baseURL).host, shown);
}

/** The model that is named in the request; `undefined` if the server chooses. */
export async function modelToAsk({ asked, config, server }: Job): Promise<string | undefined> {
  if (asked.kind === 'load') return asked.model;
  return config.model ?? defaultChatModel(await server.models().catch(() => []))?.id;
}

/** The conversation of this job: up to the last question, or from its new beginning if it was shortened. */
export function conversationFor({ before, asked, meta }: Job): Message[] {
  const all = conversationOf(before);
  const start = all.findIndex(({ id }) => id !== undefined && id === meta.startsAt);
  const isAgain = asked.kind !== 'answer';
  const end = isAgain ? all.findLastIndex(({ sender }) => sender === 'user') + 1 : all.length;
  return all.slice(Math.max(start, 0), end);
}

/** The last answer that has words. Later replies without any, to a Continue that failed, do not count. */
export function lastReply(before: readonly Message[]): Message | undefined {
  const hasWords = (message: Message) => modelText(message).trim() !== '';
  const last = conversationOf(before).findLast((one) => one.sender === 'user' || hasWords(one));
  return last?.sender === 'bot' ? last : undefined;
}
