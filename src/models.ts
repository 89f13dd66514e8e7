import { untilAborted } from './chat/abort-listeners.ts';
import { ChatError } from './chat/errors.ts';
import { readServerOptions } from './chat/options.ts';
import { readBody } from './chat/read-body.ts';
import { send } from './chat/send.ts';
import type { ServerOptions } from './chat/types.ts';
import { fieldsOf, itemsOf, parseJson } from './json.ts';

/** How long all of the asking may take, in ms. */
const PATIENCE = 2000;

/** A model that the server has. */
export interface Model {
  /** The name to ask for it. */
  id: string;
  /** `unknown` where the server does not tell: only LM Studio does. */
  type: 'chat' | 'embedding' | 'unknown';
  /** It is in memory now. */
  loaded?: boolean;
  /** In tokens: as loaded, else the most that it can have. */
  contextLength?: number;
  /** It takes images. */
  vision?: boolean;
  /** What `reasoning_effort` may be, where the server tells: LM Studio does. */
  reasoning?: string[];
}

/**
 * Lists the server's models: LM Studio's `/api/v1/models`, then its older `/api/v0/models`, then `/v1/models` as every
 * compatible server has it. An answer is known by its fields, never by its status: LM Studio answers 200 to unknown paths.
 * @throws {ChatError} when no listing came within 2 s; `signal.reason` after an abort
 * @see https://lmstudio.ai/docs/developer/rest/list
 */
export async function listModels(options: ServerOptions = {}): Promise<Model[]> {
  const server = readServerOptions(options);
  const { signal, fail } = server;
  const controller = new AbortController();
  const stop = () =>
    controller.abort(
      signal?.reason ?? fail({ kind: 'timeout', did: 'sent no list of models for 2 s' }),
    );
  const timer = setTimeout(stop, PATIENCE);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  let failure: unknown = fail({ kind: 'protocol', did: 'has no list of models' });
  try {
    for (const path of ['/../api/v1/models', '/../api/v0/models', '/models']) {
      try {
        const response = await untilAborted(
          controller.signal,
          send(server, path, controller.signal),
        );
        const models = readListing(parseJson(await readBody(response, controller.signal)));
        if (models) return models;
      } catch (thrown) {
        failure = thrown;
        if (!(thrown instanceof ChatError) || thrown.kind !== 'http') break;
      }
    }
    throw failure;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** What one of the three listings says; `undefined` for anything else. */
export function readListing(body: unknown): Model[] | undefined {
  const { data, models } = fieldsOf(body);
  const list = [data, models].find(Array.isArray);
  return list?.map(fieldsOf).flatMap((item) => {
    const { key, id = key, type, state, loaded_instances: instances, capabilities } = item;
    if (typeof id !== 'string') return [];
    const [instance] = itemsOf(instances);
    const known = typeof type === 'string';
    const contextLength = [
      fieldsOf(fieldsOf(instance).config).context_length,
      item.loaded_context_length,
      item.max_context_length,
      item.max_model_len,
    ]
      .map(Number)
      .find(Boolean);
    return {
      id,
      type: !known ? 'unknown' : type.startsWith('embedding') ? 'embedding' : 'chat',
      ...(known && {
        loaded: state === 'loaded' || Boolean(instance),
        vision: type === 'vlm' || fieldsOf(capabilities).vision === true,
      }),
      ...(contextLength && { contextLength }),
    };
  });
}

/** The chat model that is in memory; of several the first. */
export function loadedChatModel(models: readonly Model[]): Model | undefined {
  return models.find(({ type, loaded }) => type !== 'embedding' && loaded);
}

/**
 * The chat model to name where the user has named none: the one in memory; else the only one; else, where the server
 * does not tell what is in memory, the first. `undefined` where several are there and none is loaded: then the user
 * has to choose.
 */
export function defaultChatModel(models: readonly Model[]): Model | undefined {
  const loaded = loadedChatModel(models);
  if (loaded) return loaded;
  const chatModels = models.filter(({ type }) => type !== 'embedding');
  const [first] = chatModels;
  const isTold = chatModels.some((model) => model.loaded !== undefined);
  return chatModels.length === 1 || !isTold ? first : undefined;
}
