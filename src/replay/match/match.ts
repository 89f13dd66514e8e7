import type { Exchange, StoredRequest } from '../exchange/format.ts';
import { compare, describeMiss } from './compare.ts';
import { createIgnore } from './ignore.ts';
import { type Leaf, leavesOf } from './places.ts';

/** When an exchange answers a request. */
export interface MatchOptions {
  /**
   * Fields of the request's body that are not compared: `seed`, `metadata.request_id`, `messages[0].content`,
   * `messages.*.content`. What lies in a field is left out with it.
   */
  readonly ignore?: readonly string[] | undefined;
  /**
   * Changes a request before it is compared: takes the date out of a prompt, gives each tool call the same id. It
   * gets a copy of what was sent, and one of what was recorded, and gives back what is compared. The headers hold
   * the content type alone.
   */
  readonly normalize?: ((request: StoredRequest) => StoredRequest) | undefined;
}

/** No recorded exchange answers the request; the message shows the nearest one and where the bodies differ. */
export class ReplayMiss extends Error {
  override name = 'ReplayMiss';
  readonly code = 'replay-miss';
}

/** Finds what answers a request. */
export interface Matcher {
  /** @throws {ReplayMiss} */
  find(request: StoredRequest): Exchange;
  /** The names of the exchanges that have answered nothing. */
  unused(): readonly string[];
}

/** A request as it is compared. */
interface Comparable {
  /** `POST /v1/chat/completions` */
  readonly call: string;
  readonly leaves: ReadonlyMap<string, unknown>;
  /** Equal for what is equal. */
  readonly key: string;
}

/**
 * Makes a matcher that uses each exchange once in its order; the last one repeats.
 * @param source - exchanges in the order in which equal requests are to be answered; or the one that answers all
 * @throws {TypeError} where an option has a wrong value
 */
export function createMatcher(
  source: Exchange | readonly Exchange[],
  options: MatchOptions = {},
): Matcher {
  const used = new Set<Exchange>();
  const use = (exchange: Exchange) => {
    used.add(exchange);
    return exchange;
  };
  const unusedOf = (exchanges: readonly Exchange[]) =>
    exchanges.filter((it) => !used.has(it)).map((it) => it.name);
  if ('readBody' in source) {
    return { find: () => use(source), unused: () => unusedOf([source]) };
  }

  const comparableOf = createComparison(options);
  const asItIs = createComparison({});
  const recorded = source.map((exchange) => {
    const { leaves } = asItIs(exchange.request);
    return { exchange, compared: comparableOf(exchange.request), leavesAsTheyAre: leaves };
  });
  type Candidate = (typeof recorded)[number];

  /** What is left out of the comparison still tells two exchanges apart, as far as a part of it is the same. */
  function mostAlike(candidates: readonly Candidate[], sent: Comparable['leaves']) {
    if (candidates.length < 2) return candidates;
    const likeness = candidates.map((it) => compare(sent, it.leavesAsTheyAre).common);
    const most = Math.max(...likeness);
    return candidates.filter((_, index) => likeness[index] === most);
  }

  return {
    find(request) {
      const asked = comparableOf(request);
      const candidates = recorded.filter(
        ({ compared }) => compared.call === asked.call && compared.key === asked.key,
      );
      const best = mostAlike(candidates, asItIs(request).leaves);
      const next = best.find((it) => !used.has(it.exchange)) ?? best.at(-1);
      if (next) return use(next.exchange);
      const others = recorded.map(({ exchange, compared }) => ({
        name: exchange.name,
        call: compared.call,
        ...compare(asked.leaves, compared.leaves),
      }));
      throw new ReplayMiss(describeMiss(asked.call, others));
    },
    unused: () => unusedOf(source),
  };
}

/** Makes a matcher that answers with one exchange after the other, whatever is asked; the last one repeats. */
export function createSequence(exchanges: readonly Exchange[]): Matcher {
  let count = 0;
  return {
    find() {
      const next = exchanges[Math.min(count, exchanges.length - 1)];
      if (!next) throw new ReplayMiss('there is no exchange that could answer');
      count++;
      return next;
    },
    unused: () => exchanges.slice(count).map((it) => it.name),
  };
}

/** Makes what turns a request into what is compared. */
function createComparison({ ignore = [], normalize }: MatchOptions) {
  const isIgnored = createIgnore(ignore);
  return (original: StoredRequest): Comparable => {
    const request = normalize ? applyNormalize(normalize, original) : original;
    const { method, path, headers, body } = request;
    const leaves = leavesOf(withoutBoundary(body, headers?.['content-type']))
      .filter(({ place }) => !isIgnored(place))
      // The order of an object's keys does not matter, so the places are sorted.
      .sort((a, b) => (a.place < b.place ? -1 : 1));
    return {
      call: `${method} ${withSortedQuery(path)}`,
      leaves: new Map(leaves.map(({ place, value }: Leaf) => [place, value])),
      key: JSON.stringify(leaves.map(({ place, value }) => [place, value])),
    };
  };
}

function applyNormalize(
  normalize: NonNullable<MatchOptions['normalize']>,
  original: StoredRequest,
): StoredRequest {
  const request: unknown = normalize(structuredClone(original));
  if (isRequest(request)) return request;
  throw new TypeError(
    'normalize must return the request that is compared: { method, path, headers, body }',
  );
}

function isRequest(value: unknown): value is StoredRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'method' in value &&
    'path' in value &&
    typeof value.method === 'string' &&
    typeof value.path === 'string'
  );
}

/** The order of a query's parameters does not matter, but that of those with the same name. */
function withSortedQuery(path: string): string {
  const [place = '', query] = path.split('?', 2);
  if (query === undefined) return path;
  const parameters = new URLSearchParams(query);
  parameters.sort();
  return `${place}?${parameters}`;
}

/** Every client makes up another text for what stands between the parts of a form. (RFC 2046, 5.1.1) */
function withoutBoundary(body: unknown, contentType = ''): unknown {
  const [, quoted, plain] =
    /^multipart\/.*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary && typeof body === 'string' ? body.replaceAll(boundary, 'boundary') : body;
}
