import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { findConnectionWords } from '../chat/connection-words.ts';
import { readBody } from '../chat/read-body.ts';
import { streamChat } from '../chat/stream-chat.ts';
import { DEFAULT_BASE_URL } from '../defaults.ts';
import { fieldsOf, isObject, parseJson } from '../json.ts';
import { listModels, type Model } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { readAddress } from './address.ts';
import { adviceFor } from './advice.ts';
import type { Command } from './command.ts';
import { counted } from './counted.ts';

/** For everything but the answer itself. */
const PATIENCE_MS = 3000;
/** A large model on a small machine takes minutes to be loaded. */
const FIRST_TOKEN_MS = 600_000;
const IDLE_MS = 60_000;

/** Where the usual servers listen. */
const usualPlaces = {
  1234: 'LM Studio',
  8080: 'llama.cpp',
  11434: 'Ollama',
} as const;

/** `local-llm doctor`. */
export const doctor: Command = {
  summary: 'find out why a chat does not work',
  usage: `Usage: local-llm doctor [--base-url URL] [--model NAME]

Looks, in this order: is something listening, what is it, does it answer, does it want a
token, which models it has, does an answer stream, how fast. Each line says what to do.
Exit status 1 when something is wrong. Ctrl-C ends it at any time.

  --base-url URL  default ${DEFAULT_BASE_URL}
  --model NAME    default: the one that is loaded
  LOCAL_LLM_API_KEY in the environment is sent as the key.
`,
  async run(args, { stdout, env }) {
    const { values } = parseArgs({
      args,
      options: {
        'base-url': { type: 'string', default: DEFAULT_BASE_URL },
        model: { type: 'string' },
      },
    });
    const baseURL = values['base-url'];
    const url = readAddress(baseURL);
    const apiKey = env.LOCAL_LLM_API_KEY;
    try {
      await examine({ url, baseURL, apiKey, model: values.model }, (line) =>
        stdout.write(`${line}\n`),
      );
      return 0;
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      stdout.write(`✗ ${error.message}\n  → ${error.advice}\n`);
      return 1;
    }
  },
};

/** Something is wrong, and what follows cannot be looked at. */
class Finding extends Error {
  readonly advice: string;

  constructor(what: string, advice: string) {
    super(what);
    this.advice = advice;
  }
}

interface Case {
  url: URL;
  baseURL: string;
  apiKey: string | undefined;
  model: string | undefined;
}

async function examine(patient: Case, say: (line: string) => void): Promise<void> {
  const { url } = patient;
  const shown = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  await checkListening(url);
  say(`✓ Something is listening at ${url.host}`);
  const kind = await checkApi(patient, shown);
  say(`✓ It is ${kind}, and ${shown}/models answers`);
  const model = await checkModels(patient, say);
  await checkStream(patient, model, say);
}

async function checkListening(url: URL): Promise<void> {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const failure = await tryPort(url.hostname, port);
  if (failure === undefined) return;
  const others: string[] = [];
  for (const [other, name] of Object.entries(usualPlaces)) {
    if (Number(other) !== port && (await tryPort('127.0.0.1', Number(other))) === undefined) {
      others.push(`--base-url http://127.0.0.1:${other}/v1 (${name}'s port)`);
    }
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(failure)) {
    throw new Finding(
      `No machine is known as ${url.hostname} (${failure})`,
      'Check the name in the base URL; 127.0.0.1 is this machine',
    );
  }
  throw new Finding(
    `Nothing is listening at ${url.hostname}:${port} (${failure})`,
    others.length > 0
      ? `Something listens elsewhere on this machine: try ${others.join(', ')}`
      : `Start the server. LM Studio: Developer > Start Server, or \`lms server start\`; Ollama: \`ollama serve\`; llama.cpp: \`llama-server -m MODEL.gguf --port ${port}\``,
  );
}

/** Why no connection was made; `undefined` where one was. */
function tryPort(hostname: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port });
    const end = (failure?: string) => {
      socket.destroy();
      resolve(failure);
    };
    socket.setTimeout(PATIENCE_MS, () => end(`no answer within ${PATIENCE_MS / 1000} s`));
    socket.on('connect', () => end());
    socket.on('error', (error) => end('code' in error ? String(error.code) : error.message));
  });
}

interface Page {
  status: number;
  server: string;
  body: unknown;
  text: string;
}

/** A page of the server; where none came why not, in words, and `''` where none came in time. */
async function read(url: string, apiKey: string | undefined): Promise<Page | string> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const headers: HeadersInit = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
    const response = await nodeFetch(url, { headers, signal });
    const text = await readBody(response, signal);
    const server = `${response.headers.get('server') ?? ''} ${response.headers.get('x-powered-by') ?? ''}`;
    return { status: response.status, server, body: parseJson(text), text };
  } catch (error) {
    return signal.aborted ? '' : findConnectionWords(error).words;
  }
}

/** Whether a path of the server gives a list of models. */
async function lists(url: string, apiKey: string | undefined): Promise<boolean> {
  const page = await read(url, apiKey);
  return typeof page !== 'string' && isListing(page.body);
}

/** What the server is, once its list of models has come. */
async function checkApi({ url, apiKey }: Case, shown: string): Promise<string> {
  const page = await read(`${shown}/models${url.search}`, apiKey);
  if (page === '') {
    throw new Finding(
      `${shown} accepts connections but sent no list of models within ${PATIENCE_MS / 1000} s`,
      'It may be busy with another answer: wait and try again. Or it is no web server at all: check the port',
    );
  }
  if (typeof page === 'string') {
    throw new Finding(
      `${shown} accepts connections, but no answer came: ${page}`,
      url.protocol === 'https:'
        ? `Most local servers speak http only: try ${shown.replace('https', 'http')}`
        : 'It may be no web server at all, or one that speaks https only: check the address',
    );
  }
  if (page.status === 401 || page.status === 403) {
    throw new Finding(
      `${shown} wants a token (${page.status})${apiKey ? ', and not the one in LOCAL_LLM_API_KEY' : ''}`,
      "Put the server's token into LOCAL_LLM_API_KEY for this check; for the chat into My Assistant's setting `apiKey`, its name into metadata.llm.apiKey",
    );
  }
  if (!isListing(page.body)) {
    const right = `${shown}/v1`;
    const found = await lists(`${right}/models`, apiKey);
    const start = page.text.replace(/\s+/g, ' ').trim().slice(0, 80);
    throw new Finding(
      `${shown}/models is no list of models (${page.status}: ${start || 'empty'})`,
      found
        ? `/v1 is missing: use ${right}`
        : 'Check the base URL; it ends with /v1 in LM Studio, llama.cpp and Ollama',
    );
  }
  return identify(url.origin, page, apiKey);
}

function isListing(body: unknown): boolean {
  return isObject(body) && (Array.isArray(body.data) || Array.isArray(body.models));
}

/** By what only one kind of server has. */
async function identify(origin: string, page: Page, apiKey: string | undefined): Promise<string> {
  if (/llama\.?cpp/i.test(page.server + page.text)) return 'llama.cpp';
  for (const path of ['/api/v1/models', '/api/v0/models']) {
    if (await lists(origin + path, apiKey)) return 'LM Studio';
  }
  const { version } = fieldsOf(fieldsOf(await read(`${origin}/api/version`, apiKey)).body);
  if (typeof version === 'string') return `Ollama ${version}`;
  return 'a server of a kind unknown here';
}

/** The model to try; `undefined` where the server chooses. */
async function checkModels(
  { baseURL, apiKey, model }: Case,
  say: (line: string) => void,
): Promise<string | undefined> {
  const models = await listModels({ baseURL, apiKey, fetch: nodeFetch });
  const chat = models.filter(({ type }) => type !== 'embedding');
  const loaded = chat.find((one) => one.loaded);
  for (const one of chat) say(`  ${describe(one)}`);
  if (chat.length === 0) {
    throw new Finding(
      'It has no model for a chat',
      'Download one: LM Studio > Discover, or `lms get`',
    );
  }
  if (model !== undefined) {
    const isThere = chat.some(({ id }) => id === model);
    say(
      isThere
        ? `✓ It has the model ${model}`
        : `! It does not list ${model}: LM Studio answers with the loaded model then`,
    );
    return model;
  }
  if (loaded === undefined && chat.some((one) => one.loaded === false)) {
    throw new Finding(
      `It has ${counted(chat.length, 'model')}, and none is loaded`,
      'Load one: LM Studio > Developer, or `lms load`; or name one with --model, which may load it',
    );
  }
  const chosen = loaded ?? chat[0];
  say(`✓ It has ${counted(chat.length, 'model')}; ${chosen?.id} is tried`);
  return chosen?.id;
}

function describe({ id, loaded, contextLength, vision }: Model): string {
  const state = loaded === undefined ? [] : [loaded ? 'loaded' : 'not loaded'];
  if (contextLength !== undefined) state.push(`context ${contextLength}`);
  if (vision) state.push('sees images');
  return `${id}${state.length > 0 ? ` (${state.join(', ')})` : ''}`;
}

async function checkStream(
  { baseURL, apiKey }: Case,
  model: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  const notice = setInterval(() => {
    say(`  … waiting for the first token, ${seconds()} s: the model may be loading (Ctrl-C ends)`);
  }, 10_000);
  const messages = [{ role: 'user', content: 'Count from 1 to 20.' }];
  const reply = streamChat(
    { messages, max_tokens: 64, ...(model !== undefined && { model }) },
    { baseURL, apiKey, fetch: nodeFetch, timeouts: { firstToken: FIRST_TOKEN_MS, idle: IDLE_MS } },
  );
  try {
    for await (const _ of reply.events()) clearInterval(notice);
    const { verdict, timing, usage, model: answered, text, reasoning } = await reply.result;
    if (text.trim() === '' && reasoning.trim() === '') {
      throw new Finding(
        `The answer came to its end, and it is empty (${verdict})`,
        'Try another model, or load this one again',
      );
    }
    const first = ((timing.firstTokenMs ?? 0) / 1000).toFixed(1);
    const rate = timing.tokensPerSecond?.toFixed(1) ?? '?';
    say(
      `✓ An answer streams: first token after ${first} s, then ${rate} tokens/s (${usage?.completion_tokens ?? '?'} tokens, ${answered ?? 'model not told'})`,
    );
    if (text.trim() === '')
      say('! It only reasoned within 64 tokens; reasoning "off" makes it quicker');
  } catch (error) {
    if (error instanceof Finding || !(error instanceof Error)) throw error;
    throw new Finding(
      `No answer streams: ${error.message}`,
      adviceFor(error) ?? "The server's log says why; try again, or another model",
    );
  } finally {
    clearInterval(notice);
  }
}
