import { fieldsOf } from '../json.ts';
import type { Fetch } from '../types.ts';

/**
 * `fetch` without the runtime's own limits on silence. Node's (undici) ends a response after 300 s without a head or
 * without a byte, and a local model may well need longer for its prompt. The dispatcher that the process has set, a
 * proxy perhaps, is kept and asked to wait. Its global symbol is undici's own: if it is missing, `fetch` is
 * left alone. `timeout: false` is Bun's word for the same.
 * @see https://github.com/nodejs/undici/blob/main/lib/global.js
 * @see https://bun.sh/reference/globals/BunFetchRequestInit/timeout
 */
export const patientFetch: Fetch = (url, init) => {
  // Node loads undici, which sets the dispatcher, with the first of its classes that a program uses.
  const headers = new Headers(init.headers);
  const dispatcher = globalDispatcher(2) ?? globalDispatcher(1);
  const options = {
    ...init,
    headers,
    timeout: false,
    dispatcher: dispatcher && {
      dispatch: (request: object, handler: unknown) =>
        dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler),
    },
  };
  return fetch(url, options);
};

interface Dispatcher {
  dispatch(request: object, handler: unknown): unknown;
}

/** The dispatcher of the process, under the symbol of this version of undici's interface. */
function globalDispatcher(version: 1 | 2): Dispatcher | undefined {
  const value: unknown = Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${version}`));
  return isDispatcher(value) ? value : undefined;
}

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof fieldsOf(value).dispatch === 'function';
}
