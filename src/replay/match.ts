import { isObject } from '../json.ts';
import { type Exchange, type Head, shown } from './exchange.ts';
import { leavesOf } from './leaves.ts';

/** A request as it is compared. */
export type Asked = Omit<Head['request'], 'headers'>;

/** No recorded exchange answers the request; the message shows the nearest one and where the bodies differ. */
export class ReplayMiss extends Error {
  override name = 'ReplayMiss';
}

type Leaves = ReadonlyMap<string, unknown>;

/**
 * Makes the function that finds what answers a request, using each exchange once in its order; the last one repeats.
 * @param source - exchanges in the order in which equal requests are to be answered; or the one that answers all
 * @param ignore - fields of the body that are not compared
 * @returns a function that throws {@link ReplayMiss}
 */
export function createMatcher(
  source: Exchange | Exchange[],
  ignore: readonly string[] = [],
): (asked: Asked) => Exchange {
  if (!Array.isArray(source)) return () => source;

  /** What is compared. The order of an object's keys does not matter, so the places are sorted. */
  function partsOf({ method, path, body }: Asked) {
    const fields = (it: object) => Object.entries(it).filter(([name]) => !ignore.includes(name));
    const compared = isObject(body) ? Object.fromEntries(fields(body)) : body;
    const leaves = leavesOf(compared).sort(([a], [b]) => (a < b ? -1 : 1));
    return { call: `${method} ${path}`, leaves: new Map(leaves), key: JSON.stringify(leaves) };
  }
  const recorded = source.map((exchange) => ({ exchange, ...partsOf(exchange.request) }));
  const used = new Set<Exchange>();

  return (asked) => {
    const { call, leaves, key } = partsOf(asked);
    const sameCall = recorded.filter((it) => it.call === call);
    const equal = sameCall.filter((it) => it.key === key);
    const next = equal.find(({ exchange }) => !used.has(exchange)) ?? equal.at(-1);
    if (next) {
      used.add(next.exchange);
      return next.exchange;
    }
    // The one with the most in common; of those the one that differs least.
    const [nearest] = sameCall
      .map((it) => ({ name: it.exchange.name, ...compare(leaves, it.leaves) }))
      .sort((a, b) => b.common - a.common || a.lines.length - b.lines.length);
    const calls = [...new Set(recorded.map((it) => it.call))];
    const hint = nearest
      ? `. The nearest is '${nearest.name}', which differs in:\n  ${listed(nearest.lines, ';\n  ')}`
      : `; there is: ${listed(calls, ', ')}`;
    throw new ReplayMiss(`no recorded exchange answers this ${call}${hint}`);
  };
}

/** How many leaves two bodies have in common; and a line for every other: `seed: sent 1, recorded nothing`. */
function compare(sent: Leaves, recorded: Leaves): { common: number; lines: string[] } {
  const places = new Set([...sent.keys(), ...recorded.keys()]);
  const lines = [...places].flatMap((place) => {
    const [a, b] = [sent.get(place), recorded.get(place)];
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    // An empty body against one with fields: these have their lines.
    if (!place && isObject(a ?? b) && (a === undefined || b === undefined)) return [];
    return [`${place || 'the body'}: sent ${shown(a)}, recorded ${shown(b)}`];
  });
  return { common: places.size - lines.length, lines };
}

function listed(items: readonly string[], between: string): string {
  const more = items.length > 8 ? [`and ${items.length - 8} more`] : [];
  return [...items.slice(0, 8), ...more].join(between);
}
