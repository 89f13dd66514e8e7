import { isChatError } from '../errors/errors.ts';
import { parseJson } from '../json.ts';
import { listenForAbort } from '../send/abort-listeners.ts';
import { readServerOptions, type ServerSettings } from '../send/options.ts';
import { readBody } from '../send/read-body.ts';
import { send } from '../send/send.ts';
import type { ServerOptions } from '../types.ts';
import { type Model, type ModelState, readListing } from './listing.ts';

export type { Model, ModelState } from './listing.ts';

/*
 * From a server to the models that it has.
 *
 *   in            the address of the server, and who asks
 *   models.ts     asks three paths in turn, of which each server knows at least one
 *   listing.ts    reads the answer, in whatever form the server sends it
 *   out           `Model[]`, and the one to name if the user has named none
 */

/** How long all of the asking may take, in ms. */
const LISTING_MS = 2000;

/** How many characters of a list are read: a provider's can have some megabytes. */
const MOST_LISTING_CHARACTERS = 32 * 2 ** 20;

/**
 * Lists the server's models: LM Studio's `/api/v1/models`, then its older `/api/v0/models`, then `/v1/models` as every
 * compatible server has it. An answer is known by its fields, never by its status: LM Studio answers 200 to unknown paths.
 * @throws {ChatError} when no listing came within 2 s; `signal.reason` after an abort
 * @see https://lmstudio.ai/docs/developer/rest/list
 */
export async function listModels(options: ServerOptions = {}): Promise<Model[]> {
  const server = readServerOptions(options);
  const { signal, fail } = server;
  signal?.throwIfAborted();
  const controller = new AbortController();
  // A `fetch` may take no notice of its signal.
  return new Promise((resolve, reject) => {
    const stop = (reason: unknown) => {
      reject(reason);
      controller.abort(reason);
    };
    const onTimeout = () => stop(fail({ kind: 'timeout', did: 'sent no list of models for 2 s' }));
    const timer = setTimeout(onTimeout, LISTING_MS);
    const stopListening = signal && listenForAbort(signal, () => stop(signal.reason));
    findListing(server, controller.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        stopListening?.();
      });
  });
}

/** Asks one path after the other, and throws what failed last. */
async function findListing(server: ServerSettings, signal: AbortSignal): Promise<Model[]> {
  let failure: unknown;
  for (const path of ['/../api/v1/models', '/../api/v0/models', '/models']) {
    try {
      const response = await send(server, path, signal);
      const body = await readBody(response, MOST_LISTING_CHARACTERS);
      const models = readListing(parseJson(body));
      if (models) return models;
      failure = server.fail({ kind: 'protocol', did: 'has no list of models' });
    } catch (thrown) {
      failure = thrown;
      if (!isChatError(thrown) || thrown.kind !== 'http') break;
    }
  }
  throw failure;
}

/** The models that can chat; the others make embeddings. */
export function chatModelsOf(models: readonly Model[]): Model[] {
  return models.filter(({ type }) => type !== 'embedding');
}

/** The chat model that is in memory; of several the first. */
export function loadedChatModel(models: readonly Model[]): Model | undefined {
  return chatModelsOf(models).find(({ loaded }) => loaded);
}

/**
 * The chat model to name if the user has named none: the one in memory; else one that sleeps or is being loaded; else
 * the only one that has not failed; else, if the server does not say what is in memory, the first. `undefined` if
 * there are several and none is loaded: then the user has to choose.
 */
export function defaultChatModel(models: readonly Model[]): Model | undefined {
  const chatModels = chatModelsOf(models);
  const inState = (state: ModelState) => chatModels.find((model) => model.state === state);
  const current = loadedChatModel(chatModels) ?? inState('sleeping') ?? inState('loading');
  if (current) return current;
  const sound = chatModels.filter(({ state }) => state !== 'failed');
  const candidates = sound.length > 0 ? sound : chatModels;
  const [first] = candidates;
  const saysWhatIsLoaded = candidates.some(({ loaded }) => loaded !== undefined);
  return candidates.length === 1 || !saysWhatIsLoaded ? first : undefined;
}
