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

/** What a {@link ChatError} tells beside its message. What is not known is absent. */
export interface ChatErrorFields {
  kind: ErrorKind;
  /** A stable word for programs, from the table in reasons.ts: `refused`, `token`, `no-model`, `context`, … */
  reason?: string | undefined;
  /** What to do about it, in a sentence. */
  hint?: string | undefined;
  /** The HTTP status, where there was a response. */
  status?: number | undefined;
  /** The server's own words, found in whatever shape it sent. */
  serverMessage?: string | undefined;
  /** The server's own code, the one nearest to what went wrong. */
  code?: string | number | undefined;
  /** What had come before. */
  partial?: PartialResult | undefined;
}

/**
 * Everything that can go wrong with a reply, but an abort (that rejects with `signal.reason`) and an argument of
 * a wrong type (`TypeError`). Tell it by `error.name === 'ChatError'`: two builds have two classes.
 */
export class ChatError extends Error implements ChatErrorFields {
  override name = 'ChatError';
  declare kind: ErrorKind;
  declare reason?: string;
  declare hint?: string;
  declare status?: number;
  declare serverMessage?: string;
  declare code?: string | number;
  declare partial?: PartialResult;

  constructor(message: string, fields: ChatErrorFields, cause?: unknown) {
    super(message, cause ? { cause } : {});
    Object.assign(this, fields);
  }
}
