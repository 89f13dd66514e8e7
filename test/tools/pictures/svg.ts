/** Plain fonts that every system has. */
const SANS = 'font-family="system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif"';
export const MONO = 'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"';

/** This project's colour, and that of all others. */
export const OURS = '#0b6e4f';
export const OTHERS = '#8fa3ad';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

export const escapeXml = (text: string): string =>
  text.replace(/[&<>]/g, (character) => escapes[character] ?? '');

export function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="3" fill="${fill}"/>`;
}

export function label(
  x: number,
  y: number,
  text: string,
  { anchor = 'start', weight = 400, size = 14, fill = '#1f2328' } = {},
): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escapeXml(text)}</text>`;
}

/** A picture on a white ground, so that it can be read on a dark page, too; the title is for those who do not see it. */
export function picture(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${SANS}>
<title>${escapeXml(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
