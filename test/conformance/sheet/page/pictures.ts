import { bars, heatMap } from '../../../tools/pictures/charts.ts';
import { numberIn, tableUnder } from '../../../tools/pictures/tables.ts';

const isOurs = (name: string): boolean => /^(?:this|streamChat)\b/.test(name);

/** The clients' columns of the table 'Totals' in SHEET.md, the most right first. */
function readTotals(sheet: string) {
  const { head, rows } = tableUnder(sheet, '## Totals');
  const [totals = [], ...more] = rows;
  const all = Number(/of (\d+)/.exec(totals[0] ?? '')?.[1]);
  const groups = more.flatMap((row) => {
    const [, name = '', of] = /^(.*) \((\d+)\)$/.exec(row[0] ?? '') ?? [];
    return of === undefined ? [] : [{ name, of: Number(of), row }];
  });
  const clients = head
    .map((name, column) => ({ name, column, right: numberIn(totals[column]) ?? 0 }))
    .slice(1)
    .sort((a, b) => b.right - a.right);
  return { all, clients, groups };
}

/** How many conditions each client gets right. */
export function drawRight(sheet: string): string {
  const { all, clients } = readTotals(sheet);
  return bars(
    `Right, of ${all} conditions`,
    'What the smallest program on each client sees when a stream goes wrong: npm run sheet',
    all,
    clients.map(({ name, right }) => ({
      name,
      value: right,
      words: `${right}`,
      isOurs: isOurs(name),
    })),
  );
}

/** The same by groups of conditions. */
export function drawGroups(sheet: string): string {
  const { all, clients, groups } = readTotals(sheet);
  return heatMap(
    `Right, by group, of ${all} conditions`,
    clients.map(({ name }) => name),
    groups.map(({ name, of, row }) => ({
      name: `${name} (${of})`,
      cells: clients.map(({ column }) => ({ right: numberIn(row[column]) ?? 0, of })),
    })),
  );
}
