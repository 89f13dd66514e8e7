/** What runs in the page of `page.ts`. It writes text only, never HTML. */
export const pageScript = `
'use strict';
const byId = (id) => document.getElementById(id);
const add = (parent, tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
};
const inSvg = (tag, attributes) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  byId('axis').append(element);
  return element;
};
const seconds = (ms) => (ms / 1000).toFixed(2) + ' s';

const WIDTH = 1000;
const HEIGHT = 90;
const endings = {
  complete: 'The response ended here.',
  disconnect: 'The connection broke off here.',
  'client-abort': 'The client left here.',
};

let shown;
let bars = [];
let cursor;
let running = 0;

const kindOf = ({ said }) => {
  const has = (...kinds) => said.some(({ what }) => kinds.includes(what));
  if (has('error')) return 'error';
  if (has('tool call', 'arguments')) return 'call';
  if (has('reasoning')) return 'reasoning';
  return has('text') ? 'text' : 'other';
};
const lengthOf = ({ frames }) => Math.max(1, ...frames.map(({ due }) => due));
const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

function drawAxis() {
  const length = lengthOf(shown);
  const largest = Math.max(1, ...shown.frames.map(({ bytes }) => bytes));
  byId('axis').replaceChildren();
  byId('axis').setAttribute('viewBox', '0 0 ' + WIDTH + ' ' + HEIGHT);
  byId('axis').setAttribute('preserveAspectRatio', 'none');
  bars = shown.frames.map((frame) => {
    const height = 8 + 70 * Math.sqrt(frame.bytes / largest);
    const bar = inSvg('rect', {
      x: (frame.due / length) * (WIDTH - 6),
      y: HEIGHT - height,
      width: Math.max(1.5, Math.min(5, WIDTH / shown.frames.length / 2)),
      height,
      class: kindOf(frame),
    });
    bar.append(document.createElementNS('http://www.w3.org/2000/svg', 'title'));
    bar.firstChild.textContent =
      frame.due + ' ms, ' + frame.bytes + ' bytes in ' + frame.chunks + ' chunk(s)';
    return bar;
  });
  cursor = inSvg('line', { x1: 0, x2: 0, y1: 0, y2: HEIGHT, class: 'cursor' });
}

/** Shows what had come after so many ms. */
function showAt(ms) {
  const texts = { text: '', reasoning: '', calls: '' };
  const come = shown.frames.filter(({ due }) => due <= ms);
  for (const { said } of come) {
    for (const { what, value } of said) {
      if (what === 'text') texts.text += asText(value);
      if (what === 'reasoning') texts.reasoning += asText(value);
      if (what === 'tool call') texts.calls += (texts.calls && '\\n') + asText(value) + ' ';
      if (what === 'arguments') texts.calls += asText(value);
      if (what === 'error') texts.text += (texts.text && '\\n') + 'Error: ' + asText(value);
    }
  }
  for (const [id, text] of Object.entries(texts)) {
    if (byId(id).textContent !== text) byId(id).textContent = text;
  }
  const isOver = come.length === shown.frames.length;
  byId('end').textContent = isOver ? endings[shown.end] : '';
  byId('clock').textContent = seconds(Math.min(ms, lengthOf(shown))) + ' of ' + seconds(lengthOf(shown));
  bars.forEach((bar, index) => {
    bar.classList.toggle('waiting', shown.frames[index].due > ms);
  });
  const x = Math.min(1, ms / lengthOf(shown)) * (WIDTH - 6);
  cursor.setAttribute('x1', x);
  cursor.setAttribute('x2', x);
  return isOver;
}

function stop() {
  cancelAnimationFrame(running);
  running = 0;
  byId('play').textContent = 'Play';
}

function play() {
  let before = performance.now();
  let ms = 0;
  const step = (now) => {
    ms += (now - before) * Number(byId('speed').value);
    before = now;
    if (showAt(ms)) return stop();
    running = requestAnimationFrame(step);
  };
  byId('play').textContent = 'Stop';
  running = requestAnimationFrame(step);
}

function listFrames() {
  byId('frames').replaceChildren();
  for (const { due, bytes, chunks, said, text } of shown.frames) {
    const row = add(byId('frames'), 'tr');
    add(row, 'td', due + ' ms', 'number');
    add(row, 'td', bytes + ' B' + (chunks > 1 ? ' in ' + chunks : ''), 'number');
    const words = said.map(({ what, value }) => what + ' ' + JSON.stringify(value)).join('; ');
    add(row, 'td', words || text.trim(), 'frame').title = text;
  }
}

async function show(name, button) {
  stop();
  const answer = await fetch('/.local-llm/exchanges/' + encodeURIComponent(name));
  const found = await answer.json();
  for (const other of document.querySelectorAll('nav button')) other.removeAttribute('aria-current');
  button.setAttribute('aria-current', 'true');
  byId('main').hidden = false;
  byId('name').textContent = name;
  if (!answer.ok) {
    shown = { frames: [], end: 'complete' };
    byId('about').textContent = found.error.message;
  } else {
    shown = found;
    byId('about').textContent =
      found.kind + ': ' + found.from + '; ' + found.call + ' -> ' + found.status + ', ' + found.end;
    byId('request').textContent = JSON.stringify(found.request, null, 2);
    byId('response').textContent = JSON.stringify(found.response, null, 2);
  }
  drawAxis();
  listFrames();
  showAt(Infinity);
  location.hash = encodeURIComponent(name);
}

byId('play').onclick = () => (running ? (stop(), showAt(Infinity)) : play());
byId('axis').onclick = (event) => {
  const { left, width } = byId('axis').getBoundingClientRect();
  stop();
  showAt(((event.clientX - left) / width) * lengthOf(shown));
};

fetch('/.local-llm/exchanges').then(async (answer) => {
  const exchanges = await answer.json();
  const wanted = decodeURIComponent(location.hash.slice(1));
  for (const { name, kind, status, end, ms } of exchanges) {
    const button = add(byId('list'), 'button', name);
    add(button, 'small', kind + ', ' + status + ', ' + end + (ms > 0 ? ', ' + seconds(ms) : ''));
    button.onclick = () => show(name, button);
    if (name === wanted || (!wanted && name === exchanges[0].name)) show(name, button);
  }
});
`;
