import type { Ask } from '../clients/client.ts';
import type { Incoming, Serve } from '../server/wire.ts';

/** What the program does with the reply. */
export type Use =
  /** Reads it to the end. */
  | 'read'
  /** Leaves the loop after the first text. */
  | 'leave'
  /** Asks for the next piece after the first text, and leaves while that is pending. */
  | 'leave while waiting'
  /** Aborts before it asks. */
  | 'abort before'
  /** Aborts 200 ms after it has asked, whatever has come. */
  | 'abort'
  /** Aborts in the body of the loop, at the first text. */
  | 'abort in loop'
  /** Reads it to the end, then aborts. */
  | 'abort after'
  /** Takes 700 ms over each text. */
  | 'read slowly'
  /** Asks twice, one reply after the other; the second one counts. */
  | 'ask twice'
  /** Asks as often, and with as many replies at once, as `many` says; the first one that is not right counts. */
  | 'ask many times'
  /** The server is stopped before the question. */
  | 'no server';

/** What is right. It is written from the promises and the wire, and is the same for every client. */
export type Right =
  /** Exactly this text, and an end that says `finish` (default: nothing that contradicts `complete`). */
  | {
      text: string;
      /**
       * The text of the client's final result counts, where it has one: what was streamed as text can turn out to be
       * reasoning.
       */
      atLast?: true;
      finish?: 'length' | 'tool_calls' | 'content_filter' | 'empty';
      /** Where the client has a channel for reasoning; white space around it is nobody's. */
      reasoning?: string;
      /** The calls that a program may run, ids aside. */
      calls?: { name: string; arguments: string }[];
    }
  /** An error with these words in its message (`true`: whichever), after this text. */
  | { error: RegExp | true; keeps?: string }
  /** The loop is left at once, and the connection is closed. */
  | { leaves: true }
  /** The abort is reported at once, and the connection is closed. */
  | { aborts: true };

/** One condition under which a stream can be odd or break. */
export interface Scenario {
  group: string;
  name: string;
  serve: Serve;
  /** One of these. */
  right: Right | Right[];
  use?: Use;
  /** For `ask many times`. The batches have 1, 2, … up to `atOnce` replies, and so on again; `atOnce` alone is one batch. */
  many?: { times: number; atOnce: number };
  /** It comes again in other reads, and must be right in all of them: see `cuts.ts`. */
  cuts?: true;
  /** What carries the bytes has a part in it, so it is tested over each transport; other rows depend on the bytes alone. */
  transport?: true;
  /** What other code in the process does before the question. */
  before?: (port: number) => Promise<void>;
  ask?: Partial<Ask>;
  /** A part of the URL in the place of `http://127.0.0.1:PORT/v1`. */
  baseURL?: (port: number) => string;
  /** The most requests that may reach the server. */
  requests?: number;
  /** A second origin, and what its requests must fulfil. */
  elsewhere?: Serve;
  /** A further condition. Gives two or three words for what is wrong. */
  wrong?: (seen: Seen) => string | undefined;
  /** The ms after which it hangs. */
  limit?: number;
  /** Needs the processor or the process's globals for itself: run alone, in a process of its own. */
  alone?: boolean;
  /** Prepares the process of a scenario that is run alone. */
  prepare?: () => void;
}

/** Names the group of these conditions, and gives what they have in common. */
export function group(
  name: string,
  conditions: Omit<Scenario, 'group'>[],
  common: Partial<Scenario> = {},
): Scenario[] {
  return conditions.map((condition) => ({ group: name, ...common, ...condition }));
}

/** What a server and a program have seen of one run. */
export interface Seen {
  requests: Incoming[];
  elsewhere: Incoming[];
  text: string;
  error?: string;
  /** What the error has as its `reason`, where it has one. */
  reason?: string;
  /** The process's warnings in that time, where it was asked many times. */
  warnings: string[];
  /** Ms from the question to the end. */
  ms: number;
}
