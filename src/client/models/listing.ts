import { fieldsOf, isText, itemsOf, type JsonObject } from '../json.ts';

/** Why a model that is not loaded is not. */
export type ModelState =
  /** It is being loaded; a request waits for it, or is answered with 503. */
  | 'loading'
  /** llama.cpp put it out of memory after a while without requests; the next request wakes it. */
  | 'sleeping'
  /** It could not be loaded the last time; the server's log says why. */
  | 'failed';

/** A model that the server has. What the server does not say is absent. */
export interface Model {
  /** The name to ask for it. */
  id: string;
  /** As the server says, or as an embedding model's name says; else `unknown`, like most servers' chat models. */
  type: 'chat' | 'embedding' | 'unknown';
  /** It is in memory now. LM Studio says so, and llama.cpp as a router of several models. */
  loaded?: boolean;
  /** Why it is not loaded, if there is more to say. */
  state?: ModelState;
  /** In tokens: as loaded, else the most that it can have. */
  contextLength?: number;
  /** It takes images. */
  vision?: boolean;
  /**
   * The settings of its reasoning, from LM Studio: `off`, `on`, and efforts such as `low`. In `reasoning_effort` an effort is sent
   * unchanged, `off` becomes `none`, and for `on` the field is left out.
   */
  reasoning?: string[];
}

/**
 * Reads a list of models as LM Studio, llama.cpp, Ollama, vLLM and others send it. Whatever is in it, this does not
 * throw: what is not understood is left out. A name comes once, with what is loaded if anything is.
 * @param body - the answer's JSON
 * @returns `undefined` if the answer is no such list
 */
export function readListing(body: unknown): Model[] | undefined {
  const list = findList(body);
  if (list === undefined) return undefined;
  const capabilities = capabilitiesByName(body);
  const models = new Map<string, Model>();
  for (const item of list.map(fieldsOf)) {
    const id = nameOf(item);
    if (id === undefined) continue;
    const model = readModel(id, item, itemsOf(item.capabilities ?? capabilities.get(id)));
    if (model.loaded || !models.has(id)) models.set(id, model);
  }
  return [...models.values()];
}

/** OpenAI's `data`, LM Studio's `models`, or a bare list, as Together and one-api have it. */
function findList(body: unknown): readonly unknown[] | undefined {
  const { data, models, object } = fieldsOf(body);
  const list = [body, data, models].find(Array.isArray);
  // Ollama without any model.
  return list ?? (data === null && object === 'list' ? [] : undefined);
}

/** llama.cpp with a single model has the capabilities in a second list, whose form is Ollama's. */
function capabilitiesByName(body: unknown): Map<unknown, unknown> {
  const second = itemsOf(fieldsOf(body).models).map(fieldsOf);
  return new Map(second.map(({ name, capabilities }) => [name, capabilities]));
}

/** `key` is LM Studio's, `name` Ollama's own. */
function nameOf({ id, key, name }: JsonObject): string | undefined {
  const given = id ?? key ?? name;
  return isText(given) ? given : undefined;
}

function readModel(id: string, item: JsonObject, capabilities: readonly unknown[]): Model {
  const contextLength = readContextLength(item);
  const vision = readVision(item, capabilities);
  const reasoning = readReasoning(item);
  return {
    id,
    type: readType(id, item),
    ...readState(item),
    ...(contextLength !== undefined && { contextLength }),
    ...(vision !== undefined && { vision }),
    ...(reasoning.length > 0 && { reasoning }),
  };
}

/** The words for chat models: LM Studio's two, and Together's. */
const CHAT_TYPES: readonly unknown[] = ['llm', 'vlm', 'chat'];

function readType(id: string, { type }: JsonObject): Model['type'] {
  if (CHAT_TYPES.includes(type)) return 'chat';
  // LM Studio has said `embedding` and `embeddings`.
  if (typeof type === 'string' && type.startsWith('embedding')) return 'embedding';
  // `text-embedding-3-small`, `nomic-embed-text`, `embeddinggemma`; but not a model for embedded systems.
  return typeof type !== 'string' && /embed(?!ded)/i.test(id) ? 'embedding' : 'unknown';
}

/** LM Studio's `loaded_instances`, its older `state`, llama.cpp's `status`. */
function readState(item: JsonObject): Pick<Model, 'loaded' | 'state'> {
  const status = fieldsOf(item.status);
  const state = item.state ?? status.value;
  if (Array.isArray(item.loaded_instances)) return { loaded: item.loaded_instances.length > 0 };
  if (typeof state !== 'string') return {};
  if (state === 'loaded') return { loaded: true };
  if (state === 'loading' || state === 'sleeping') return { loaded: false, state };
  const hasFailed = state === 'failed' || status.failed === true;
  return { loaded: false, ...(hasFailed && { state: 'failed' }) };
}

/** As loaded by LM Studio or llama.cpp; the most by LM Studio, vLLM, Together and llama.cpp. */
function readContextLength(item: JsonObject): number | undefined {
  const meta = fieldsOf(item.meta);
  const [instance] = itemsOf(item.loaded_instances);
  return [
    fieldsOf(fieldsOf(instance).config).context_length,
    item.loaded_context_length,
    meta.n_ctx,
    item.max_context_length,
    item.max_model_len,
    item.context_length,
    meta.n_ctx_train,
  ].find((tokens): tokens is number => typeof tokens === 'number' && tokens > 0);
}

function readVision(item: JsonObject, capabilities: readonly unknown[]): boolean | undefined {
  const { type, architecture } = item;
  const modalities = fieldsOf(architecture).input_modalities;
  const { vision } = fieldsOf(item.capabilities);
  if (typeof vision === 'boolean') return vision;
  if (Array.isArray(modalities)) return modalities.includes('image');
  // llama.cpp says `completion`, and `multimodal` beside it.
  if (capabilities.includes('completion')) return capabilities.includes('multimodal');
  if (type === 'vlm') return true;
  // LM Studio says nothing of a model that sees nothing.
  return isLmStudio(item) ? false : undefined;
}

const isLmStudio = ({ state, loaded_instances: instances }: JsonObject): boolean =>
  typeof state === 'string' || Array.isArray(instances);

/** LM Studio's list of efforts. */
function readReasoning({ capabilities }: JsonObject): string[] {
  const { allowed_options: options } = fieldsOf(fieldsOf(capabilities).reasoning);
  return itemsOf(options).filter(isText);
}
