import type { Timeouts } from '../chat/types.ts';
import { DEFAULT_BASE_URL } from '../defaults.ts';
import { fieldsOf, isObject, type JsonObject } from '../json.ts';

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
  /** One of {@link MODES}. */
  reasoning: string;
  timeouts: Timeouts;
  /** `en`, `zh`, or `''`: that of the conversation. */
  language: string;
  showStats: boolean;
  /** The fields that mean nothing, as they may be shown; `''` where there is none. */
  unknown: string;
  /** What is wrong with the settings, where something is: nothing is sent then. */
  problem?: unknown;
}

/** The drop-down's value for "no choice". */
export const ANY_MODEL = '(auto)';

/** What the reasoning may be: in a quoted block, left out, or not asked for. */
export const MODES = ['show', 'hide', 'off'] as const;

const LANGUAGES = ['en', 'zh', ''];

/** The sample value in the tutorial's agents.json. */
const PLACEHOLDER = 'local-model-name';

/** `metadata.llm` in agents.json. */
const llmDefaults = {
  baseURL: DEFAULT_BASE_URL,
  model: '',
  apiKey: '',
  systemPrompt: '',
  body: {},
  reasoning: 'show',
  timeouts: {},
  language: '',
  showStats: false,
};

/**
 * Reads the settings from every place where the host or its tutorial puts them. Never throws: what is wrong is
 * told in `problem`, beside the defaults and the language; what is wrong with the base URL, the client tells.
 * @param metadata - the agent's `metadata` in agents.json
 * @param settings - what the host merges: the agent's settings, the plugin's, the thread's
 */
export function readSettings(metadata: unknown, settings: unknown): Config {
  try {
    return read(metadata, settings);
  } catch (problem) {
    const { language } = fieldsOf(fieldsOf(metadata).llm);
    return { ...read({ llm: { language: choice(LANGUAGES, language) } }, {}), problem };
  }
}

function read(metadata: unknown, settings: unknown): Config {
  const given = object('metadata.llm', object('metadata', metadata).llm);
  const { model, reasoning, apiKey, ...others } = object('settings', settings);
  const chosen = { ...given, reasoning: choice(MODES, reasoning) ?? given.reasoning };
  const llm = fill('metadata.llm', chosen, llmDefaults);
  const timeouts = fill('metadata.llm.timeouts', llm.timeouts, { firstToken: 1.8e6, idle: 0 });
  checkChoice('reasoning', llm.reasoning, MODES);
  checkChoice('language', llm.language, LANGUAGES);

  const keys = isObject(apiKey) ? apiKey : {};
  const { body }: { body: JsonObject } = llm;
  const [ownModel] = [llm.model, keys.model, body.model].flatMap(modelName);
  const [name = ownModel] = modelName(model);
  const unknown = [
    ...Object.keys(given).filter((field) => !(field in llmDefaults)),
    ...Object.keys(llm.timeouts).filter((field) => !(field in timeouts)),
  ];
  return {
    ...llm,
    baseURL: llm.baseURL.trim() || llmDefaults.baseURL,
    timeouts,
    model: name,
    ownModel,
    apiKey: findKey(llm.apiKey, keys, others),
    unknown: unknown.map((field) => `\`${field}\``).join(', '),
  };
}

/** @throws {TypeError} where the value is set, and no object */
function object(name: string, value: unknown): JsonObject {
  const given = value ?? {};
  if (!isObject(given)) throw new TypeError(`${name} must be an object`);
  return given;
}

/** The value, where it is one of the choices. */
function choice(choices: readonly string[], value: unknown): string | undefined {
  return choices.find((one) => one === value);
}

function checkChoice(field: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new TypeError(`metadata.llm.${field} must be one of ${choices.filter(Boolean)}`);
  }
}

/** None where it means none; the host turns a choice of `7` into a number. */
function modelName(value: unknown): string[] {
  const name = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return ['', PLACEHOLDER, ANY_MODEL].includes(name) ? [] : [name];
}

/** `metadata.llm.apiKey` is the name of a key; but people paste the key itself there. */
function findKey(name: string, keys: JsonObject, others: JsonObject): string | undefined {
  const value = keys[name] ?? others[name];
  if (typeof value === 'string') return value.trim();
  // No one names a setting like this.
  return /^(sk-|hf_|lm-)|^\S{24,}$/.test(name) ? name.trim() : undefined;
}

/**
 * Fills in what is left open, and refuses what is not of its default's type.
 * @throws {TypeError} naming the field
 */
function fill<T extends object>(name: string, given: object, defaults: T): T {
  if (typeof given !== 'object') throw new TypeError(`${name} must be an object`);
  const filled = { ...defaults };
  const fields = fieldsOf(given);
  const presets = fieldsOf(defaults);
  for (const field of Object.keys(presets)) {
    const preset = presets[field];
    const value = fields[field] ?? preset;
    if (value === preset) continue;
    const wrong = typeof value === 'number' ? !(value >= 0) : Array.isArray(value);
    if (wrong || typeof value !== typeof preset) {
      throw new TypeError(`${name}.${field} must be of type ${typeof preset}`);
    }
    Reflect.set(filled, field, value);
  }
  return filled;
}
