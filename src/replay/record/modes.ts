import { isWithoutExchanges, readSource } from '../exchange/folder.ts';
import { codeOf, inOneLine, wordsOf } from '../exchange/in-words.ts';
import { createMatcher, ReplayMiss } from '../match/match.ts';
import { howToRecord } from '../match/miss.ts';
import type { Incoming } from '../match/request.ts';
import { createPlayer } from '../play/player.ts';
import type { ReplayOptions } from '../play/replay-fetch.ts';

/** What a recorder does with a folder. */
interface FolderPlan {
  /** What the folder holds is replayed. */
  readonly replays: boolean;
  /** What it does not hold is recorded; else it is an error. */
  readonly records: boolean;
}

const replayOnly: FolderPlan = { replays: true, records: false };
const recordOnly: FolderPlan = { replays: false, records: true };

/** The modes of both recorders, each with its plan for an empty folder and for one that holds exchanges. */
const modes = {
  none: { empty: replayOnly, filled: replayOnly },
  once: { empty: recordOnly, filled: replayOnly },
  new: { empty: recordOnly, filled: { replays: true, records: true } },
  add: { empty: recordOnly, filled: recordOnly },
} as const satisfies Record<string, { readonly empty: FolderPlan; readonly filled: FolderPlan }>;

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
  const { replays, records } = modes[mode][isWithoutExchanges(folder) ? 'empty' : 'filled'];
  if (!replays) return { answer: (_, record) => record(), unused: () => [] };
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
        if (records && error instanceof ReplayMiss) return record();
        throw error;
      }
    },
    unused: () => matcher.unused(),
  };
}
