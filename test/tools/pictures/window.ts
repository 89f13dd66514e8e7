import { escapeXml, label, MONO, picture } from './svg.ts';

const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 8.4;

/** A terminal's window with these lines in it. */
export function drawWindow(title: string, lines: readonly string[]): string {
  const columns = Math.max(...lines.map(({ length }) => length));
  const width = Math.ceil(columns * CHARACTER_WIDTH) + 40;
  const height = lines.length * LINE_HEIGHT + 60;
  return picture(width, height, title, [
    `<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, nth) => `<circle cx="${22 + nth * 20}" cy="20" r="6" fill="${fill}"/>`,
    ),
    label(width / 2, 25, title, { anchor: 'middle', size: 13, fill: '#8b949e' }),
    ...lines.map(
      (line, row) =>
        `<text x="20" y="${50 + row * LINE_HEIGHT}" font-size="14" fill="#e6edf3" xml:space="preserve" ${MONO}>${escapeXml(line)}</text>`,
    ),
  ]);
}
