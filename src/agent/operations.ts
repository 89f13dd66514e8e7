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
  const { model = '', ownModel = ANY_MODEL } = config;
  for (const name of [model, ownModel]) {
    if (name === '' || options.some(({ value }) => value === name)) continue;
    options.unshift({ label: name === ANY_MODEL ? say(loadedModelLabel) : name, value: name });
  }
  return [
    {
      type: 'setting',
      control: 'select',
      name: say(modelLabel),
      settingKey: 'model',
      options,
      default: ownModel,
    },
    {
      type: 'setting',
      control: 'select',
      name: say(reasoningLabel),
      settingKey: 'reasoning',
      options: modeLabels.map((label) => ({ label: say(label), value: label[0] })),
      default: config.reasoning,
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
