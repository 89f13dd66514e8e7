import type { Incoming } from '../match/request.ts';

// A page of this machine, such as one that a dev server serves on another port, may ask the replay server and read what
// it says. Foreign pages have been refused before. (https://fetch.spec.whatwg.org/#http-cors-protocol)

/** Answers a browser that asks whether a page may ask; `undefined` for any other request. */
export function answerPreflight({ method, headers }: Incoming): Response | undefined {
  const wantedMethod = headers.get('access-control-request-method');
  if (method !== 'OPTIONS' || !headers.has('origin') || wantedMethod === null) return undefined;
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': wantedMethod,
      'access-control-allow-headers': headers.get('access-control-request-headers') ?? '',
    },
  });
}

/** Lets the page that asks read a response, even if the recorded server did not. */
export function allowPage(response: Response, { headers }: Incoming): Response {
  const origin = headers.get('origin');
  if (origin === null) return response;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', '*');
  response.headers.append('vary', 'origin');
  return response;
}
