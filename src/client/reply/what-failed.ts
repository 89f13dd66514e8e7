import type { Failure } from '../errors/failures.ts';

/** Of a frame that is not what it should be so many characters are shown. */
export const MOST_SHOWN = 200;

/** The words for everything that can fail once a response has begun. */

export const notJson = (data: string): Failure => ({
  kind: 'protocol',
  did: 'sent a frame that is not JSON',
  said: data.slice(0, MOST_SHOWN),
});

/** @param said - what the server sent about it: JSON, or a text */
export const reportedError = (said: unknown): Failure => ({
  kind: 'server',
  did: 'reported an error',
  said,
});

export const tooLarge = (option: 'maxEventBytes' | 'maxResultBytes'): Failure => ({
  kind: 'too-large',
  did: `sent more than options.${option}`,
});

/** @param option - the clock that ran out, after so many ms */
export function silent(option: 'firstToken' | 'idle', ms: number): Failure {
  const isIdle = option === 'idle';
  return {
    kind: 'timeout',
    did: `sent no ${isIdle ? 'byte' : 'token'} for ${ms / 1000} s`,
    reason: isIdle ? 'idle' : 'first-token',
    hint: `Raise options.timeouts.${option}, or set it to 0 for no limit`,
  };
}

/**
 * A body that is over before its reply is.
 * @param said - what the server wrote in the place of events
 */
export function endedEarly(
  cause: unknown,
  said: string | undefined,
  isEventStream: boolean,
): Failure {
  if (!said || cause !== undefined) {
    return { kind: 'interrupted', did: 'broke off before the answer was finished', cause };
  }
  // llama.cpp's router writes a bare line if the model's process has died.
  if (isEventStream) return reportedError(said);
  return {
    kind: 'protocol',
    did: 'sent no event stream',
    said,
    reason: 'base-url',
    hint: 'Does options.baseURL end with /v1?',
  };
}
