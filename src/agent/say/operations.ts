import { abridge } from '../../advice/index.ts';
import { loadedChatModel, type Model } from '../../client/models/models.ts';
import { ANY_MODEL, type Config, NO_PRESET } from '../settings/settings.ts';
import { button } from './buttons.ts';
import type { Phrases } from './phrases.ts';

/** What {@link loadOperations} gives to the host. */
type Operation = { readonly [field: string]: unknown };

/** About so many characters of a name are in a drop-down: it is as wide as its longest label, and the panel may be narrow. */
const LABEL_CHARACTERS = 30;

/**
 * The panel's drop-downs and buttons.
 * @param models - what the server has; empty if it does not answer
 */
export function buildOperations(
  config: Config,
  models: readonly Model[],
  phrases: Phrases,
): Operation[] {
  return [
    modelSelect(config, models, phrases),
    reasoningSelect(config, models, phrases),
    ...presetSelect(config, phrases),
    { type: 'task', control: 'button', ...button('resetContext', phrases) },
    // The panel attaches a file only if it has this operation, and only to a button of type `message`.
    { type: 'file_upload' },
    {
      type: 'task',
      control: 'button',
      name: phrases.sendFile,
      task: { name: 'SendFile', type: 'message', message: phrases.hereIsAFile, meta: {} },
    },
  ];
}

function modelSelect(config: Config, models: readonly Model[], phrases: Phrases): Operation {
  const { ownModel = ANY_MODEL, model = ownModel } = config;
  const loaded = models.filter((one) => one.loaded);
  const isLoaded = new Set(loaded.map(({ id }) => id));
  const ids = new Set([...[...loaded, ...models].map(({ id }) => id), ownModel, model]);
  const labelOf = (id: string) => {
    if (id === ANY_MODEL) return phrases.anyModel;
    const name = abridge(id, LABEL_CHARACTERS);
    return isLoaded.has(id) ? `✓ ${name}` : name;
  };
  const options = [...ids].map((value) => ({ label: labelOf(value), value }));
  return select(phrases.modelLabel, 'model', options, ownModel);
}

/** What the model accepts, if the server says so; else what can be done with any model. */
function reasoningSelect(config: Config, models: readonly Model[], phrases: Phrases): Operation {
  const model = modelNamed(config.model, models);
  const allowed = model?.reasoning;
  const efforts = effortsOf(model);
  // A choice that was made for another model counts as "show", and the box would be empty without it.
  const isOthers = config.effort !== undefined && !efforts.includes(config.effort);
  const options = [
    { label: phrases.show, value: isOthers ? `effort:${config.effort}` : 'show' },
    { label: phrases.hide, value: 'hide' },
    ...(allowed === undefined || allowed.includes('off') || config.ownReasoning === 'off'
      ? [{ label: phrases.off, value: 'off' }]
      : []),
    ...efforts.map((one) => ({ label: phrases.effort(one), value: `effort:${one}` })),
  ];
  return select(phrases.reasoningLabel, 'reasoning', options, config.ownReasoning);
}

/** The model that is asked for: the loaded one if none is named. */
export function modelNamed(name: string | undefined, models: readonly Model[]): Model | undefined {
  return name === undefined ? loadedChatModel(models) : models.find(({ id }) => id === name);
}

/** How much a model can be asked to reason, in the server's own words. */
export function effortsOf(model: Model | undefined): readonly string[] {
  return (model?.reasoning ?? []).filter((one) => !['on', 'off'].includes(one));
}

function presetSelect({ presets }: Config, phrases: Phrases): Operation[] {
  if (presets.length === 0) return [];
  const options = [
    { label: phrases.noPreset, value: NO_PRESET },
    ...presets.map(({ name }) => ({ label: abridge(name, LABEL_CHARACTERS), value: name })),
  ];
  return [select(phrases.presetLabel, 'preset', options, NO_PRESET)];
}

function select(
  name: string,
  settingKey: string,
  options: readonly { label: string; value: string }[],
  preset: string,
): Operation {
  return { type: 'setting', control: 'select', name, settingKey, options, default: preset };
}
