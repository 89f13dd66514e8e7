import { label, OTHERS, OURS, picture, rect } from './svg.ts';

/** One bar. */
interface Bar {
  name: string;
  value: number;
  /** What is written behind the bar. */
  words: string;
  isOurs: boolean;
}

const WIDTH = 760;
const NAME_WIDTH = 235;
const ROW_HEIGHT = 30;
const TOP = 54;

/**
 * Bars, the longest of which is `most` long.
 * @param note - one line on what is measured
 */
export function bars(title: string, note: string, most: number, all: readonly Bar[]): string {
  const room = WIDTH - NAME_WIDTH - 185;
  const parts = all.flatMap(({ name, value, words, isOurs }, row) => {
    const y = TOP + row * ROW_HEIGHT;
    const length = Math.max(1, (Math.min(value, most) / most) * room);
    return [
      label(NAME_WIDTH - 10, y + 16, name, { anchor: 'end', weight: isOurs ? 700 : 400 }),
      rect(NAME_WIDTH, y, length, ROW_HEIGHT - 8, isOurs ? OURS : OTHERS),
      label(NAME_WIDTH + length + 8, y + 16, words, { weight: isOurs ? 700 : 400 }),
    ];
  });
  const height = TOP + all.length * ROW_HEIGHT + 14;
  return picture(WIDTH, height, title, [
    label(20, 26, title, { weight: 700, size: 16 }),
    label(20, 44, note, { size: 12, fill: '#59636e' }),
    ...parts,
  ]);
}

/** A cell of a heat map: so many of so many. */
export interface Cell {
  right: number;
  of: number;
}

const CELL_WIDTH = 66;
const CELL_HEIGHT = 26;
const GROUP_WIDTH = 270;
const HEAD = 96;

/** A heat map: a row a group, a column a client. */
export function heatMap(
  title: string,
  columns: readonly string[],
  rows: readonly { name: string; cells: readonly Cell[] }[],
): string {
  const heads = columns.flatMap((name, column) =>
    linesOf(name).map((line, nth) =>
      label(GROUP_WIDTH + (column + 0.5) * CELL_WIDTH, HEAD - 40 + nth * 14, line, {
        anchor: 'middle',
        size: 11,
      }),
    ),
  );
  const cells = rows.flatMap(({ name, cells: all }, row) => {
    const y = HEAD + row * CELL_HEIGHT;
    return [
      label(GROUP_WIDTH - 10, y + 17, name, { anchor: 'end', size: 13 }),
      ...all.flatMap(({ right, of }, column) => {
        const x = GROUP_WIDTH + column * CELL_WIDTH;
        return [
          rect(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, shade(right / of)),
          label(x + CELL_WIDTH / 2, y + 17, `${right}`, {
            anchor: 'middle',
            size: 12,
            fill: right / of > 0.75 ? '#ffffff' : '#1f2328',
          }),
        ];
      }),
    ];
  });
  const width = GROUP_WIDTH + columns.length * CELL_WIDTH + 20;
  return picture(width, HEAD + rows.length * CELL_HEIGHT + 20, title, [
    label(20, 26, title, { weight: 700, size: 16 }),
    ...heads,
    ...cells,
  ]);
}

/** From nearly white, for none, to this project's colour, for all. */
function shade(share: number): string {
  const [from, to] = [
    [0xf1, 0xf4, 0xf3],
    [0x0b, 0x6e, 0x4f],
  ] as const;
  const channel = (nth: 0 | 1 | 2) =>
    Math.round(from[nth] + (to[nth] - from[nth]) * share ** 2)
      .toString(16)
      .padStart(2, '0');
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

/** A client's name on lines of at most ten characters. */
function linesOf(name: string): string[] {
  const lines: string[] = [];
  for (const word of name.replace(/[,-]/g, (mark) => `${mark} `).split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= 10)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
