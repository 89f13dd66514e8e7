/*
 * Why a server gives no list of models, and the one next step.
 *
 *   in:  the error of the list
 *   then: the addresses that may be meant are tried (with /v1, a redirect's target, the usual servers)
 *   out: a `Finding`, whose advice has been tried: it leads in no circle
 */
import type { Language } from '../../advice/index.ts';
import { isChatError } from '../../index.ts';
import { nodeFetch } from '../../node-fetch.ts';
import { explainError } from '../failure.ts';
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

/** How long is waited for a token: a large model on a small machine takes minutes to load. */
export const PATIENCE = { firstToken: 600_000, idle: 60_000 };

/** What is examined, and how it is reported. */
export interface Examination {
  server: ServerToLookAt;
  /** The base URL as it may be shown. */
  address: string;
  /** The model that `--model` names. */
  wanted: string | undefined;
  language: Language;
  words: DoctorWords;
  say(line: string): void;
}

/** Explains an error. @param model - the one that was asked for; `undefined` if the server chooses */
export function explainFailure(
  error: Error,
  model: string | undefined,
  { server, language, words }: Examination,
): { happened: string; advice: string } {
  const request = { ...server, model, timeouts: PATIENCE };
  // Only a miss of the replay kit has no advice of its own.
  return { advice: words.playsRecordings, ...explainError(error, request, language) };
}

export async function explainNoModels(error: Error, examination: Examination): Promise<Error> {
  if (!isChatError(error)) return error;
  const { words, address } = examination;
  const { happened, advice } = explainFailure(error, undefined, examination);
  const { reason, kind } = error;
  if (reason === 'refused') {
    return new Finding(happened, (await adviseElsewhere(examination)) ?? advice);
  }
  if (reason === 'redirect')
    return new Finding(happened, (await adviseTarget(examination)) ?? advice);
  if (kind === 'protocol' || reason === 'base-url') {
    return new Finding(
      words.noList(address, onOneLine(error.serverMessage ?? '')),
      (await adviseV1(examination)) ?? (await adviseElsewhere(examination)) ?? advice,
    );
  }
  return new Finding(happened, advice);
}

/** Whether `/v1` is what is missing is tried before it is said. */
export async function adviseV1({ server, words }: Examination): Promise<string | undefined> {
  const right = withV1(new URL(server.baseURL));
  if (right === undefined) return undefined;
  const found = await lookAtServer({ ...server, baseURL: right });
  return 'models' in found ? words.v1IsMissing(right) : undefined;
}

/** Where else on this machine a server answers. */
async function adviseElsewhere({ server, words }: Examination): Promise<string | undefined> {
  const places = await Promise.all(
    usualPlaces
      .filter(({ baseURL }) => new URL(baseURL).host !== new URL(server.baseURL).host)
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

const REDIRECT_MS = 2000;

/** The base URL to which a redirect leads. */
async function adviseTarget({ server, words }: Examination): Promise<string | undefined> {
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
