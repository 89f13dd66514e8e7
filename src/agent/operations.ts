import type { Model } from '../models.ts';
import { ANY_MODEL, type Config } from './settings.ts';
import {
  loadedModelLabel,
  modeLabels,
  modelLabel,
  reasoningLabel,
  resetLabel,
  type Say,
} from './words.ts';

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
    label: loaded ? `✓ ${id}` : id,
    value: id,
  }));
  const first = config.model ?? ANY_MODEL;
  if (!options.some(({ value }) => value === first)) {
    options.unshift({ label: config.model ?? say(loadedModelLabel), value: first });
  }
  return [
    {
      type: 'setting',
      control: 'select',
      name: say(modelLabel),
      settingKey: 'model',
      options,
      default: first,
    },
    {
      type: 'setting',
      control: 'select',
      name: say(reasoningLabel),
      settingKey: 'reasoning',
      options: Object.entries(modeLabels).map(([value, label]) => ({ label: say(label), value })),
      default: config.reasoning ?? 'show',
    },
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
