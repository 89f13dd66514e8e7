/*
 * Why a server gives no list of models, and the one next step.
 *
 *   in:  the error of the list
 *   then: the addresses that may be meant are tried (https for http, with /v1, a redirect's target, the usual servers)
 *   out: a `Finding`, whose advice has been tried: it leads in no circle
 */
import { isChatError } from '../../index.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { onOneLine } from '../terminal.ts';
import type { DoctorWords } from './doctor-words.ts';
import { lookAtServer, type ServerToLookAt, usualPlaces, withV1 } from './look-at-server.ts';

/** Something is wrong, and what follows cannot be looked at. */
export class Finding extends Error {
  readonly advice: string;

  constructor(happened: string, advice: string) {
    super(happened);
    this.advice = advice;
  }
}

/** A server that was looked at in vain. */
interface Looked {
  url: URL;
  server: ServerToLookAt;
  words: DoctorWords;
  /** The base URL as it may be shown. */
  address: string;
  /** What the error says, in the words of the command line. */
  explained: { happened: string; advice?: string };
}

/** Explains the error that came in the place of a list of models. */
export async function explainNoModels(error: Error, looked: Looked): Promise<Error> {
  if (!isChatError(error)) return error;
  const { words, address, explained } = looked;
  const { happened, advice = words.failsAdvice } = explained;
  const { reason, kind } = error;
  if (reason === 'refused') {
    return new Finding(happened, (await adviseElsewhere(looked)) ?? advice);
  }
  if (reason === 'redirect') {
    return new Finding(happened, (await adviseTarget(looked)) ?? advice);
  }
  if (kind === 'timeout') {
    return new Finding(words.silent(address), words.silentAdvice);
  }
  const https = await adviseHttps(looked);
  if (https) return new Finding(words.onlyHttps(address), https);
  if (kind === 'protocol' || reason === 'base-url') {
    return new Finding(
      words.noList(address, onOneLine(error.serverMessage ?? '')),
      (await adviseV1(looked)) ?? (await adviseElsewhere(looked)) ?? words.checkAddress,
    );
  }
  return new Finding(happened, advice);
}

/** Whether `/v1` is what is missing is tried before it is said. */
export async function adviseV1({
  url,
  server,
  words,
}: Pick<Looked, 'url' | 'server' | 'words'>): Promise<string | undefined> {
  const right = withV1(url);
  if (right === undefined) return undefined;
  const found = await lookAtServer({ ...server, baseURL: right });
  return 'models' in found ? words.v1IsMissing(right) : undefined;
}

/** Where else on this machine a server answers. */
async function adviseElsewhere({ url, server, words }: Looked): Promise<string | undefined> {
  const places = await Promise.all(
    usualPlaces
      .filter(({ baseURL }) => new URL(baseURL).host !== url.host)
      .map(async ({ name, baseURL }) => {
        const found = await lookAtServer({ ...server, baseURL });
        const isThere =
          'models' in found || (isChatError(found.error) && found.error.reason === 'token');
        return isThere ? [`--base-url ${baseURL} (${name})`] : [];
      }),
  );
  const elsewhere = places.flat();
  return elsewhere.length > 0 ? words.elsewhere(elsewhere) : undefined;
}

/** Whether the server that was asked by http answers by https. */
async function adviseHttps({ url, server, words }: Looked): Promise<string | undefined> {
  if (url.protocol !== 'http:') return undefined;
  const right = server.baseURL.replace(/^http:/i, 'https:');
  const found = await lookAtServer({ ...server, baseURL: right });
  const reason = 'error' in found && isChatError(found.error) ? found.error.reason : undefined;
  // An https server whose certificate is not trusted, or that requires a token, is one all the same.
  const speaksHttps =
    'models' in found || ['tls-untrusted', 'tls-certificate', 'token'].includes(reason ?? '');
  return speaksHttps ? words.useThat(right) : undefined;
}

const REDIRECT_MS = 2000;

/** The base URL to which a redirect leads. */
async function adviseTarget({ server, words }: Looked): Promise<string | undefined> {
  const list = `${server.baseURL.replace(/\/+$/, '')}/models`;
  try {
    const { headers } = await nodeFetch(list, { signal: AbortSignal.timeout(REDIRECT_MS) });
    const location = headers.get('location');
    if (location === null) return undefined;
    const { origin, pathname } = new URL(location, list);
    return words.useThat(origin + pathname.replace(/\/models\/?$/, ''));
  } catch {
    return undefined;
  }
}
