import { fieldsOf } from '../client/json.ts';
import { isChatError } from '../index.ts';
import type { Language } from './args/language.ts';
import { failureWords } from './failure-words.ts';
import { onOneLine } from './terminal/printable.ts';

/** What went wrong, and what to do about it, in whole sentences of a command line. */
export interface Failure {
  what: string;
  advice?: string | undefined;
}

/** What is known beside the error. */
interface Asked {
  /** The base URL that was asked. */
  url: URL;
  hasKey: boolean;
}

/** The codes of an error and of its causes, from the outermost to the innermost. */
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  // Bounded, because a chain of causes may be a ring.
  for (let link = fieldsOf(error), depth = 9; depth > 0; link = fieldsOf(link.cause), depth--) {
    if (typeof link.code === 'string') codes.push(link.code);
  }
  return codes;
}

/** Describes an error of a reply or of a list of models. */
export function describeFailure(
  error: Error,
  { url, hasKey }: Asked,
  language: Language = 'en',
): Failure {
  if (!isChatError(error)) return { what: error.message };
  const words = failureWords[language];
  const { reason, kind, status, hint } = error;
  const [firstCode] = codesOf(error);
  const code = firstCode === undefined ? '' : words.inBrackets(firstCode);
  const message = onOneLine(error.message);

  switch (reason) {
    case 'tls-untrusted':
      return words.unknownSigner(url.host, code);
    case 'tls-plain-http':
      return words.plainHttp(url.host, url.href.replace(/^https:/, 'http:'));
    case 'refused':
      return words.refused(url.host, code);
    case 'dns':
      return words.unknownName(url.hostname, code);
    case 'token':
      return hasKey ? words.tokenIsWrong(status) : words.tokenIsMissing(status);
    case 'redirect':
      return { what: message, advice: words.redirectAdvice };
    case 'base-url':
      return { what: message, advice: words.baseURLAdvice };
    default:
  }
  if (kind === 'interrupted') return words.interrupted(code);
  // The replay kit's own words name the nearest recording, and tell how to record.
  if (error.code === 'replay-miss') return { what: error.serverMessage ?? error.message };
  const said = onOneLine(error.serverMessage ?? '');
  const inOwnLanguage = said === '' ? undefined : words.serverSays(said, status);
  return { what: inOwnLanguage ?? message, advice: hint };
}
