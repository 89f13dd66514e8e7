import type { Model } from '../models.ts';
import { ANY_MODEL, type Config } from './settings.ts';
import { phrases, type Say } from './words.ts';

/** The button's task, which `executeTask` knows. */
export const RESET_TASK = 'ResetContext';

/**
 * The panel's drop-downs and buttons.
 * @param models - what the server has; empty where it does not answer
 */
export function buildOperations(config: Config, models: readonly Model[], say: Say): unknown[] {
  const chat = models.filter(({ type }) => type !== 'embedding');
  const names = [...chat].sort((a, b) => Number(b.loaded === true) - Number(a.loaded === true));
  const options = names.map(({ id, loaded }) => ({
    label: loaded ? `${id} (${say(phrases.loaded)})` : id,
    value: id,
  }));
  const first = config.model ?? ANY_MODEL;
  if (!options.some(({ value }) => value === first)) {
    options.unshift({ label: config.model ?? say(phrases.auto), value: first });
  }
  const modes = ['show', 'hide', 'off'] as const;
  return [
    {
      type: 'setting',
      control: 'select',
      name: say(phrases.model),
      settingKey: 'model',
      options,
      default: first,
    },
    {
      type: 'setting',
      control: 'select',
      name: say(phrases.reasoning),
      settingKey: 'reasoning',
      options: modes.map((mode) => ({ label: say(phrases[mode]), value: mode })),
      default: config.reasoning,
    },
    {
      type: 'task',
      control: 'button',
      name: say(phrases.resetButton),
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
