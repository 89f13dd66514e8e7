import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MatchOptions } from '../replay/match/match.ts';
import { UsageError } from './command.ts';

/**
 * Loads the module that `--normalize` names. It exports `normalize`, by that name or as its default, and may export
 * `ignore`.
 * @throws {UsageError} where it cannot be loaded, or exports no function
 */
export async function loadMatching(file: string | undefined): Promise<MatchOptions> {
  if (file === undefined) return {};
  const exported: Record<string, unknown> = await import(pathToFileURL(resolve(file)).href).catch(
    (error: Error) => {
      throw new UsageError(`--normalize ${file} cannot be loaded: ${error.message}`);
    },
  );
  const { normalize = exported.default, ignore } = exported;
  const options = { normalize, ignore };
  if (isMatchOptions(options)) return options;
  throw new UsageError(
    `--normalize ${file} must export a function normalize(request); it may export ignore`,
  );
}

/** Whether there is a function. What `ignore` holds is looked at where it is used. */
function isMatchOptions(
  options: { [Name in keyof MatchOptions]: unknown },
): options is MatchOptions {
  return typeof options.normalize === 'function';
}
