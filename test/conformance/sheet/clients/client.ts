import { readFileSync } from 'node:fs';

/** One question, put to every client in the same words. */
export interface Ask {
  /** Ends in `/v1`. */
  baseURL: string;
  /** Absent: the client is given none, or the dummy that it asks for. */
  apiKey?: string;
  /** Absent: none is named. */
  maxTokens?: number;
  /** The tool `get_weather(city)` is offered. */
  tools: boolean;
  signal?: AbortSignal;
  /** The ms of silence after which the client is to give up, by whatever option it has for that. */
  patience?: number;
  /** `false`: the request goes without `stream_options`, by whatever option the client has for that. Default `true`. */
  usage?: boolean;
  /** The client is to go on with the reply if its connection breaks, by whatever option it has for that. */
  resumes?: boolean;
}

/** A tool call as a client hands it out. */
export interface Call {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
  /** The client's own word on whether it may be run, where it has one. */
  complete?: boolean;
}

/** What one piece of a client's stream says. */
export interface Piece {
  text?: string;
  /** The whole text, as the client's final result has it. */
  finalText?: string;
  reasoning?: string;
  finish?: string;
  calls?: Call[];
}

/** A reply that a client has opened. */
export interface Opened<P> {
  /** The client's own iterable, untouched: leaving its loop is part of what is measured. */
  pieces: AsyncIterable<P>;
  read(piece: P): Piece;
  /** What the client tells when its loop is over. */
  after?(): Promise<Piece> | Piece;
}

/** The smallest idiomatic program on one client, as its own documentation writes it. */
export interface Client {
  name: string;
  version: string;
  /** It hands out reasoning apart from the text. */
  tellsReasoning: boolean;
  open(ask: Ask): Opened<unknown> | Promise<Opened<unknown>>;
}

/** Keeps the piece's type inside, so that a list can hold clients of different pieces. */
export function opened<P>(reply: Opened<P>): Opened<unknown> {
  return { ...reply, read: (piece) => reply.read(piece as P) };
}

/** The messages of every request. */
export const messages = [{ role: 'user' as const, content: 'Hello' }];

/** The model of every request. */
export const model = 'local-model';

/** The tool that is offered where `ask.tools` says so. */
export const weatherTool = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};

/**
 * Collects the OpenAI-shaped tool-call deltas of a chunk, for clients that leave it to the program:
 * the loop of OpenAI's guide to streaming function calls.
 */
export function collectCalls(): {
  add(deltas: CallDelta[] | undefined | null): void;
  calls: Call[];
} {
  const calls: Call[] = [];
  return {
    calls,
    add(deltas) {
      for (const delta of deltas ?? []) {
        const call = calls[delta.index];
        if (call === undefined) {
          calls[delta.index] = {
            id: delta.id ?? '',
            name: delta.function?.name ?? '',
            arguments: delta.function?.arguments ?? '',
          };
        } else call.arguments += delta.function?.arguments ?? '';
      }
    },
  };
}

interface CallDelta {
  index: number;
  id?: string | undefined;
  function?: { name?: string | undefined; arguments?: string | undefined } | undefined;
}

/** The version of a package that is installed beside the sheet, and the Node that it asks for where this one is older. */
export function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version, engines } = JSON.parse(readFileSync(file, 'utf8'));
  const asked = Number(/>=\s*(\d+)/.exec(engines?.node ?? '')?.[1] ?? 0);
  return asked > Number.parseInt(process.versions.node, 10)
    ? `${version} (asks for Node ${engines.node})`
    : version;
}
