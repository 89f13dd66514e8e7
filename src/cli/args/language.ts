import { LANGUAGES, type Language } from '../../advice/index.ts';
import { UsageError } from './command.ts';

/**
 * The language to speak: the one that was asked for, else that of the environment, else that of the system (Windows sets no `LANG`).
 * @param asked - the value of `--lang`
 * @param systemLocale - as `Intl` names it: `zh-CN`
 * @throws {UsageError} where `asked` is none of them
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
