import type { ChatError, ChatReply, Fetch, listModels, streamChat } from '../../../../src/index.ts';
import { behaviours } from './behaviours.ts';

/** What is tested: the exports of a built file. */
export interface Library {
  streamChat: typeof streamChat;
  listModels: typeof listModels;
  ChatError: typeof ChatError;
}

/** What the scripted server saw of a part. */
export interface Observed {
  requests: {
    method: string;
    url: string;
    headers: Record<string, string | string[] | undefined>;
    body: string;
  }[];
}

/** What a behaviour is given. */
export interface Context extends Library {
  /** The base URL of a part of the scripted server. */
  at(part: string): string;
  /** What the server saw of a part, once every connection of it is over. */
  observed(part: string): Promise<Observed>;
  /** What it saw up to now. */
  requests(part: string): Promise<Observed['requests']>;
  /** A port of the loopback where nothing listens. */
  closedPort(): Promise<number>;
  /** A reply to one question by a part. */
  ask(part: string, options?: Parameters<typeof streamChat>[1]): ChatReply;
}

/** One promise of the library, tried with web-standard globals only. It throws where the promise is broken. */
export type Behaviour = (context: Context) => Promise<void>;

/** How one behaviour went. */
export interface Outcome {
  name: string;
  /** Absent where it held. */
  error?: string;
}

const PATIENCE_MS = 60_000;

/**
 * Runs every behaviour, one after the other.
 * @param origin - the scripted server's
 */
export async function runBehaviours(library: Library, origin: string): Promise<Outcome[]> {
  const at = (part: string) => `${origin}/${part}/v1`;
  const read = async (part: string, what: string): Promise<Observed> =>
    (await fetch(`${origin}/${part}/${what}`)).json();
  const context: Context = {
    ...library,
    at,
    observed: (part) => read(part, 'observed'),
    requests: async (part) => (await read(part, 'requests')).requests,
    closedPort: async () => (await fetch(`${origin}/closed-port`)).json(),
    ask: (part, options) =>
      library.streamChat(
        { messages: [{ role: 'user', content: 'Hello' }] },
        { baseURL: at(part), ...options },
      ),
  };
  return runAll(
    Object.entries(behaviours).map(([name, behaviour]) => [name, () => behaviour(context)]),
  );
}

/** Runs tests, each with an end in sight, and looks for rejections that nobody handled. */
export async function runAll(
  tests: [name: string, test: () => Promise<void>][],
): Promise<Outcome[]> {
  const unhandled = watchUnhandled();
  const outcomes: Outcome[] = [];
  for (const [name, test] of tests) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await Promise.race([
        test(),
        new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error('it did not come to an end')), PATIENCE_MS);
        }),
      ]);
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, error: describe(error) });
    } finally {
      clearTimeout(timer);
    }
  }
  // A rejection that nobody handles is reported a turn later.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const name = 'no rejection is left unhandled';
  const left = [...unhandled.values()];
  outcomes.push(left.length === 0 ? { name } : { name, error: left.join('\n') });
  return outcomes;
}

/** Reads what a runtime's program told. */
export function parseOutcomes(json: string): Outcome[] {
  const outcomes: unknown = JSON.parse(json);
  if (Array.isArray(outcomes) && outcomes.length > 0 && outcomes.every(isOutcome)) return outcomes;
  throw new Error(`these are no outcomes: ${json}`);
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && 'name' in value;
}

/** The library with another `fetch` as its default. */
export function withFetch(library: Library, fetch: Fetch): Library {
  return {
    ...library,
    streamChat: (body, options) => library.streamChat(body, { fetch, ...options }),
    listModels: (options) => library.listModels({ fetch, ...options }),
  };
}

/**
 * Collects rejections that nobody handles, by Node's event or by the web's. One that is handled a moment later, as
 * every rejection of an awaited promise may be, is taken back.
 */
function watchUnhandled(): Map<unknown, string> {
  const unhandled = new Map<unknown, string>();
  const node: unknown = Reflect.get(globalThis, 'process');
  if (typeof node === 'object' && node !== null && 'on' in node && typeof node.on === 'function') {
    node.on('unhandledRejection', (reason: unknown, promise: unknown) =>
      unhandled.set(promise, describe(reason)),
    );
    node.on('rejectionHandled', (promise: unknown) => unhandled.delete(promise));
  } else {
    globalThis.addEventListener('unhandledrejection', (event) => {
      event.preventDefault();
      unhandled.set(event.promise, describe(event.reason));
    });
    globalThis.addEventListener('rejectionhandled', (event) => unhandled.delete(event.promise));
  }
  return unhandled;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const kind = 'kind' in error ? ` (kind ${String(error.kind)})` : '';
  return `${error.name}${kind}: ${error.message}`;
}
