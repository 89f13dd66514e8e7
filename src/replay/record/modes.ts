import { isWithoutExchanges, readSource } from '../exchange/folder.ts';
import { codeOf, inOneLine, wordsOf } from '../exchange/in-words.ts';
import { createMatcher, ReplayMiss } from '../match/match.ts';
import { howToRecord } from '../match/miss.ts';
import type { Incoming } from '../match/request.ts';
import { createPlayer } from '../play/player.ts';
import type { ReplayOptions } from '../play/replay-fetch.ts';

/**
 * What each mode of both recorders does with a folder that is empty, and with one that holds exchanges: everything is
 * replayed or recorded; or what is there is replayed, and the rest recorded.
 */
const modes = {
  none: { empty: 'replay', filled: 'replay' },
  once: { empty: 'record', filled: 'replay' },
  new: { empty: 'record', filled: 'both' },
  add: { empty: 'record', filled: 'record' },
} as const;

type Mode = keyof typeof modes;

/** @throws {TypeError} if a mode is not one of those that a recorder has */
export function checkMode(mode: unknown, allowed: readonly Mode[]): void {
  if (allowed.some((it) => it === mode)) return;
  const names = allowed.map((it) => `'${it}'`);
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  throw new TypeError(`mode must be ${list}; it is ${inOneLine(mode)}`);
}

/** A folder that requests are answered from, recorded into, or both. */
interface OpenFolder {
  /**
   * Answers from the folder.
   * @param record - called for what the folder does not hold, if the mode records
   * @param onFound - called with the name of the exchange that answers
   */
  answer(
    request: Incoming,
    record: () => Promise<Response>,
    onFound?: (name: string) => void,
  ): Promise<Response>;
  /** The names of the exchanges that it held, and that nobody has asked for. */
  unused(): readonly string[];
}

/**
 * Opens a folder as a mode says.
 * @throws {Error} if there is nothing to replay, or an exchange is broken
 */
export async function openFolder(
  mode: Mode,
  folder: string,
  options: ReplayOptions,
): Promise<OpenFolder> {
  const plan = modes[mode][isWithoutExchanges(folder) ? 'empty' : 'filled'];
  if (plan === 'record') return { answer: (_, record) => record(), unused: () => [] };
  const exchanges = await readSource(folder).catch((error: unknown) => {
    if (codeOf(error) !== 'replay-folder') throw error;
    throw Object.assign(new Error(`${wordsOf(error)} ${howToRecord()}`), { code: codeOf(error) });
  });
  const matcher = createMatcher([exchanges].flat(), options);
  const play = createPlayer(matcher, options);
  return {
    async answer(request, record, onFound) {
      try {
        return await play(request, onFound);
      } catch (error) {
        if (plan === 'both' && error instanceof ReplayMiss) return record();
        throw error;
      }
    },
    unused: matcher.unused,
  };
}
