import { isObject } from '../../client/json.ts';
import { inOneLine } from '../exchange/in-words.ts';

type Leaves = ReadonlyMap<string, unknown>;

/** How a recorded exchange differs from what was sent. */
interface Difference {
  readonly name: string;
  readonly call: string;
  /** How many leaves of the bodies are the same. */
  readonly common: number;
  /** One for each other leaf: `seed: sent 1, recorded none` */
  readonly lines: readonly string[];
}

/** Of longer texts only the place where they differ is shown. */
const LONG_TEXT = 60;

/** How much is shown of two texts before and behind the place where they begin to differ, in characters. */
const SHOWN_BEFORE = 20;
const SHOWN_BEHIND = 40;

const MOST_LINES = 8;

export function compare(sent: Leaves, recorded: Leaves): Pick<Difference, 'common' | 'lines'> {
  const places = new Set([...sent.keys(), ...recorded.keys()]);
  const lines = [...places].flatMap((place) => {
    const a = sent.get(place);
    const b = recorded.get(place);
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    // An empty body against one with fields: these have their lines.
    if (!place && isObject(a ?? b) && (a === undefined || b === undefined)) return [];
    return [`${place || 'the body'}${describeDifference(a, b)}`];
  });
  return { common: places.size - lines.length, lines };
}

function describeDifference(sent: unknown, recorded: unknown): string {
  const areTexts = typeof sent === 'string' && typeof recorded === 'string';
  if (!areTexts || Math.max(sent.length, recorded.length) <= LONG_TEXT) {
    const shown = (value: unknown) => (value === undefined ? 'none' : inOneLine(value));
    return `: sent ${shown(sent)}, recorded ${shown(recorded)}`;
  }
  let parting = 0;
  while (parting < sent.length && sent[parting] === recorded[parting]) parting++;
  const from = Math.max(0, parting - SHOWN_BEFORE);
  const shown = (text: string) => {
    const part = text.slice(from, parting + SHOWN_BEHIND);
    const isCut = from + part.length < text.length;
    return `${from > 0 ? '…' : ''}${JSON.stringify(part)}${isCut ? '…' : ''}`;
  };
  return `, from character ${parting + 1}: sent ${shown(sent)}, recorded ${shown(recorded)}`;
}

/** What a miss says: the nearest exchange with the same method and path, and how to record the one that is missing. */
export function describeMiss(call: string, recorded: readonly Difference[]): string {
  // The one with the most in common; of those the one that differs least.
  const [nearest] = recorded
    .filter((it) => it.call === call)
    .sort((a, b) => b.common - a.common || a.lines.length - b.lines.length);
  const what = `No recording matches ${call}`;
  if (!nearest) {
    const calls = [...new Set(recorded.map((it) => it.call))];
    return `${what}. There is: ${inList(calls, ', ')}.\n${howToRecord()}`;
  }
  return `${what}. Nearest: ${nearest.name}.${describeLines(nearest.lines)}\n${howToRecord()} ${howToIgnore}`;
}

function describeLines(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  if (lines.length === 1) return ` It differs in ${lines[0]}.`;
  return ` It differs in:\n  ${inList(lines, ';\n  ')}`;
}

/** Whether this is a run in CI, where nothing is recorded unless a mode says so. */
export const isInCI = (): boolean => process.env.CI === 'true' || process.env.CI === '1';

/** How to record what is missing. */
export function howToRecord(): string {
  const [before, without] = isInCI()
    ? ['With CI=true nothing is recorded. ', ' without CI=true']
    : ['', ''];
  return `${before}To record it, ask once${without} through recordFetch (mode 'new') or the command \`record --upstream URL --to FOLDER\`.`;
}

const howToIgnore =
  'What differs each time, such as a date or an id, can be left out: see ignore and normalize.';

const MOST_NAMES = 5;

/** What a miss says if a base URL names nothing that is there. */
export function describeNoName(name: string, names: readonly string[]): string {
  const nearest = byLikeness(name, names).slice(0, MOST_NAMES).join(', ');
  return `there is no exchange or folder '${name}'; of ${names.length} the nearest are: ${nearest}`;
}

/** The names with the most pairs of letters in common with a word come first. */
function byLikeness(word: string, names: readonly string[]): string[] {
  const pairsIn = (text: string) => new Set([...text].map((letter, at) => letter + text[at + 1]));
  const wanted = pairsIn(word);
  const rated = names.map((name) => {
    const pairs = [...pairsIn(name)];
    const common = pairs.filter((pair) => wanted.has(pair));
    return { name, likeness: common.length / (pairs.length + wanted.size) };
  });
  return rated.sort((a, b) => b.likeness - a.likeness).map(({ name }) => name);
}

function inList(items: readonly string[], between: string): string {
  const more = items.length > MOST_LINES ? [`and ${items.length - MOST_LINES} more`] : [];
  return [...items.slice(0, MOST_LINES), ...more].join(between);
}
