import type { PartialResult } from '../types.ts';

/*
 * From something that went wrong to the error that a program gets.
 *
 *   in                      a `Failure`: what was seen, with the server's words or what `fetch` threw
 *   failures.ts             puts the error together, with the help of
 *   server-words.ts           what the server said, in whatever shape
 *   server-reasons.ts         a table: why, by the server's status, codes and words
 *   connection-words.ts       what the connection said, in its chain of causes
 *   connection-reasons.ts     a table: why, by the connection's codes and words
 *   secrets.ts                takes secrets out of everything that is shown
 *   errors.ts               all kinds and reasons, and the class
 *   out                     a `ChatError`
 */

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

/** Why, if it is known: a stable word for programs. */
export type ErrorReason =
  /** Nothing listens at the address. Start the server, or correct `baseURL`. */
  | 'refused'
  /** No machine is known by the name in `baseURL`. Correct it. */
  | 'dns'
  /** No way leads to the machine, or it does not answer. Check the address and the network. */
  | 'unreachable'
  /** Nobody whom the runtime trusts has signed the server's certificate. Let the runtime trust it. */
  | 'tls-untrusted'
  /** The server's certificate is for another name, or for another time. */
  | 'tls-certificate'
  /** The server speaks plain http, and `baseURL` begins with https. */
  | 'tls-plain-http'
  /** The connection was closed from the other side. The server's log may say why. */
  | 'reset'
  /** The runtime's own limit on silence ended the stream. Use `nodeFetch`, which has none. */
  | 'runtime-limit'
  /** No token came within `timeouts.firstToken`. Raise it, or look whether the server is busy. */
  | 'first-token'
  /** Nothing came for `timeouts.idle` in mid-answer. Raise it, or look at the server's log. */
  | 'idle'
  /** The server no longer has the answer that was to go on: it was too long, too long ago, or the server was restarted. Ask again. */
  | 'expired'
  /** The server wants a key, or another one. Set `apiKey`. */
  | 'token'
  /** The conversation is longer than the model's context. Send less, or load the model with more context. */
  | 'context'
  /** The model's chat template refuses the order or the roles of the messages. */
  | 'template'
  /** No model is loaded. Load one. */
  | 'no-model'
  /** The server has several models and none was named. Set `model`. */
  | 'model-unnamed'
  /** The server does not know the model. Ask `listModels()` for the names. */
  | 'model-not-found'
  /** The server could not load the model. Its log says why. */
  | 'load-failed'
  /** The machine has too little memory. Load a smaller model, or less context. */
  | 'memory'
  /** The model is still being loaded. Ask again in a while. */
  | 'loading'
  /** The model takes no images, or not this one. */
  | 'image'
  /** The model's process died. Load the model again. */
  | 'crashed'
  /** The server is busy with others. Ask again in a while. */
  | 'busy'
  /** The server redirects, which is not followed. Set `baseURL` to the address in the message. */
  | 'redirect'
  /** There is no API at this address: most often `/v1` is missing at the end of `baseURL`. */
  | 'base-url';

/** What is known of a failure: the stable word, and what to do about it, unless the words say it themselves. */
export interface KnownReason {
  reason?: ErrorReason | undefined;
  hint?: string | undefined;
}

/** A reason, the signs by which it is known in a code or in words, and what to do about it. */
export type ReasonRow = readonly [reason: ErrorReason, signs: RegExp, hint?: string];

/** What the first row says whose signs are in the text; nothing if there is none. */
export function findReason(rows: readonly ReasonRow[], text: string): KnownReason {
  const [reason, , hint] = rows.find(([, signs]) => signs.test(text)) ?? [];
  return { reason, hint };
}

/** The fields of a {@link ChatError} beside its message. What is not known is absent. */
interface ChatErrorFields {
  kind: ErrorKind;
  reason?: ErrorReason | undefined;
  /** What to do about it, in a sentence. */
  hint?: string | undefined;
  /** The HTTP status, if there was a response. */
  status?: number | undefined;
  /** The server's own words, found in whatever shape it sent them. */
  serverMessage?: string | undefined;
  /** The code nearest to what went wrong: the server's own, or the system's of a failed connection (`ECONNREFUSED`). */
  code?: string | number | undefined;
  /** What had come before. */
  partial?: PartialResult | undefined;
}

/**
 * Everything that can go wrong with a reply, but an abort (that rejects with `signal.reason`) and an argument of
 * a wrong type (`TypeError`). Tell it by {@link isChatError}: two builds of this library have two classes.
 */
export class ChatError extends Error implements ChatErrorFields {
  override name = 'ChatError';
  declare kind: ErrorKind;
  declare reason?: ErrorReason;
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

/**
 * Whether this is a {@link ChatError}, of this build or of another one: a program may hold the library twice, as a
 * module and inside a bundle, and `instanceof` knows only one of the two classes.
 */
export function isChatError(error: unknown): error is ChatError {
  return error instanceof Error && error.name === 'ChatError' && 'kind' in error;
}
