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

/** JSON with sorted keys: the same text for the same value. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    isObject(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

type Difference = { at: string; sent: unknown; recorded: unknown };

/** Every place where two bodies differ (`messages[0].content`), with what is there in each. */
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

/**
 * Makes the function that finds what answers a request, using each exchange once in its order; the last one repeats.
 * @param source - exchanges in the order in which equal requests are to be answered; or the one that answers all
 * @param ignore - fields of the body that are not compared
 * @returns a function that throws {@link ReplayMiss}
 */
export function createMatcher(
  source: Exchange | readonly Exchange[],
  ignore: readonly string[] = [],
): (asked: Asked) => Exchange {
  const exchanges = [source].flat();
  const only = exchanges.find((exchange) => exchange === source);
  if (only) return () => only;

  const compared = (body: unknown) =>
    isObject(body)
      ? Object.fromEntries(Object.entries(body).filter(([field]) => !ignore.includes(field)))
      : body;
  const keyOf = ({ method, path, body }: Asked) => `${method} ${path} ${canonical(compared(body))}`;
  const queues = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const key = keyOf(exchange.request);
    queues.set(key, [...(queues.get(key) ?? []), exchange]);
  }

  /** What to say where nothing matches. */
  function missed(asked: Asked): string {
    const start = `no recorded exchange answers this ${asked.method} ${asked.path}`;
    const [near] = exchanges
      .filter(({ request }) => request.method === asked.method && request.path === asked.path)
      .map(({ name, request }) => {
        const differ = differences(compared(asked.body), compared(request.body));
        // A text for a list, or for a whole body, is farther than any number of fields.
        const far = differ.some(
          ({ sent, recorded }) =>
            sent !== undefined && recorded !== undefined && typeof sent !== typeof recorded,
        );
        return { name, differ, distance: far ? Number.POSITIVE_INFINITY : differ.length };
      })
      .sort((a, b) => a.distance - b.distance);
    if (near === undefined) {
      const others = new Set(exchanges.map(({ request }) => `${request.method} ${request.path}`));
      return `${start}; there is: ${[...others].slice(0, 8).join(', ')}`;
    }
    const lines = near.differ.map(
      ({ at, sent, recorded }) => `\n  ${at}: sent ${shown(sent)}, recorded ${shown(recorded)}`,
    );
    const more = lines.length > 8 ? `\n  and ${lines.length - 8} more` : '';
    const shownLines = lines.slice(0, 8).join('') + more;
    return `${start}. The nearest is '${near.name}', which differs in:${shownLines}`;
  }

  return (asked) => {
    const queue = queues.get(keyOf(asked)) ?? [];
    const next = queue.length > 1 ? queue.shift() : queue[0];
    if (next) return next;
    throw new ReplayMiss(missed(asked));
  };
}
