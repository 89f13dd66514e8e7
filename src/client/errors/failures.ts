import type { PartialResult } from '../types.ts';
import { findConnectionReason } from './connection-reasons.ts';
import { findConnectionWords } from './connection-words.ts';
import type { KnownReason } from './errors.ts';
import { ChatError, type ErrorKind, type ErrorReason } from './errors.ts';
import { blankError, createBlanker } from './secrets.ts';
import { findServerReason } from './server-reasons.ts';
import { clip, findServerWords } from './server-words.ts';

/** What went wrong, in the words of the room that saw it. */
export interface Failure {
  kind: ErrorKind;
  /** What the server did: goes on with "http://127.0.0.1:1234/v1 …". */
  did: string;
  /** What to do, if that is known already. */
  hint?: string;
  /** Why, if that is known already; otherwise it is found in the words. */
  reason?: ErrorReason;
  status?: number;
  /** What the server sent about it: JSON, or a text. */
  said?: unknown;
  /** What `fetch` or the body threw. */
  cause?: unknown;
}

/** Makes the error that a reader gets. */
export type Fail = (failure: Failure) => ChatError;

/** Whom an error is about, and what it must not show. */
export interface FailureContext {
  /** Without user and password. Its query is not shown. */
  base: URL;
  /** Asked only when something failed. */
  secrets: () => readonly string[];
  /** What has come, for an error's `partial`. */
  partial?: (() => PartialResult) | undefined;
}

/**
 * Makes the function that makes the errors of one server. What comes from outside, the server's words and codes, a
 * connection's words and the answer so far, is shown without secrets; what this client says itself is shown unchanged.
 */
export function createFail({ base, secrets, partial }: FailureContext): Fail {
  return ({ kind, did, hint, reason, status, said, cause }) => {
    const hidden = secrets();
    const blank = createBlanker(hidden);
    const server = findServerWords(said);
    const connection = findConnectionWords(cause);
    const { serverMessage } = server;
    const known: KnownReason =
      reason !== undefined
        ? { reason, hint }
        : serverMessage || status !== undefined
          ? findServerReason(status, server)
          : findConnectionReason(connection);
    const words = serverMessage || connection.words;
    const shownWords = clip(blank(words));
    const shownURL = `${base.origin}${blank(base.pathname)}`;
    return new ChatError(
      `${shownURL} ${did}${shownWords && `: ${shownWords}`}`,
      {
        ...known,
        kind: known.reason === 'runtime-limit' ? 'timeout' : kind,
        status,
        serverMessage: blank(serverMessage || undefined),
        code: blank(server.code ?? connection.code),
        partial: blank(partial?.()),
      },
      // An error that is not ours may show the URL or a header.
      hidden.length > 0 ? blankError(cause, blank) : cause,
    );
  };
}
