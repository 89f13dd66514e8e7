import { bars } from '../tools/pictures/charts.ts';
import { numberIn, tableUnder } from '../tools/pictures/tables.ts';

/** CPU a delta, one event a read, as times the raw loop. */
export function drawCost(bench: string): string {
  const { rows } = tableUnder(bench, '## CPU per delta');
  const costs = rows
    .map(([name = '', , times]) => ({ name, value: numberIn(times) ?? 0 }))
    .sort((a, b) => a.value - b.value);
  // One that costs many times as much would make bars of a pixel of all others.
  const most = 5;
  return bars(
    'CPU for each delta, in times a raw loop',
    'One event a read, warm; shorter is better: npm run bench',
    most,
    costs.map(({ name, value }) => ({
      name,
      value,
      words: `${value.toFixed(2)} ×${value > most ? ' (cut off)' : ''}`,
      isOurs: /^(?:this|streamChat)\b/.test(name),
    })),
  );
}
