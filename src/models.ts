import { fieldsOf, parseJson } from './chat/guards.ts';
import { readOptions } from './chat/options.ts';
import { readBody, send } from './chat/send.ts';
import type { ServerOptions } from './chat/types.ts';

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
}

/**
 * Lists the server's models: LM Studio's `/api/v1/models`, then its older `/api/v0/models`, then `/v1/models` as every
 * compatible server has it. An answer is known by its fields, never by its status: LM Studio answers 200 to unknown paths.
 * @throws {ChatError} when no listing came within 2 s; `signal.reason` after an abort
 * @see https://lmstudio.ai/docs/developer/rest/list
 */
export async function listModels(options: ServerOptions = {}): Promise<Model[]> {
  const settings = readOptions(options);
  const { signal, error } = settings;
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  const timer = setTimeout(
    () => controller.abort(error('timeout', `sent no list of models for ${PATIENCE / 1000} s`)),
    PATIENCE,
  );
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  let failure: unknown = error('protocol', 'has no list of models');
  try {
    for (const path of ['/../api/v1/models', '/../api/v0/models', '/models']) {
      try {
        const init = { method: 'GET', signal: controller.signal };
        const response = await send(settings, path, init, () => false);
        const models = readListing(parseJson(await readBody(response, controller.signal)));
        if (models) return models;
      } catch (thrown) {
        failure = thrown;
      }
    }
    throw controller.signal.reason ?? failure;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** What one of the three listings says; `undefined` for anything else. */
export function readListing(body: unknown): Model[] | undefined {
  const { data, models } = fieldsOf(body);
  const list: unknown = Array.isArray(data) ? data : models;
  if (!Array.isArray(list)) return undefined;
  return list.map(fieldsOf).flatMap((item) => {
    const { key, id = key, type, state, loaded_instances: instances, capabilities } = item;
    if (typeof id !== 'string') return [];
    const [instance]: unknown[] = Array.isArray(instances) ? instances : [];
    const known = typeof type === 'string';
    const contextLength = [
      fieldsOf(fieldsOf(instance).config).context_length,
      item.loaded_context_length,
      item.max_context_length,
      item.max_model_len,
    ].find((length) => typeof length === 'number');
    return {
      id,
      type: !known ? 'unknown' : type.startsWith('embedding') ? 'embedding' : 'chat',
      ...(known && {
        loaded: state === 'loaded' || instance !== undefined,
        vision: type === 'vlm' || fieldsOf(capabilities).vision === true,
      }),
      ...(contextLength !== undefined && { contextLength }),
    };
  });
}
