/*
 * The words of the command line: what a command is, and how each kind of value is read.
 *
 *   in:  the strings behind the program's name, and the environment
 *   out: a URL, a port, a language, a path; or a `UsageError` that names the word and what is right
 */
import { LANGUAGES, type Language } from '../advice/index.ts';
import { DEFAULT_BASE_URL, parseHttpURL } from '../client/option-values.ts';
import type { Terminal } from './terminal.ts';

/** One command of `local-llm-stream-agent`. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** The text of `local-llm-stream-agent help NAME`. */
  usage: string;
  /**
   * Runs it.
   * @param args - the words after the command's name
   * @returns the exit status
   * @throws {UsageError} if the words are wrong: printed in one line, exit status 2. Errors of `parseArgs` count as such; any other
   * error is printed by its message alone, exit status 1.
   */
  run(args: string[], terminal: Terminal): Promise<number>;
}

/** The user's words cannot be understood; the message says which and why. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** @throws {UsageError} if it is no http(s) URL */
export function readAddress(given: string, option = '--base-url', sample = DEFAULT_BASE_URL): URL {
  const url = parseHttpURL(given);
  if (url !== undefined) return url;
  const lacksProtocol = /^[\w.-]+:\d+/.test(given) && parseHttpURL(`http://${given}`) !== undefined;
  throw new UsageError(
    `${option} must be a URL such as ${lacksProtocol ? `http://${given}` : sample}, not '${given}'`,
  );
}

/** @throws {UsageError} */
export function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`--port ${text}: give a number from 0 to 65535`);
}

/**
 * Chooses the language to speak: the one that was asked for, else that of the environment, else that of the system (Windows sets no
 * `LANG`).
 * @throws {UsageError} if `asked` is no language
 */
export function chooseLanguage(
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
  systemLocale: string = Intl.DateTimeFormat().resolvedOptions().locale,
): Language {
  const language = LANGUAGES.find((one) => one === asked);
  if (language !== undefined) return language;
  if (asked !== undefined) throw new UsageError(`--lang is en or zh, not '${asked}'`);
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || systemLocale;
  return /^zh\b|^zh_/i.test(locale) ? 'zh' : 'en';
}

/**
 * Writes out the home folder in a word that is a path from `~` on, even in `--to=~/fixtures`: a POSIX shell would have done it,
 * PowerShell and cmd do not.
 */
export function expandHome(word: string, home: string): string {
  return word.replace(/^(--[a-z-]+=)?~(?=$|[\\/])/, (_, option = '') => option + home);
}
