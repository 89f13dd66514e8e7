// What runs in `page.html`. It writes text only, never HTML.

import type { Frame } from '../../exchange/shown-frames.ts';
import type { ExchangeDetails, ExchangeSummary } from './page.ts';

/** The size of the axis, as its `viewBox` has it. */
const WIDTH = 1000;
const HEIGHT = 90;

const endingTexts = {
  complete: 'The response ended here.',
  disconnect: 'The connection broke off here.',
  'client-abort': 'The client left here.',
};

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`page.html has no #${id}`);
  return element;
}

const playButton = byId('play');
const axis = byId('axis');

function append(parent: HTMLElement, tag: string, text = '', className = ''): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  parent.append(element);
  return element;
}

const inSeconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** The exchange that the page shows, and what is drawn of it. */
let shown: Pick<ExchangeDetails, 'frames' | 'end'> = { frames: [], end: 'complete' };
let bars: Element[] = [];
let playing: number | undefined;

const lengthMs = () => Math.max(1, ...shown.frames.map(({ due }) => due));

const bytesOf = ({ from, to }: Frame) => to - from;

function kindOf({ said }: Frame): string {
  const has = (...kinds: string[]) => said.some(({ what }) => kinds.includes(what));
  if (has('error')) return 'error';
  if (has('tool call', 'arguments')) return 'call';
  if (has('reasoning')) return 'reasoning';
  return has('text') ? 'text' : 'other';
}

function drawAxis(): void {
  const largest = Math.max(1, ...shown.frames.map(bytesOf));
  bars = shown.frames.map((frame) => {
    const height = 8 + 70 * Math.sqrt(bytesOf(frame) / largest);
    const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    const attributes = {
      x: (frame.due / lengthMs()) * (WIDTH - 6),
      y: HEIGHT - height,
      width: Math.max(1.5, Math.min(5, WIDTH / shown.frames.length / 2)),
      height,
      class: kindOf(frame),
    };
    for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, String(value));
    return bar;
  });
  axis.replaceChildren(...bars);
}

/** What some frames bring: the answer, its reasoning, its calls. */
function textsIn(frames: readonly Frame[]): Record<'text' | 'reasoning' | 'calls', string> {
  const texts = { text: '', reasoning: '', calls: '' };
  for (const { what, value } of frames.flatMap(({ said }) => said)) {
    if (what === 'text') texts.text += asText(value);
    if (what === 'reasoning') texts.reasoning += asText(value);
    if (what === 'tool call') texts.calls += `${texts.calls && '\n'}${asText(value)} `;
    if (what === 'arguments') texts.calls += asText(value);
    if (what === 'error') texts.text += `${texts.text && '\n'}Error: ${asText(value)}`;
  }
  return texts;
}

/** Shows what had come after so many ms. @returns whether that is all */
function showAt(ms: number): boolean {
  const come = shown.frames.filter(({ due }) => due <= ms);
  for (const [id, text] of Object.entries(textsIn(come))) {
    byId(id).textContent = text;
  }
  const isOver = come.length === shown.frames.length;
  byId('end').textContent = isOver ? endingTexts[shown.end] : '';
  byId('clock').textContent = `${inSeconds(Math.min(ms, lengthMs()))} of ${inSeconds(lengthMs())}`;
  bars.forEach((bar, index) => {
    bar.classList.toggle('waiting', Number(shown.frames[index]?.due) > ms);
  });
  return isOver;
}

function stopPlaying(): void {
  if (playing !== undefined) cancelAnimationFrame(playing);
  playing = undefined;
  playButton.textContent = 'Play';
}

function startPlaying(): void {
  let before = performance.now();
  let ms = 0;
  const step = (now: number) => {
    const speed = document.querySelector<HTMLSelectElement>('#speed')?.value;
    ms += (now - before) * Number(speed);
    before = now;
    if (showAt(ms)) stopPlaying();
    else playing = requestAnimationFrame(step);
  };
  playButton.textContent = 'Stop';
  playing = requestAnimationFrame(step);
}

function listFrames(): void {
  byId('frames').replaceChildren();
  for (const frame of shown.frames) {
    const { due, borders, said, text } = frame;
    const row = append(byId('frames'), 'tr');
    append(row, 'td', `${due} ms`, 'number');
    const chunks = borders.length > 0 ? ` in ${borders.length + 1}` : '';
    append(row, 'td', `${bytesOf(frame)} B${chunks}`, 'number');
    const words = said.map(({ what, value }) => `${what} ${JSON.stringify(value)}`).join('; ');
    append(row, 'td', words || text.trim(), 'frame').title = text;
  }
}

async function show(name: string, button: HTMLElement): Promise<void> {
  stopPlaying();
  const answer = await fetch(`/.local-llm/exchanges/${encodeURIComponent(name)}`);
  document.querySelector('nav [aria-current]')?.removeAttribute('aria-current');
  button.setAttribute('aria-current', 'true');
  byId('name').textContent = name;
  if (answer.ok) {
    const exchange: ExchangeDetails = await answer.json();
    const { provenance, request, response, end } = exchange;
    const from = `${provenance.kind}: ${provenance.server ?? provenance.source}`;
    const call = `${request.method} ${request.path} -> ${response.status}`;
    shown = exchange;
    byId('about').textContent = `${from}; ${call}, ${end}`;
    byId('request').textContent = JSON.stringify(request, null, 2);
    byId('response').textContent = JSON.stringify(response, null, 2);
  } else {
    shown = { frames: [], end: 'complete' };
    byId('about').textContent = (await answer.json()).error.message;
  }
  drawAxis();
  listFrames();
  showAt(Number.POSITIVE_INFINITY);
  location.hash = encodeURIComponent(name);
}

playButton.onclick = () => {
  if (playing === undefined) return startPlaying();
  stopPlaying();
  showAt(Number.POSITIVE_INFINITY);
};
axis.onclick = (event) => {
  const { left, width } = axis.getBoundingClientRect();
  stopPlaying();
  showAt(((event.clientX - left) / width) * lengthMs());
};

const listing = await fetch('/.local-llm/exchanges');
const exchanges: ExchangeSummary[] = await listing.json();
const wanted = decodeURIComponent(location.hash.slice(1));
for (const { name, kind, status, end, ms } of exchanges) {
  const button = append(byId('list'), 'button', name);
  const length = ms > 0 ? `, ${inSeconds(ms)}` : '';
  append(button, 'small', `${kind}, ${status}, ${end}${length}`);
  button.onclick = () => show(name, button);
  if (name === wanted || (!wanted && name === exchanges[0]?.name)) show(name, button);
}
