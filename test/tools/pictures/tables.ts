/** A table of a Markdown page: its head and its rows, cell by cell, without bold and code marks. */
interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/**
 * The first table under a heading.
 * @param heading - how the heading begins: `## Totals`
 * @throws {Error} where there is none
 */
export function tableUnder(page: string, heading: string): Table {
  const start = page.indexOf(`\n${heading}`);
  const [table] = /(?:^\|.*\n)+/m.exec(start === -1 ? '' : page.slice(start)) ?? [];
  if (table === undefined) throw new Error(`There is no table under '${heading}'.`);
  const [head = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf);
  return { head, rows };
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.replace(/\*\*|`/g, '').trim());
}

/** The number with which a cell begins; `undefined` where it begins with none. */
export function numberIn(cell: string | undefined): number | undefined {
  const number = Number.parseFloat(cell ?? '');
  return Number.isNaN(number) ? undefined : number;
}
