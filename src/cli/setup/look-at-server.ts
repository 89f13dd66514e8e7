import { fieldsOf, parseJson } from '../../client/json.ts';
import { listModels, type Model } from '../../index.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { onOneLine } from '../terminal.ts';

export interface ServerToLookAt {
  baseURL: string;
  apiKey: string | undefined;
}

/** Where the usual servers listen by default. */
export const usualPlaces: readonly { name: string; baseURL: string }[] = [
  { name: 'LM Studio', baseURL: 'http://127.0.0.1:1234/v1' },
  { name: 'llama.cpp', baseURL: 'http://127.0.0.1:8080/v1' },
  { name: 'Ollama', baseURL: 'http://127.0.0.1:11434/v1' },
];

/** Asks a server for its models; returns the error if there is no list. */
export async function lookAtServer({
  baseURL,
  apiKey,
}: ServerToLookAt): Promise<{ models: Model[] } | { error: Error }> {
  try {
    return { models: await listModels({ baseURL, apiKey, fetch: nodeFetch }) };
  } catch (error) {
    if (error instanceof Error) return { error };
    throw error;
  }
}

/** Adds `/v1` to an address; `undefined` if it ends so already. */
export function withV1({ href, pathname }: URL): string | undefined {
  if (/\/v1\/?$/.test(pathname)) return undefined;
  const url = new URL(href);
  url.pathname = `${pathname.replace(/\/+$/, '')}/v1`;
  return url.href;
}

/**
 * Finds out what the server is, by a request that only Ollama knows: others answer with their name, or refuse it in LM Studio's way.
 * @returns `undefined` for every other server
 */
export async function nameServer({ baseURL, apiKey }: ServerToLookAt): Promise<string | undefined> {
  const signal = AbortSignal.timeout(2000);
  try {
    const response = await nodeFetch(new URL('/api/version', baseURL).href, {
      headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
      signal,
    });
    const text = await response.text();
    const { version } = fieldsOf(parseJson(text));
    if (typeof version === 'string') return `Ollama ${onOneLine(version)}`;
    if (/llama\.cpp/i.test(response.headers.get('server') ?? '')) return 'llama.cpp';
    return text.includes('Unexpected endpoint or method') ? 'LM Studio' : undefined;
  } catch {
    return undefined;
  }
}
