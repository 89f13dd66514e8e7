import { UsageError } from './command.ts';

/** The languages that `install` and `doctor` speak. */
export type Language = 'en' | 'zh';

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
  if (asked === 'en' || asked === 'zh') return asked;
  if (asked !== undefined) throw new UsageError(`--lang is en or zh, not '${asked}'`);
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || systemLocale;
  return /^zh\b|^zh_/i.test(locale) ? 'zh' : 'en';
}
