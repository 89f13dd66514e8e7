import type { Language } from '../../advice/index.ts';
import { fieldsOf, parseJson } from '../../client/json.ts';
import { type Message, textOf } from '../host.ts';

/**
 * The language of a conversation's last question that has words; if there is none, VS Code's own.
 * @param environment - VS Code gives its display language to the extension host here
 */
export function languageOf(
  messages: readonly Message[],
  environment: NodeJS.ProcessEnv = process.env,
): Language {
  const questions = messages.filter((message) => message?.sender === 'user');
  const spoken = questions.map((question) => languageOfText(textOf(question))).findLast(Boolean);
  const { locale } = fieldsOf(parseJson(environment.VSCODE_NLS_CONFIG ?? ''));
  return spoken ?? (/^zh/i.test(String(locale)) ? 'zh' : 'en');
}

/**
 * Chinese characters against words in Latin letters; kana tell Japanese. `undefined` for a text without words, such as
 * "1 + 1 = ?".
 */
export function languageOfText(text: string): Language | undefined {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const han = count(/[\u4e00-\u9fff]/g);
  const words = count(/[a-z]+/gi);
  if (han > 0 && han >= words && !count(/[\u3040-\u30ff]/)) return 'zh';
  return han + words > 0 || count(/\p{L}/u) > 0 ? 'en' : undefined;
}
