// A request comes in, and the exchange that answers it goes out.
//
//   fetch or HTTP ─▶ request.ts (Incoming; what of it is stored) ─▶ match.ts (Matcher)
//     ─▶ comparison.ts (what is compared: `ignore`, `normalize`) ─▶ an Exchange
//                                                                └▶ ReplayMiss, in the words of miss.ts

import type { Exchange, StoredRequest } from '../exchange/exchange.ts';
import { type Comparable, createComparison, type MatchOptions } from './comparison.ts';
import { compare, describeMiss } from './miss.ts';

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

/**
 * Makes a matcher that uses each exchange once in its order; the last one repeats.
 * @param source - exchanges in the order in which they answer equal requests
 * @throws {TypeError} if an option has a wrong value
 */
export function createMatcher(source: readonly Exchange[], options: MatchOptions = {}): Matcher {
  const used = new Set<Exchange>();
  const comparableOf = createComparison(options);
  const compareAll = createComparison({});
  const recorded = source.map((exchange) => {
    const { leaves } = compareAll(exchange.request);
    return { exchange, compared: comparableOf(exchange.request), allLeaves: leaves };
  });
  type Candidate = (typeof recorded)[number];

  /** Of several candidates the ones that have most in common with the request, counting what is not compared. */
  function mostAlike(candidates: readonly Candidate[], sent: Comparable['leaves']) {
    if (candidates.length < 2) return candidates;
    const likeness = candidates.map((it) => compare(sent, it.allLeaves).common);
    const most = Math.max(...likeness);
    return candidates.filter((_, index) => likeness[index] === most);
  }

  return {
    find(request) {
      const asked = comparableOf(request);
      const candidates = recorded.filter(
        ({ compared }) => compared.call === asked.call && compared.key === asked.key,
      );
      const best = mostAlike(candidates, compareAll(request).leaves);
      const next = best.find((it) => !used.has(it.exchange)) ?? best.at(-1);
      if (next) {
        used.add(next.exchange);
        return next.exchange;
      }
      const others = recorded.map(({ exchange, compared }) => ({
        name: exchange.name,
        call: compared.call,
        ...compare(asked.leaves, compared.leaves),
      }));
      throw new ReplayMiss(describeMiss(asked.call, others));
    },
    unused: () => source.filter((it) => !used.has(it)).map((it) => it.name),
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
