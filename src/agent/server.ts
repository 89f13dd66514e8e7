import { setTimeout as sleep } from 'node:timers/promises';
import { fieldsOf, itemsOf, type JsonObject, parseJson } from '../client/json.ts';
import { chatModelsOf, listModels, type Model } from '../client/models/models.ts';
import { readBody } from '../client/send/read-body.ts';
import { nodeFetch } from '../node-fetch.ts';
import { withoutSecret } from './settings/secret.ts';
import type { Config } from './settings/settings.ts';

/** How long a small question to the server may take, in ms. */
const QUESTION_MS = 2000;

/** So many characters of an answer to a small question are read. */
const MOST_ANSWER_CHARACTERS = 2 ** 20;

/** How often llama.cpp is asked whether a model is loaded by now, in ms. */
const POLL_MS = 300;

/** Sizes of a model's context, in tokens. */
export interface Context {
  now: number;
  most: number;
}

/** What llama.cpp has of an answer that it goes on with while nobody reads it. */
export interface KeptAnswer {
  isDone: boolean;
  /** Of its event stream, up to now. */
  bytes: number;
}

/** What the agent asks a server beside the answers. */
export class Server {
  readonly #config: Config;
  readonly #secret: string;
  #known: Promise<readonly Model[]> | undefined;
  #isLlamaCpp = false;

  constructor(config: Config) {
    this.#config = config;
    this.#secret = config.apiKey ?? '';
  }

  /**
   * The chat models that the server has.
   * @param isFresh - asks anew, even if the list is known
   */
  models(isFresh = false): Promise<readonly Model[]> {
    if (this.#known && !isFresh) return this.#known;
    const list = this.#listChatModels();
    this.#known = list;
    list.catch(() => {
      if (this.#known === list) this.#known = undefined;
    });
    return list;
  }

  /**
   * Loads a model: LM Studio's `/api/v1/models/load`, llama.cpp's `/models/load`. The first answers when it is loaded,
   * the second at once, so it is asked until it is. If neither is there, nothing happens, and the question itself will load the model.
   * @param contextLength - LM Studio only: the model is loaded anew, with so many tokens of context
   * @throws {Error} with the server's words, if it refuses
   */
  async load(model: string, signal: AbortSignal, contextLength?: number): Promise<void> {
    if (contextLength !== undefined) await this.#unload(model, signal);
    const send = contextLength === undefined ? { model } : { model, context_length: contextLength };
    for (const path of ['/api/v1/models/load', '/models/load']) {
      const { response, body } = await this.#ask(path, signal, send);
      const { error } = fieldsOf(parseJson(body));
      const words = typeof error === 'string' ? error : String(fieldsOf(error).message ?? '');
      const isMissing =
        [404, 405, 501].includes(response.status) || /unexpected endpoint/i.test(words);
      if (isMissing) continue;
      if (response.ok && !error) {
        if (path === '/models/load') await this.#untilLoaded(model, signal);
        return;
      }
      throw new Error(withoutSecret(words || `status ${response.status}`, this.#secret));
    }
  }

  /** How much context LM Studio has given to a loaded model, and how much it could have; `undefined` for other servers. */
  async contextOf(model: string): Promise<Context | undefined> {
    const { loaded_instances, max_context_length } = await this.#lmStudioModel(model);
    const [first] = itemsOf(loaded_instances);
    const now = fieldsOf(fieldsOf(first).config).context_length;
    const isKnown = typeof now === 'number' && typeof max_context_length === 'number';
    return isKnown ? { now, most: max_context_length } : undefined;
  }

  /** Without `--models-autoload`, llama.cpp's router fails a question that comes earlier. */
  async #untilLoaded(model: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { body } = await this.#ask('/models', signal);
      const { data } = fieldsOf(parseJson(body));
      const { status } = fieldsOf(itemsOf(data).find((one) => fieldsOf(one).id === model));
      if (fieldsOf(status).value !== 'loading') return;
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  async #unload(model: string, signal: AbortSignal): Promise<void> {
    const { loaded_instances } = await this.#lmStudioModel(model);
    for (const { id } of itemsOf(loaded_instances).map(fieldsOf)) {
      await this.#ask('/api/v1/models/unload', signal, { instance_id: id });
    }
  }

  /** What LM Studio says of a model; nothing if it is another server. */
  async #lmStudioModel(model: string): Promise<JsonObject> {
    const { models } = fieldsOf(await this.#askBriefly('/api/v1/models'));
    return fieldsOf(itemsOf(models).find((one) => fieldsOf(one).key === model));
  }

  /** Whether it is llama.cpp, which can go on with an answer that was cut, and with one that nobody reads. */
  async isLlamaCpp(): Promise<boolean> {
    if (this.#isLlamaCpp) return true;
    const { data } = fieldsOf(await this.#askBriefly('/v1/models'));
    this.#isLlamaCpp = itemsOf(data).some((one) => fieldsOf(one).owned_by === 'llamacpp');
    return this.#isLlamaCpp;
  }

  /**
   * What the server has of an answer; `undefined` if it does not know it, or does not respond.
   * @param id - the answer's, in its `resumable`
   */
  async keptAnswer(id: string): Promise<KeptAnswer | undefined> {
    const found = await this.#askBriefly('/v1/streams/lookup', { conversation_ids: [id] });
    const { is_done, total_bytes } = fieldsOf(itemsOf(found)[0]);
    return typeof total_bytes === 'number'
      ? { isDone: is_done === true, bytes: total_bytes }
      : undefined;
  }

  async #listChatModels(): Promise<readonly Model[]> {
    const models = await listModels({ ...this.#config, fetch: nodeFetch });
    return chatModelsOf(models).map((model) => ({
      ...model,
      id: withoutSecret(model.id, this.#secret),
    }));
  }

  /** The JSON that the server answers to a small question; `undefined` if there is none. */
  async #askBriefly(path: string, send?: object): Promise<unknown> {
    try {
      const { body } = await this.#ask(path, AbortSignal.timeout(QUESTION_MS), send);
      return parseJson(body);
    } catch {
      return undefined;
    }
  }

  /** @param path - below what is before the base URL's `/v1` */
  async #ask(path: string, signal: AbortSignal, send?: object) {
    const url = new URL(this.#config.baseURL);
    url.pathname = url.pathname.replace(/\/*$/, '').replace(/\/v1$/, '') + path;
    const response = await nodeFetch(url.href, {
      method: send ? 'POST' : 'GET',
      headers: {
        'content-type': 'application/json',
        ...(this.#secret && { authorization: `Bearer ${this.#secret}` }),
      },
      signal,
      ...(send && { body: JSON.stringify(send) }),
    });
    return { response, body: await readBody(response, MOST_ANSWER_CHARACTERS) };
  }
}
