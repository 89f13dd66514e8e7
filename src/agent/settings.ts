import { isObject, type JsonObject } from '../chat/guards.ts';
import type { Timeouts } from '../chat/types.ts';
import type { Language } from './words.ts';

/** `metadata.llm` in agents.json. Every field has a default. */
export interface LlmSettings {
  baseURL?: string;
  /** Absent: whatever the server has loaded. */
  model?: string | undefined;
  /** In agents.json the name of a key in the plugin's settings; here the key. */
  apiKey?: string | undefined;
  systemPrompt?: string;
  /** Further fields of the request. */
  body?: JsonObject;
  /** Reasoning is shown in a quoted block, left out, or not asked for at all. */
  reasoning?: 'show' | 'hide' | 'off';
  timeouts?: Timeouts;
  /** Absent: that of the conversation. */
  language?: Language;
  showStats?: boolean;
}

/** What the reply needs to know, from agents.json, the plugin's settings and the thread's. */
export interface Config extends LlmSettings {
  /** The model but for the thread's choice. */
  ownModel: string | undefined;
  baseURL: string;
  /** The base URL as it may be shown: without user, password, query and the slash at its end. */
  url: string;
  /** The fields that mean nothing, as they may be shown; `''` where there is none. */
  unknown: string;
  /** What is wrong; with any of it nothing is sent. */
  problems: [field: string, wanted: string][];
}

/** The drop-down's value for "no choice". */
export const ANY_MODEL = '(auto)';

/** LM Studio listens on IPv4 only, hence no `localhost`. */
const LM_STUDIO = 'http://127.0.0.1:1234/v1';

/** The sample value in the tutorial's agents.json. */
const PLACEHOLDER = 'local-model-name';

/** What each field of a `T` must be: a type, or one of some words. A number is a time in ms. */
type Fields<T> = { readonly [field in keyof T]-?: string };

const choices: Fields<Pick<LlmSettings, 'reasoning'>> = { reasoning: 'show | hide | off' };
const llmFields: Fields<LlmSettings> = {
  ...choices,
  baseURL: 'string',
  model: 'string',
  apiKey: 'string',
  systemPrompt: 'string',
  body: 'object',
  timeouts: 'object',
  language: 'en | zh',
  showStats: 'boolean',
};
const timeFields: Fields<Timeouts> = { firstToken: 'number', idle: 'number' };

function isRight(value: unknown, wanted: string): boolean {
  if (wanted === 'object') return isObject(value);
  if (typeof value === 'number') return wanted === 'number' && value >= 0;
  const words = wanted.split(' | ');
  return words.length > 1 ? words.includes(String(value)) : typeof value === wanted;
}

/**
 * Reads the settings from every place where the host or its tutorial puts them. Never throws: what is wrong is
 * told in `problems`.
 * @param metadata - the agent's `metadata` in agents.json
 * @param settings - what the host merges: the agent's settings, the plugin's, the thread's
 */
export function readSettings(metadata: unknown, settings: unknown): Config {
  const problems: Config['problems'] = [];
  const unknown: string[] = [];

  function object(value: unknown, name: string): JsonObject {
    if (isObject(value)) return value;
    if (value !== undefined && value !== null) problems.push([name, 'object']);
    return {};
  }

  /** The fields that are set and right. */
  function read<T extends object>(value: unknown, name: string, fields: Fields<T>): T {
    const wanted = new Map<string, unknown>(Object.entries(fields));
    const right = Object.entries(object(value, name)).filter(([field, item]) => {
      const type = wanted.get(field);
      if (typeof type !== 'string') unknown.push(`\`${name}.${field}\``);
      else if (item !== null && !isRight(item, type)) problems.push([`${name}.${field}`, type]);
      else return item !== null;
      return false;
    });
    // Every field was looked at.
    return Object.fromEntries(right) as T;
  }

  const llm = read(object(metadata, 'metadata').llm, 'metadata.llm', llmFields);
  const timeouts = read(llm.timeouts, 'metadata.llm.timeouts', timeFields);
  const { model, reasoning, apiKey, ...others } = object(settings, 'settings');
  const keys = isObject(apiKey) ? apiKey : {};

  const [ownModel] = [llm.model, keys.model, llm.body?.model].flatMap(modelName);
  const [name = ownModel] = modelName(model);
  const key = findKey(llm.apiKey, keys, others);
  const baseURL = llm.baseURL?.trim() || LM_STUDIO;
  const url = parseAddress(baseURL);
  if (url === undefined) problems.push(['metadata.llm.baseURL', 'http://… | https://…']);

  return {
    ...llm,
    ...read({ reasoning: reasoning ?? null }, 'settings', choices),
    model: name,
    ownModel,
    apiKey: key,
    timeouts,
    baseURL,
    url: url ?? '',
    unknown: unknown.join(', '),
    problems,
  };
}

/** `localhost:1234/v1` is a URL too, with the protocol `localhost:`. */
function parseAddress(address: string): string | undefined {
  try {
    const { protocol, origin, pathname } = new URL(address);
    return /^https?:$/.test(protocol) ? origin + pathname.replace(/\/+$/, '') : undefined;
  } catch {
    return undefined;
  }
}

/** None where it means none; the host turns a choice of `7` into a number. */
function modelName(value: unknown): string[] {
  const name = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return ['', PLACEHOLDER, ANY_MODEL].includes(name) ? [] : [name];
}

/** `metadata.llm.apiKey` is the name of a key; but people paste the key itself there. */
function findKey(
  name: string | undefined,
  keys: JsonObject,
  others: JsonObject,
): string | undefined {
  if (name === undefined) return undefined;
  const value = keys[name] ?? others[name];
  if (typeof value === 'string') return value.trim() || undefined;
  // No one names a setting like this.
  return /^(sk-|hf_|lm-)|^\S{24,}$/.test(name) ? name.trim() : undefined;
}
