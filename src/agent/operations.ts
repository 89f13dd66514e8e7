import type { Model } from '../models.ts';
import { ANY_MODEL, type Config, MODES } from './settings.ts';
import { loadedModelLabel, modelLabel, reasoningLabel, resetLabel, type Say } from './words.ts';

/** The button's task, which `executeTask` knows. */
export const RESET_TASK = 'ResetContext';

/**
 * The panel's drop-downs and buttons.
 * @param models - what the server has; empty where it does not answer
 */
export function buildOperations(config: Config, models: readonly Model[], say: Say): unknown[] {
  const { ownModel = ANY_MODEL, model = ownModel, reasoning } = config;
  const loaded = models.filter((one) => one.loaded);
  const marks = new Map(loaded.map(({ id }) => [id, `✓ ${id}`])).set(
    ANY_MODEL,
    say(loadedModelLabel),
  );
  const ids = new Set([...[...loaded, ...models].map(({ id }) => id), ownModel, model]);
  const select = (
    name: string,
    settingKey: string,
    options: readonly unknown[],
    preset: string,
  ) => ({
    type: 'setting',
    control: 'select',
    name,
    settingKey,
    options,
    default: preset,
  });
  return [
    select(
      say(modelLabel),
      'model',
      [...ids].map((value) => ({ label: marks.get(value) ?? value, value })),
      ownModel,
    ),
    select(say(reasoningLabel), 'reasoning', MODES, reasoning),
    {
      type: 'task',
      control: 'button',
      name: say(resetLabel),
      task: {
        name: RESET_TASK,
        type: 'action',
        message: '',
        // The host reads `task.meta.messageId`, and saves an error where there is no meta.
        meta: {},
        skipUserMessage: true,
        skipBotMessage: true,
      },
    },
  ];
}
