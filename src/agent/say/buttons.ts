import { abridge, isSameModel } from '../../advice/index.ts';
import type { Model } from '../../client/models/models.ts';
import type { AvailableTask, ButtonTask, Meta } from '../host.ts';

import type { Phrases } from './phrases.ts';

/**
 * The names of the buttons' tasks, which `executeTask` knows, by what the phrases call them. They are saved with the messages,
 * so they never change.
 */
export const TASKS = {
  continue: 'Continue',
  answerShorter: 'AnswerShorter',
  loadWithMoreContext: 'LoadWithMoreContext',
  withoutTools: 'AnswerWithoutTools',
  withoutThinking: 'AnswerWithoutThinking',
  askAgainLabel: 'AskAgain',
  goOnWithSummary: 'GoOnWithSummary',
  resetContext: 'ResetContext',
} as const;

/** The task of a button that loads a model; its label is the model's. */
export const LOAD_MODEL = 'LoadModel';

/** More would hide words: the panel lays the row over the end of the message, and does not wrap it. */
export const MOST_BUTTONS = 3;

/** About so many characters of a model's name fit on a button. */
const MOST_OF_NAME = 22;

/** @param meta - what `executeTask` has to know */
export function button(kind: keyof typeof TASKS, phrases: Phrases, meta: Meta = {}): AvailableTask {
  // These two leave the answering to the page, or have none.
  const skipBotMessage = kind === 'askAgainLabel' || kind === 'resetContext';
  return { name: phrases[kind], task: { ...action(TASKS[kind], meta), skipBotMessage } };
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
  return [...new Set([...first, ...models])].map(({ id }) => ({
    name: phrases.loadModel(nameOnButton(id, models)),
    task: action(LOAD_MODEL, { model: id }),
  }));
}

/** What a note ends with, so that the row of buttons covers nothing of it: in a narrow panel several take two lines. */
export const roomFor = (buttons: readonly AvailableTask[]): string[] =>
  buttons.length > 1 ? ['&nbsp;'] : [];

/** The last part of a model's name, unless another model has the same; the middle of a long one is left out. */
function nameOnButton(id: string, models: readonly Model[]): string {
  const last = (name: string) => name.replace(/.*[\\/]/, '');
  const isUnique = models.every((one) => one.id === id || last(one.id) !== last(id));
  return abridge(isUnique ? last(id) : id, MOST_OF_NAME);
}

function action(name: string, meta: Meta): ButtonTask {
  return { name, type: 'action', message: '', meta, skipUserMessage: true, skipBotMessage: false };
}
