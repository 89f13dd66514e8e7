import { isObject } from '../chat/guards.ts';
import { BadChoice, choose } from './choose.ts';
import type { Exchange } from './exchange.ts';
import { type Asked, createMatcher, ReplayMiss } from './match.ts';
import type { PlayOptions } from './play.ts';
import type { ReplayOptions } from './replay-fetch.ts';

/** What answers a request: an exchange and how it is played; or JSON of our own. */
export type Answer = { exchange: Exchange; options: PlayOptions } | { json: unknown };

/**
 * Makes the function that finds what answers a request to the server: by what its path chooses, else by what it
 * asks. It throws `ReplayMiss` and `BadChoice`.
 */
export function createAnswerer(
  source: Exchange | readonly Exchange[],
  options: ReplayOptions,
): (asked: Asked) => Answer {
  const exchanges = [source].flat();
  const names = exchanges.map(({ name }) => name);
  const only = exchanges.find((exchange) => exchange === source);
  const scopes = new Map<string, ReturnType<typeof scopeOf>>();

  /** The exchanges of a folder; each folder keeps its own count of what was used. */
  function scopeOf(folder: string) {
    const inside = exchanges.filter(({ name }) => folder === '' || name.startsWith(`${folder}/`));
    return { exchanges: inside, find: createMatcher(inside, options.ignore) };
  }

  return (asked) => {
    const recorded = exchanges.some(({ request }) => request.path === asked.path);
    const choice = recorded ? undefined : choose(asked.path, names);
    const chosen = exchanges.find(({ name }) => name === choice?.name) ?? only;
    const path = choice?.path ?? asked.path;
    const played = { ...options, ...choice?.options };
    const isListing = asked.method === 'GET' && path.endsWith('/models');
    if (chosen && (!isListing || chosen.request.path === path)) {
      return { exchange: chosen, options: played };
    }
    const folder = chosen ? chosen.name.split('/').slice(0, -1).join('/') : (choice?.name ?? '');
    const scope = scopes.get(folder) ?? scopeOf(folder);
    scopes.set(folder, scope);
    try {
      return { exchange: scope.find({ ...asked, path }), options: played };
    } catch (error) {
      if (!isListing || !(error instanceof ReplayMiss)) throw error;
      if (path === '/v1/models') return { json: modelsOf(scope.exchanges) };
      // A client that looks for LM Studio's own listing is to learn that there is none: that is no miss.
      throw new BadChoice(404, error.message);
    }
  };
}

/** The listing of the models that the recorded requests name, in OpenAI's shape. */
function modelsOf(exchanges: readonly Exchange[]): unknown {
  const named = exchanges.map(({ request }) => isObject(request.body) && request.body.model);
  const ids = new Set(named.filter((model) => typeof model === 'string'));
  const data = [...ids].map((id) => ({ id, object: 'model', owned_by: 'local-llm serve' }));
  return { object: 'list', data };
}
