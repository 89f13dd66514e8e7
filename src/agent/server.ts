import { fieldsOf, itemsOf, parseJson } from '../client/json.ts';
import { listModels, type Model } from '../client/models/models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { withoutSecret } from './settings/secret.ts';
import type { Config } from './settings/settings.ts';

/** How long a model list is used again, in ms, where nobody asks for a new one. */
const KEEP_MS = 60_000;

/** How long a small question to the server may take, in ms. */
const PATIENCE_MS = 2000;

/** What the agent asks a server beside the answers. */
export interface Server {
  /**
   * The chat models that the server has.
   * @param isFresh - asks anew, also where the list is known
   */
  models(isFresh?: boolean): Promise<readonly Model[]>;
  /**
   * Loads a model: LM Studio's `/api/v1/models/load`, llama.cpp's `/models/load`. The first answers when it is loaded,
   * the second at once; where neither is there, nothing happens, and the question itself will load the model.
   * @throws {Error} with the server's words, where it refuses
   */
  load(model: string, signal: AbortSignal): Promise<void>;
  /** Whether it is llama.cpp, which can go on with an answer that was cut. */
  isLlamaCpp(): Promise<boolean>;
}

export function createServer(config: Config): Server {
  const { apiKey = '' } = config;
  let known: Promise<readonly Model[]> | undefined;

  /** @param path - behind the base URL, without its `/v1` where `isRoot` is true */
  function ask(
    path: string,
    isRoot: boolean,
    signal: AbortSignal,
    body?: object,
  ): Promise<Response> {
    const url = new URL(config.baseURL);
    const base = url.pathname.replace(/\/*$/, '');
    url.pathname = (isRoot ? base.replace(/\/v1$/, '') : base) + path;
    return nodeFetch(url.href, {
      method: body ? 'POST' : 'GET',
      headers: {
        'content-type': 'application/json',
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      signal,
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  function listChatModels(): Promise<readonly Model[]> {
    const list = listModels({ ...config, fetch: nodeFetch }).then((models) =>
      models
        .filter(({ type }) => type !== 'embedding')
        .map((model) => ({ ...model, id: withoutSecret(model.id, apiKey) })),
    );
    known = list;
    const forget = () => {
      if (known === list) known = undefined;
    };
    list.catch(forget);
    setTimeout(forget, KEEP_MS).unref();
    return list;
  }

  return {
    models: (isFresh = false) => (isFresh ? undefined : known) ?? listChatModels(),

    async load(model, signal) {
      for (const path of ['/api/v1/models/load', '/models/load']) {
        const response = await ask(path, true, signal, { model });
        const body = await response.text();
        const { error } = fieldsOf(parseJson(body));
        const words = typeof error === 'string' ? error : String(fieldsOf(error).message ?? '');
        const isMissing =
          [404, 405, 501].includes(response.status) || /unexpected endpoint/i.test(words);
        if (isMissing) continue;
        if (response.ok && !error) return;
        throw new Error(withoutSecret(words || `status ${response.status}`, apiKey));
      }
    },

    async isLlamaCpp() {
      try {
        const response = await ask('/models', false, AbortSignal.timeout(PATIENCE_MS));
        const { data } = fieldsOf(parseJson(await response.text()));
        return itemsOf(data).some((one) => fieldsOf(one).owned_by === 'llamacpp');
      } catch {
        return false;
      }
    },
  };
}
