import { label, MONO, OURS, picture, rect } from './svg.ts';

const BOX = { width: 150, height: 64, y: 70 };
const STEPS = [
  { title: 'record', lines: ['recordFetch', 'or a proxy: record'] },
  { title: 'fixture', lines: ['hello.json', 'hello.sse'] },
  { title: 'replay', lines: ['replayFetch', 'or a server: serve'] },
  { title: 'cut', lines: ['cut=658,then=reset', '{ cut: { at: 658 } }'] },
] as const;

/** Record, fixture, replay, cut: what the kit does. */
export function drawReplay(): string {
  const gap = 36;
  const x = (nth: number) => 20 + nth * (BOX.width + gap);
  const boxes = STEPS.flatMap(({ title, lines }, nth) => [
    rect(x(nth), BOX.y, BOX.width, BOX.height, nth === 3 ? '#b3403a' : OURS),
    label(x(nth) + BOX.width / 2, BOX.y - 10, title, { anchor: 'middle', weight: 700 }),
    ...lines.map((line, row) =>
      label(x(nth) + BOX.width / 2, BOX.y + 27 + row * 20, line, {
        anchor: 'middle',
        size: 11,
        fill: '#ffffff',
      }).replace('<text', `<text ${MONO}`),
    ),
  ]);
  const arrows = STEPS.slice(1).map((_, nth) => {
    const from = x(nth) + BOX.width + 6;
    const y = BOX.y + BOX.height / 2;
    return `<path d="M${from} ${y} h${gap - 18} m-6 -6 l6 6 l-6 6" fill="none" stroke="#1f2328" stroke-width="2"/>`;
  });
  const chunks = Array.from({ length: 18 }, (_, nth) => ({ at: nth * 31 + ((nth * 7) % 11) }));
  const axis = (y: number, until: number, words: string) => [
    ...chunks.filter(({ at }) => at < until).map(({ at }) => rect(150 + at, y, 18, 12, '#8fa3ad')),
    label(140, y + 11, words, { anchor: 'end', size: 12 }),
  ];
  return picture(764, 236, 'Record a stream once, replay it anywhere, and cut it where you like', [
    label(20, 28, 'Record once, replay anywhere: the same bytes, chunks, pauses and end', {
      weight: 700,
      size: 16,
    }),
    ...boxes,
    ...arrows,
    ...axis(164, Infinity, 'as recorded'),
    ...axis(188, 260, 'cut at 658 bytes'),
    label(150 + 285, 199, '✗ the connection breaks', { size: 12, fill: '#b3403a' }),
    label(140, 222, 'time →', { anchor: 'end', size: 11, fill: '#59636e' }),
  ]);
}
