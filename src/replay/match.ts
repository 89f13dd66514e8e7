import { isObject, parseJson } from '../chat/guards.ts';
import { type Exchange, shown } from './exchange.ts';

/** A request as it is compared: `path` with its query, `body` as {@link bodyOf} gives it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** No recorded exchange answers the request; the message shows the nearest one and where the bodies differ. */
export class ReplayMiss extends Error {
  override name = 'ReplayMiss';
}

/** A body's text as an exchange stores it: JSON's value, the text where it is none, `null` for an empty one. */
export function bodyOf(text: string): unknown {
  const value = parseJson(text);
  // A JSON string would look like text that is no JSON, and a JSON null like no body: they stay text.
  return value === undefined || value === null || typeof value === 'string' ? text || null : value;
}

/** The value without the fields named in `ignore` (`seed`, `stream_options.include_usage`, `messages.0.content`). */
function without(value: unknown, ignore: ReadonlySet<string>, at = ''): unknown {
  if (ignore.size === 0) return value;
  if (Array.isArray(value)) return value.map((item, i) => without(item, ignore, `${at}${i}.`));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !ignore.has(at + key))
      .map(([key, item]) => [key, without(item, ignore, `${at}${key}.`)]),
  );
}

/** JSON with sorted keys: the same text for the same value. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    isObject(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** Where two values differ: `messages[0].content`, with what is there in each. */
export interface Difference {
  readonly at: string;
  readonly sent: unknown;
  readonly recorded: unknown;
}

/** Every place where two bodies differ, in the order of the keys. */
export function differences(sent: unknown, recorded: unknown, at = ''): Difference[] {
  const lists = Array.isArray(sent) && Array.isArray(recorded);
  if (!lists && !(isObject(sent) && isObject(recorded))) {
    return canonical(sent) === canonical(recorded)
      ? []
      : [{ at: at || 'the body', sent, recorded }];
  }
  const [left, right] = [new Map(Object.entries(sent)), new Map(Object.entries(recorded))];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), lists ? `${at}[${key}]` : at ? `${at}.${key}` : key),
  );
}

const isList = (source: Exchange | readonly Exchange[]): source is readonly Exchange[] =>
  Array.isArray(source);

const kindOf = (value: unknown) => (Array.isArray(value) ? 'list' : typeof value);

/** How far apart two bodies are. A value of another kind (text for a list) is worse than any number of others. */
const distance = (differ: readonly Difference[]): number =>
  differ.reduce((sum, { sent, recorded }) => {
    const alike = sent === undefined || recorded === undefined || kindOf(sent) === kindOf(recorded);
    return sum + (alike ? 1 : 1000);
  }, 0);

/** Finds the exchange that answers a request, using each once in its order; the last one repeats. */
export interface Matcher {
  /** @throws {ReplayMiss} */
  find(asked: Asked): Exchange;
}

/**
 * @param source - exchanges in the order in which equal requests are to be answered; or the one that answers all
 * @param ignore - fields of the body that are not compared, with dots between the levels
 */
export function createMatcher(
  source: Exchange | readonly Exchange[],
  ignore: readonly string[] = [],
): Matcher {
  if (!isList(source)) return { find: () => source };
  const exchanges = source;
  const ignored = new Set(ignore);
  const key = ({ method, path, body }: Asked) =>
    `${method} ${path} ${canonical(without(body, ignored))}`;
  const queues = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const queue = queues.get(key(exchange.request));
    if (queue) queue.push(exchange);
    else queues.set(key(exchange.request), [exchange]);
  }
  return {
    find(asked) {
      const queue = queues.get(key(asked));
      const next = queue !== undefined && queue.length > 1 ? queue.shift() : queue?.[0];
      if (next) return next;
      throw new ReplayMiss(
        missed({ ...asked, body: without(asked.body, ignored) }, exchanges, ignored),
      );
    },
  };
}

function missed(
  asked: Asked,
  exchanges: readonly Exchange[],
  ignored: ReadonlySet<string>,
): string {
  const start = `no recorded exchange answers this ${asked.method} ${asked.path}`;
  const near = exchanges
    .filter(({ request }) => request.method === asked.method && request.path === asked.path)
    .map(({ name, request }) => ({
      name,
      differ: differences(asked.body, without(request.body, ignored)),
    }))
    .sort((a, b) => distance(a.differ) - distance(b.differ))[0];
  if (near === undefined) {
    const others = new Set(exchanges.map(({ request }) => `${request.method} ${request.path}`));
    return `${start}; there is: ${[...others].slice(0, 8).join(', ') || 'nothing'}`;
  }
  const lines = near.differ
    .slice(0, 8)
    .map(({ at, sent, recorded }) => `\n  ${at}: sent ${shown(sent)}, recorded ${shown(recorded)}`);
  const more = near.differ.length > 8 ? `\n  and ${near.differ.length - 8} more` : '';
  return `${start}. The nearest is '${near.name}', which differs in:${lines.join('')}${more}`;
}
