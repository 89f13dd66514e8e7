import { isObject, parseJson } from './chat/guards.ts';
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
  const { signal } = settings;
  signal.throwIfAborted();
  const base = settings.url('');
  const root = settings.url('').replace(/\/v1(?=$|\?)/, '');
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = setTimeout(stop, PATIENCE);
  signal.addEventListener('abort', stop);
  let refused: unknown;
  try {
    for (const [at, path] of [
      [root, '/api/v1/models'],
      [root, '/api/v0/models'],
      [base, '/models'],
    ] as const) {
      const url = at.replace(/(?=\?|$)/, path);
      try {
        const response = await send(
          settings,
          url,
          { method: 'GET', signal: controller.signal },
          () => false,
        );
        const models = readListing(parseJson(await readBody(response)));
        if (models !== undefined) return models;
      } catch (error) {
        if (!(error instanceof Error && 'kind' in error && error.kind === 'http')) throw error;
        refused = error;
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!controller.signal.aborted) throw error;
    throw settings.error('timeout', base, `sent no list of models for ${PATIENCE / 1000} s`, '');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  throw refused ?? settings.error('protocol', base, 'has no list of models', '');
}

/** What one of the three listings says; `undefined` for anything else. */
export function readListing(body: unknown): Model[] | undefined {
  if (!isObject(body)) return undefined;
  const list: unknown = Array.isArray(body.data) ? body.data : body.models;
  if (!Array.isArray(list)) return undefined;
  return list.filter(isObject).flatMap((item) => {
    const { key, id = key, type, state, loaded_instances: instances, capabilities } = item;
    if (typeof id !== 'string') return [];
    const [instance]: unknown[] = Array.isArray(instances) ? instances : [];
    const config = isObject(instance) && isObject(instance.config) ? instance.config : {};
    const known = typeof type === 'string';
    const contextLength = [
      config.context_length,
      item.loaded_context_length,
      item.max_context_length,
      item.max_model_len,
    ].find((length) => typeof length === 'number');
    return {
      id,
      type: !known ? 'unknown' : type.startsWith('embedding') ? 'embedding' : 'chat',
      ...(known && {
        loaded: state === 'loaded' || instance !== undefined,
        vision: type === 'vlm' || (isObject(capabilities) && capabilities.vision === true),
      }),
      ...(contextLength !== undefined && { contextLength }),
    };
  });
}
