import { isObject, type JsonObject } from '../chat/guards.ts';
import type { Timeouts } from '../chat/types.ts';
import { type Language, type Phrase, phrases } from './words.ts';

/** How reasoning is treated: shown in a quoted block, left out, or not asked for at all. */
export type ReasoningMode = 'show' | 'hide' | 'off';

/** What the reply needs to know, from agents.json, the plugin's settings and the thread's. */
export interface Config {
  baseURL: string;
  /** The base URL as it may be shown: without user, password, query and the slash at its end. */
  url: string;
  /** Absent: whatever the server has loaded. */
  model?: string;
  apiKey?: string;
  /** `metadata.llm.apiKey` names a key that is not there. */
  keyMissing: boolean;
  systemPrompt: string;
  /** Further fields of the request. */
  body: JsonObject;
  reasoning: ReasoningMode;
  timeouts: Timeouts;
  /** Absent: that of the conversation. */
  language?: Language;
  showStats: boolean;
  /** Fields that mean nothing, by their whole names. */
  unknown: string[];
  /** What is wrong; with any of it nothing is sent. */
  problems: { field: string; wanted: Phrase }[];
}

/** The drop-down's value for "no choice". */
export const ANY_MODEL = '(auto)';

/** LM Studio listens on IPv4 only, hence no `localhost`. */
const LM_STUDIO = 'http://127.0.0.1:1234/v1';

/** The sample value in the tutorial's agents.json. */
const PLACEHOLDER = 'local-model-name';

const isString = (value: unknown): value is string => typeof value === 'string';
const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0;
const oneOf = (...words: string[]): [(value: unknown) => boolean, Phrase] => {
  const list = words.map((word) => `\`${word}\``).join(' | ');
  return [(value) => words.includes(String(value)), [list, ` ${list}`]];
};

const aString: Field = [isString, phrases.string];
const anObject: Field = [isObject, phrases.object];

type Field = readonly [isRight: (value: unknown) => boolean, wanted: Phrase];

const llmFields: { readonly [name: string]: Field } = {
  baseURL: aString,
  model: aString,
  apiKey: aString,
  systemPrompt: aString,
  body: anObject,
  reasoning: oneOf('show', 'hide', 'off'),
  timeouts: anObject,
  language: oneOf('en', 'zh'),
  showStats: [(value) => typeof value === 'boolean', phrases.boolean],
};

const timeFields: { readonly [name: string]: Field } = {
  firstToken: [isTime, phrases.time],
  idle: [isTime, phrases.time],
};

/**
 * Reads the settings from every place where the host or its tutorial puts them. Never throws: what is wrong is
 * told in `problems`.
 * @param metadata - the agent's `metadata` in agents.json
 * @param settings - what the host merges: the agent's settings, the plugin's, the thread's
 */
export function readSettings(metadata: unknown, settings: unknown): Config {
  const problems: Config['problems'] = [];
  const unknown: string[] = [];

  /** The fields that are set and right. */
  function read(value: unknown, name: string, fields?: typeof llmFields): JsonObject {
    if (value === undefined || value === null) return {};
    if (!isObject(value)) {
      problems.push({ field: name, wanted: phrases.object });
      return {};
    }
    const set = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
    if (fields === undefined) return Object.fromEntries(set);
    return Object.fromEntries(
      set.filter(([key, item]) => {
        const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (field === undefined) unknown.push(`\`${name}.${key}\``);
        else if (!field[0](item)) problems.push({ field: `${name}.${key}`, wanted: field[1] });
        else return true;
        return false;
      }),
    );
  }

  const llm = read(read(metadata, 'metadata').llm, 'metadata.llm', llmFields);
  const timeouts = read(llm.timeouts, 'metadata.llm.timeouts', timeFields);
  const chosen = read(settings, 'settings');
  const keys = isObject(chosen.apiKey) ? chosen.apiKey : {};
  const body = isObject(llm.body) ? llm.body : {};
  if ('messages' in body) unknown.push('`metadata.llm.body.messages`');

  const reasoning = chosen.reasoning ?? llm.reasoning;
  const [isMode, wanted] = oneOf('show', 'hide', 'off');
  if (chosen.reasoning !== undefined && !isMode(reasoning)) {
    problems.push({ field: 'settings.reasoning', wanted });
  }

  const model = [chosen.model, llm.model, keys.model, body.model].find(isModelName);
  const apiKey = findKey(llm.apiKey, keys, chosen);
  const baseURL =
    isString(llm.baseURL) && llm.baseURL.trim() !== '' ? llm.baseURL.trim() : LM_STUDIO;
  const url = parseAddress(baseURL);
  if (url === undefined) problems.push({ field: 'metadata.llm.baseURL', wanted: phrases.address });
  if (apiKey !== undefined && /[^\x20-\x7e]/.test(apiKey)) {
    problems.push({ field: 'metadata.llm.apiKey', wanted: phrases.header });
  }

  return {
    baseURL,
    url: url ?? '',
    ...(model !== undefined && { model: String(model).trim() }),
    ...(apiKey !== undefined && { apiKey }),
    keyMissing: Boolean(llm.apiKey) && apiKey === undefined,
    systemPrompt: isString(llm.systemPrompt) ? llm.systemPrompt : '',
    body,
    reasoning: reasoning === 'hide' || reasoning === 'off' ? reasoning : 'show',
    timeouts,
    ...((llm.language === 'en' || llm.language === 'zh') && { language: llm.language }),
    showStats: llm.showStats === true,
    unknown,
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

/** A name that means a model; the host turns a choice of `7` into a number. */
function isModelName(value: unknown): value is string | number {
  const name = String(value).trim();
  return (
    (isString(value) || typeof value === 'number') &&
    name !== '' &&
    name !== PLACEHOLDER &&
    name !== ANY_MODEL
  );
}

/** `metadata.llm.apiKey` is the name of a key; but people paste the key itself there. */
function findKey(name: unknown, keys: JsonObject, settings: JsonObject): string | undefined {
  if (!isString(name)) return undefined;
  const value = [keys[name], settings[name]].find((key) => isString(key) && key.trim() !== '');
  if (isString(value)) return value.trim();
  // No one names a setting like this.
  return Object.hasOwn(keys, name) || !/^(sk-|hf_|lm-)|^\S{24,}$/.test(name)
    ? undefined
    : name.trim();
}
