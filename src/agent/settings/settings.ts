import { LANGUAGES, type Language } from '../../advice/index.ts';
import { fieldsOf, isObject, type JsonObject } from '../../client/json.ts';
import {
  checkType,
  DEFAULT_BASE_URL,
  DEFAULT_TIMEOUTS,
  type OptionType,
} from '../../client/option-values.ts';
import type { Timeouts } from '../../client/types.ts';

/*
 * The settings, from three places to one object:
 *
 *   agents.json (metadata.llm, settings), the plugin's settings, the thread's choices ─ readSettings ─ Config
 *   secret.ts keeps the key out of what is shown; language.ts finds the language of a conversation
 */

/** What the reply needs to know, from agents.json, the plugin's settings and the thread's. */
export interface Config {
  baseURL: string;
  /** Absent: whatever the server has loaded. */
  model: string | undefined;
  /** The model but for the thread's choice. */
  ownModel: string | undefined;
  apiKey: string | undefined;
  systemPrompt: string;
  /** Further fields of the request. */
  body: JsonObject;
  /** What is done with the reasoning. */
  reasoning: ReasoningMode;
  /** How much the model is asked to reason, if that was chosen: one of the server's own words. */
  effort: string | undefined;
  /** The drop-down's first choice. */
  ownReasoning: string;
  timeouts: Required<{ [name in keyof Timeouts]: number }>;
  /** Absent: that of the conversation. */
  language: Language | undefined;
  showStats: boolean;
  presets: readonly Preset[];
  /** The names of the fields that mean nothing. */
  unknown: readonly string[];
  /** What is wrong with the settings; then nothing is sent. */
  problem?: TypeError;
}

/** A system prompt and fields of the request under one name. */
interface Preset {
  name: string;
  systemPrompt: string | undefined;
  body: JsonObject;
}

/** The drop-downs' value for "no choice". */
export const ANY_MODEL = '(auto)';
export const NO_PRESET = '(none)';

/** What the reasoning may be: in a quoted block, left out, or not asked for. */
const REASONING_MODES = ['show', 'hide', 'off'] as const;

type ReasoningMode = (typeof REASONING_MODES)[number];

/** The sample value in the tutorial's agents.json. */
const PLACEHOLDER = 'local-model-name';

/** `metadata.llm` in agents.json. */
const llmTypes = {
  baseURL: 'string',
  model: 'string',
  apiKey: 'string',
  systemPrompt: 'string',
  body: 'object',
  presets: 'object',
  reasoning: 'string',
  timeouts: 'object',
  language: 'string',
  showStats: 'boolean',
} as const satisfies Record<string, OptionType>;

/** What the fields that are objects look like. */
const examples: { readonly [field: string]: string } = {
  body: '{ "temperature": 0.2 }',
  presets: '{ "brief": { "systemPrompt": "Be brief." } }',
  timeouts: '{ "firstToken": 1800000 }',
};

/**
 * Reads the settings from every place where the host or its tutorial puts them. Never throws: `problem` says what is
 * wrong, beside the defaults and the language. The client checks the base URL.
 * @param metadata - the agent's `metadata` in agents.json
 * @param settings - what the host merges: the agent's settings, the plugin's, the thread's
 */
export function readSettings(metadata: unknown, settings: unknown): Config {
  try {
    return readGiven(metadata, settings);
  } catch (error) {
    const given = fieldsOf(fieldsOf(metadata).llm).language;
    const language = LANGUAGES.find((one) => one === given);
    const problem = error instanceof TypeError ? error : new TypeError(String(error));
    return { ...readGiven({ llm: { language } }, {}), problem };
  }
}

function readGiven(metadata: unknown, settings: unknown): Config {
  const llm = objectAt('metadata.llm', objectAt('metadata', metadata).llm);
  const { model, reasoning, preset, apiKey, ...others } = objectAt('settings', settings);
  for (const [field, type] of Object.entries(llmTypes)) {
    if (type === 'object') objectAt(`metadata.llm.${field}`, llm[field], examples[field]);
    else checkType(`metadata.llm.${field}`, llm[field], type);
  }
  const timeouts = readTimeouts(llm.timeouts);
  const presets = readPresets(llm.presets);
  const ownReasoning = choiceAt('reasoning', llm.reasoning, REASONING_MODES) ?? 'show';
  const keys = fieldsOf(apiKey);
  const chosen = presets.find(({ name }) => name === String(preset));
  const body = { ...fieldsOf(llm.body), ...chosen?.body };
  const ownModel = modelName(llm.model) ?? modelName(keys.model) ?? modelName(body.model);
  return {
    baseURL: textAt(llm.baseURL).trim() || DEFAULT_BASE_URL,
    model: modelName(model) ?? ownModel,
    ownModel,
    apiKey: findKey(textAt(llm.apiKey), keys, others),
    systemPrompt: chosen?.systemPrompt ?? textAt(llm.systemPrompt),
    body,
    ...readReasoningChoice(reasoning, ownReasoning),
    ownReasoning,
    timeouts,
    language: choiceAt('language', llm.language, LANGUAGES),
    showStats: llm.showStats === true,
    presets,
    unknown: [
      ...unknownIn(llm, llmTypes),
      ...unknownIn(llm.timeouts, timeouts),
      ...presets.flatMap((one) => unknownIn(fieldsOf(llm.presets)[one.name], one)),
    ],
  };
}

/**
 * A choice of the drop-down: a mode, or one of the server's own words for how much a model reasons, which is shown then.
 * What is neither counts as no choice.
 */
function readReasoningChoice(
  choice: unknown,
  own: ReasoningMode,
): { reasoning: ReasoningMode; effort: string | undefined } {
  const [, effort] = /^effort:([\w-]{1,20})$/.exec(String(choice)) ?? [];
  const mode = REASONING_MODES.find((one) => one === choice) ?? own;
  return { reasoning: effort === undefined ? mode : 'show', effort };
}

/** A large model takes long to begin; once the answer comes, silence ends it only if that was asked for. */
function readTimeouts(value: unknown): Config['timeouts'] {
  const { firstToken, idle } = fieldsOf(value);
  checkType('metadata.llm.timeouts.firstToken', firstToken, 'number');
  checkType('metadata.llm.timeouts.idle', idle, 'number');
  return {
    firstToken: typeof firstToken === 'number' ? firstToken : DEFAULT_TIMEOUTS.firstToken,
    idle: typeof idle === 'number' ? idle : 0,
  };
}

function readPresets(value: unknown): Preset[] {
  return Object.entries(fieldsOf(value)).map(([name, preset]) => {
    const place = `metadata.llm.presets.${name}`;
    const { systemPrompt, body } = objectAt(place, preset);
    checkType(`${place}.systemPrompt`, systemPrompt, 'string');
    const prompt = typeof systemPrompt === 'string' ? systemPrompt : undefined;
    return { name, systemPrompt: prompt, body: objectAt(`${place}.body`, body) };
  });
}

const unknownIn = (given: unknown, known: object): string[] =>
  Object.keys(fieldsOf(given)).filter((field) => !(field in known));

/** @throws {TypeError} if the value is set, and not an object */
function objectAt(name: string, value: unknown, example?: string): JsonObject {
  const given = value ?? {};
  if (isObject(given)) return given;
  throw new TypeError(`${name} must be an object${example ? ` such as \`${example}\`` : ''}`);
}

/** A text whose type was checked; empty if there is none. */
function textAt(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** @throws {TypeError} if the value is set, and none of the choices */
function choiceAt<T extends string>(
  field: string,
  value: unknown,
  choices: readonly T[],
): T | undefined {
  const choice = choices.find((one) => one === value);
  if (choice || !value) return choice;
  throw new TypeError(`metadata.llm.${field} must be one of ${choices.join(', ')}`);
}

/** `undefined` if none is meant. The host turns a choice of `7` into a number. */
function modelName(value: unknown): string | undefined {
  const name = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return ['', PLACEHOLDER, ANY_MODEL].includes(name) ? undefined : name;
}

/** `metadata.llm.apiKey` is the name of a key; but people paste the key itself there. */
function findKey(name: string, keys: JsonObject, others: JsonObject): string | undefined {
  const value = keys[name] ?? others[name];
  if (typeof value === 'string') return value.trim();
  // No one names a setting like this.
  return /^(sk-|hf_|lm-)|^\S{24,}$/.test(name) ? name.trim() : undefined;
}
