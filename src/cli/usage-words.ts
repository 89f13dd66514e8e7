import type { Command } from './command.ts';
import { nearestWord } from './nearest-word.ts';

/**
 * What is wrong with the words of a command, in one sentence; `undefined` for an error that is about something else.
 * `parseArgs`' own errors are known by their code.
 * @see https://nodejs.org/api/errors.html#err_parse_args_unknown_option
 */
export function usageWords(error: Error, { usage }: Command): string | undefined {
  if (error.name === 'UsageError') return error.message;
  const code = 'code' in error ? error.code : undefined;
  const [, word = ''] = /'([^']*)'/.exec(error.message) ?? [];
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION': {
      const known = new Set(usage.match(/--[a-z][a-z-]*/g));
      const meant = nearestWord(word, [...known]);
      return `there is no option ${word}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    }
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE': {
      const option = word.replace(/ <value>$/, '').replace(/^-\w, /, '');
      if (error.message.includes('does not take')) return `${option} takes no value`;
      return `${option} needs a value; one that begins with - is given as ${option}=-VALUE`;
    }
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `'${word}' is not expected there`;
    default:
      return undefined;
  }
}
