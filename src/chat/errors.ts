import type { PartialResult } from './types.ts';

/** What kind of thing went wrong. */
export type ErrorKind =
  /** No connection, or it failed before the response's head. */
  | 'connection'
  /** A clock ran out: ours (`timeouts`), or the runtime's. */
  | 'timeout'
  /** A status that is not 2xx. */
  | 'http'
  /** The server reported an error under status 200. */
  | 'server'
  /** What came is not a chat completion. */
  | 'protocol'
  /** The stream broke off before the reply was finished. */
  | 'interrupted'
  /** More than `maxEventBytes` or `maxResultBytes`. */
  | 'too-large';

/** The fields of a {@link ChatError} but its message. */
export interface ChatErrorFields {
  kind: ErrorKind;
  /** A stable word for programs: `refused`, `token`, `no-model`, `context`, …; absent where none fits. */
  reason?: string | undefined;
  /** The HTTP status, where there was a response. */
  status?: number | undefined;
  /** The server's own words, found in whatever shape it sent. */
  serverMessage?: string | undefined;
  /** The server's own code. */
  code?: string | number | undefined;
  /** What to do about it, in a sentence. */
  hint?: string | undefined;
  /** What had come before. */
  partial?: PartialResult | undefined;
  cause?: unknown;
}

/**
 * Everything that can go wrong with a reply, but an abort (that rejects with `signal.reason`) and an argument of
 * a wrong type (`TypeError`). Tell it by `error.name === 'ChatError'`: two builds have two classes.
 */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  readonly kind!: ErrorKind;
  readonly reason?: string;
  readonly status?: number;
  readonly serverMessage?: string;
  readonly code?: string | number;
  readonly hint?: string;
  readonly partial?: PartialResult;

  constructor(message: string, { cause, ...fields }: ChatErrorFields) {
    super(message, cause === undefined ? undefined : { cause });
    for (const [field, value] of Object.entries(fields)) {
      if (value !== undefined) Object.defineProperty(this, field, { value, enumerable: true });
    }
  }
}

/** Adds what had come before the error; only the stream that fails knows it. */
export function withPartial(error: ChatError, partial: PartialResult): void {
  Object.defineProperty(error, 'partial', { value: partial, enumerable: true, configurable: true });
}
