import { isObject, type JsonObject } from '../chat/guards.ts';
import { fill } from '../chat/options.ts';
import type { Timeouts } from '../chat/types.ts';

/** What the reply needs to know, from agents.json, the plugin's settings and the thread's. */
export interface Config {
  baseURL: string;
  /** The base URL as it may be shown: without user, password, query and the slash at its end. */
  url: string;
  /** Absent: whatever the server has loaded. */
  model: string | undefined;
  /** The model but for the thread's choice. */
  ownModel: string | undefined;
  apiKey: string | undefined;
  systemPrompt: string;
  /** Further fields of the request. */
  body: JsonObject;
  /** `show`: in a quoted block; `hide`: left out; `off`: not asked for. */
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

/** The sample value in the tutorial's agents.json. */
const PLACEHOLDER = 'local-model-name';

/** `metadata.llm` in agents.json. LM Studio listens on IPv4 only, hence no `localhost`. */
const llmDefaults = {
  baseURL: 'http://127.0.0.1:1234/v1',
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
 * told in `problem`, beside the defaults.
 * @param metadata - the agent's `metadata` in agents.json
 * @param settings - what the host merges: the agent's settings, the plugin's, the thread's
 */
export function readSettings(metadata: unknown, settings: unknown): Config {
  try {
    return read(metadata, settings);
  } catch (problem) {
    return { ...read({}, {}), problem };
  }
}

function read(metadata: unknown, settings: unknown): Config {
  const given = object('metadata.llm', object('metadata', metadata).llm);
  const { model, reasoning, apiKey, ...others } = object('settings', settings);
  const choice = { reasoning: reasoning ?? given.reasoning };
  const llm = fill('metadata.llm', { ...given, ...choice }, llmDefaults);
  const timeouts = fill('metadata.llm.timeouts', llm.timeouts, { firstToken: 1.8e6, idle: 3e5 });
  check(/^(show|hide|off)$/.test(llm.reasoning), 'reasoning', "'show', 'hide' or 'off'");
  check(/^(en|zh)?$/.test(llm.language), 'language', "'en' or 'zh'");

  const keys = isObject(apiKey) ? apiKey : {};
  const { body }: { body: JsonObject } = llm;
  const [ownModel] = [llm.model, keys.model, body.model].flatMap(modelName);
  const [name = ownModel] = modelName(model);
  const baseURL = llm.baseURL.trim() || llmDefaults.baseURL;
  const url = parseAddress(baseURL);
  check(url, 'baseURL', 'a URL that begins with http:// or https://');

  const unknown = [
    ...Object.keys(given).filter((field) => !(field in llmDefaults)),
    ...Object.keys(llm.timeouts).filter((field) => !(field in timeouts)),
  ];
  return {
    ...llm,
    timeouts,
    baseURL,
    url,
    model: name,
    ownModel,
    apiKey: findKey(llm.apiKey, keys, others),
    unknown: unknown.map((field) => `\`${field}\``).join(', '),
  };
}

/** @throws {TypeError} where the value is set, and no object */
function object(name: string, value: unknown): JsonObject {
  if (isObject(value)) return value;
  if (value === undefined || value === null) return {};
  throw new TypeError(`${name} must be an object`);
}

function check(ok: unknown, field: string, wanted: string): asserts ok {
  if (!ok) throw new TypeError(`metadata.llm.${field} must be ${wanted}`);
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
function findKey(name: string, keys: JsonObject, others: JsonObject): string | undefined {
  const value = keys[name] ?? others[name];
  if (typeof value === 'string') return value.trim();
  // No one names a setting like this.
  return /^(sk-|hf_|lm-)|^\S{24,}$/.test(name) ? name.trim() : undefined;
}
