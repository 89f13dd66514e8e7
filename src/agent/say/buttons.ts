import { isSameModel } from '../../advice/index.ts';
import type { Model } from '../../client/models/models.ts';
import type { AvailableTask, ButtonTask, Meta } from '../host.ts';

import type { Phrases } from './phrases.ts';

/** The names of the buttons' tasks, which `executeTask` knows. They are saved with the messages, so they never change. */
export const TASKS = {
  reset: 'ResetContext',
  continue: 'Continue',
  load: 'LoadModel',
  shorter: 'AnswerShorter',
  withoutTools: 'AnswerWithoutTools',
  withoutThinking: 'AnswerWithoutThinking',
  askAgain: 'AskAgain',
  summary: 'GoOnWithSummary',
  moreContext: 'LoadWithMoreContext',
} as const;

/** More would hide words: the panel lays the row over the end of the message, and does not wrap it. */
export const MOST_BUTTONS = 3;

/** The most characters of a model's name on a button. */
const MOST_OF_NAME = 24;

/** A row that is wider than this may take two lines in a narrow panel, in px. */
const ONE_LINE = 280;

/** Goes on with the answer. */
export function continueButton(phrases: Phrases, replyId: unknown): AvailableTask {
  return button(phrases.continue(), TASKS.continue, { replyId });
}

/**
 * Buttons that load a model, which answers then. The drop-down has those that find no room here.
 * @param wanted - the names of the models that come first
 */
export function loadButtons(
  phrases: Phrases,
  models: readonly Model[],
  wanted: readonly string[],
): AvailableTask[] {
  const find = (name: string) =>
    models.find(({ id }) => id === name) ?? models.find(({ id }) => isSameModel(id, name));
  const first = wanted.flatMap((name) => find(name) ?? []);
  return [...new Set([...first, ...models])].map(({ id }) =>
    button(phrases.loadModel(nameOnButton(id, models)), TASKS.load, { model: id }),
  );
}

export const isLoadButton = ({ task }: AvailableTask) => task.name === TASKS.load;

/**
 * Answers without the oldest messages.
 * @param share - how much of the text may stay
 */
export function shorterButton(phrases: Phrases, share: number): AvailableTask {
  return button(phrases.answerShorter(), TASKS.shorter, { share });
}

/** Asks the last question again, in such a way that the model has to answer in words. */
export function withoutToolsButton(phrases: Phrases): AvailableTask {
  return button(phrases.withoutTools(), TASKS.withoutTools, {});
}

/** Asks the last question again, without reasoning. */
export function withoutThinkingButton(phrases: Phrases): AvailableTask {
  return button(phrases.withoutThinking(), TASKS.withoutThinking, {});
}

/** Presses the panel's own Retry: the failed reply goes. */
export function askAgainButton(phrases: Phrases): AvailableTask {
  return {
    name: phrases.askAgainLabel(),
    task: { ...action(TASKS.askAgain, {}), skipBotMessage: true },
  };
}

/** Loads the model anew, in a context that is large enough, and asks the last question again. */
export function moreContextButton(
  phrases: Phrases,
  model: string,
  contextLength: number,
): AvailableTask {
  return button(phrases.loadWithMoreContext(), TASKS.moreContext, { model, contextLength });
}

/** The model sums up what was said, and the conversation goes on from there. */
export function summaryButton(phrases: Phrases): AvailableTask {
  return button(phrases.goOnWithSummary(), TASKS.summary, {});
}

export function resetButton(phrases: Phrases): AvailableTask {
  return { name: phrases.resetContext(), task: resetTask() };
}

/** Resets the context; nothing is asked and nothing answered. */
export function resetTask(): ButtonTask {
  return { ...action(TASKS.reset, {}), skipBotMessage: true };
}

/** What a note ends with, so that the row of buttons covers nothing of it: an empty paragraph if the row may be high. */
export function roomFor(buttons: readonly AvailableTask[]): string[] {
  return sum(buttons.map(({ name }) => widthOf(name))) > ONE_LINE ? ['&nbsp;'] : [];
}

/** Of a button, in px. */
function widthOf(name: string): number {
  return 15 + sum([...name].map((sign) => (sign > '\u2e80' ? 12 : 7)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0);

/** The last part of a model's name, unless another model has the same; the middle of a long one is left out. */
function nameOnButton(id: string, models: readonly Model[]): string {
  const last = (name: string) => name.replace(/.*[\\/]/, '');
  const isUnique = models.every((one) => one.id === id || last(one.id) !== last(id));
  const name = isUnique ? last(id) : id;
  const half = (MOST_OF_NAME - 1) / 2;
  if (name.length <= MOST_OF_NAME) return name;
  return `${name.slice(0, Math.ceil(half))}…${name.slice(-Math.floor(half))}`;
}

function button(name: string, task: string, meta: Meta): AvailableTask {
  return { name, task: action(task, meta) };
}

function action(name: string, meta: Meta): ButtonTask {
  return { name, type: 'action', message: '', meta, skipUserMessage: true, skipBotMessage: false };
}
