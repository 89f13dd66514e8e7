/** `fetch`, in all the ways in which a foreign client may call it. */
export type AnyFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What a call of `fetch` asks for. */
export interface FetchRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads the arguments of a `fetch` call. `init` wins over a `Request`, as in the standard.
 * @throws {TypeError} where the URL is none
 */
export async function fetchRequest(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<FetchRequest> {
  const request = input instanceof Request ? input : undefined;
  const body = init.body ?? (request?.body ? await request.arrayBuffer() : null);
  // A Response reads every kind of body there is, and knows its content type.
  const read = new Response(body);
  const headers = new Headers(init.headers ?? request?.headers);
  const type = read.headers.get('content-type');
  if (type !== null && !headers.has('content-type')) headers.set('content-type', type);
  return {
    url: new URL(request?.url ?? String(input)),
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    headers,
    body: new Uint8Array(await read.arrayBuffer()),
    signal: init.signal ?? request?.signal,
  };
}
