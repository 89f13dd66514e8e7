import type { Model } from '../../client/models/models.ts';
import type { AvailableTask, ButtonTask, Meta } from '../host.ts';
import type { Phrases } from './phrases.ts';

/** The names of the buttons' tasks, which `executeTask` knows. They are saved with the messages, so they never change. */
export const TASKS = {
  reset: 'ResetContext',
  continue: 'Continue',
  load: 'LoadModel',
  shorter: 'AnswerShorter',
} as const;

/** Buttons for more models than this would hide the answer; the drop-down has them all. */
const MOST_MODELS = 6;

/** Goes on with the answer. */
export function continueButton(phrases: Phrases, replyId: unknown): AvailableTask {
  return button(phrases.continue(), TASKS.continue, { replyId });
}

/** One button for each model: it is loaded, and answers then. */
export function loadButtons(phrases: Phrases, models: readonly Model[]): AvailableTask[] {
  return models
    .slice(0, MOST_MODELS)
    .map(({ id }) => button(phrases.loadModel(id), TASKS.load, { model: id }));
}

/**
 * Answers without the oldest messages.
 * @param share - how much of the text may stay
 */
export function shorterButton(phrases: Phrases, share: number): AvailableTask {
  return button(phrases.answerShorter(), TASKS.shorter, { share });
}

export function resetButton(phrases: Phrases): AvailableTask {
  return { name: phrases.resetContext(), task: resetTask() };
}

/** Resets the context; nothing is asked and nothing answered. */
export function resetTask(): ButtonTask {
  return { ...action(TASKS.reset, {}), skipBotMessage: true };
}

function button(name: string, task: string, meta: Meta): AvailableTask {
  return { name, task: action(task, meta) };
}

function action(name: string, meta: Meta): ButtonTask {
  return { name, type: 'action', message: '', meta, skipUserMessage: true, skipBotMessage: false };
}
