import type { Serve } from './wire.ts';

/** A way to cut the bytes of a body into reads. */
interface Cut {
  /** What a cell says before its words, where only these reads are not read right. */
  words: string;
  cut(bytes: Buffer): Buffer[];
}

/** The ways in which a scenario with `cuts` comes again, after it came as it stands there. */
export const cuts: Cut[] = [
  { words: 'in one read', cut: (bytes) => [bytes] },
  { words: 'byte by byte', cut: (bytes) => Array.from(bytes, (byte) => Buffer.of(byte)) },
  ...[5, 40, 200].map((length, seed) => ({
    words: `cut by seed ${seed}`,
    cut: (bytes: Buffer) => cutAtRandom(bytes, length, seed),
  })),
];

/**
 * Sends what a server sends in other reads: what it would have sent up to its next pause is cut anew.
 * Each piece is an HTTP chunk of its own.
 */
export function recut(serve: Serve, { cut }: Cut): Serve {
  return (wire) => {
    let held: Buffer[] = [];
    const keep = async (bytes: string | Uint8Array) => {
      held.push(Buffer.from(bytes));
    };
    const first =
      <Rest extends unknown[]>(then: (...rest: Rest) => Promise<void>) =>
      async (...rest: Rest) => {
        const bytes = Buffer.concat(held);
        held = [];
        for (const piece of cut(bytes)) {
          await wire.send(piece);
          await new Promise(setImmediate);
        }
        await then(...rest);
      };
    return serve({
      ...wire,
      send: keep,
      drip: keep,
      raw: first(wire.raw),
      end: first(wire.end),
      close: first(wire.close),
      reset: first(wire.reset),
      wait: first(wire.wait),
      hold: first(wire.hold),
    });
  };
}

/** Pieces of 1 to twice `length` bytes; the same ones for the same seed. */
function cutAtRandom(bytes: Buffer, length: number, seed: number): Buffer[] {
  const pieces: Buffer[] = [];
  let state = seed;
  for (let at = 0; at < bytes.length; ) {
    // A linear congruential generator, with the constants of Numerical Recipes.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const end = at + 1 + Math.floor((state / 2 ** 32) * 2 * length);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
