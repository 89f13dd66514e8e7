import { createHash } from 'node:crypto';
import type { Exchange } from '../exchange/exchange.ts';
import { framesOf } from '../exchange/shown-frames.ts';
import type { Incoming } from '../match/request.ts';
import { errorResponse } from './http.ts';
import { pageScript } from './page-script.ts';

// What the replay server's own address shows in a browser: the exchanges, each on a time axis. For looking only.

/** Where the page asks for what it shows; no server of models has such a path. */
const DATA_PATH = '/.local-llm/exchanges';

/**
 * Answers a browser that looks at the server's address, and the questions of the page itself.
 * @returns `undefined` for any other request
 */
export async function answerPage(
  { method, path, headers }: Incoming,
  exchanges: readonly Exchange[],
): Promise<Response | undefined> {
  if (method !== 'GET') return undefined;
  const isBrowser = headers.get('accept')?.includes('text/html') === true;
  if (path === '/' && isBrowser) return new Response(page, { headers: pageHeaders });
  if (path === DATA_PATH) return Response.json(exchanges.map(summaryOf));
  if (!path.startsWith(`${DATA_PATH}/`)) return undefined;
  const name = decodeURIComponent(path.slice(DATA_PATH.length + 1));
  const exchange = exchanges.find((it) => it.name === name);
  if (!exchange) return errorResponse(404, `there is no exchange '${name}'`);
  return Response.json(await detailsOf(exchange));
}

function summaryOf({ name, provenance, request, response, end, chunks = [] }: Exchange) {
  return {
    name,
    kind: provenance.kind,
    from: provenance.server ?? provenance.source,
    call: `${request.method} ${request.path}`,
    status: response.status,
    end,
    ms: chunks.reduce((sum, [ms]) => sum + ms, 0),
  };
}

async function detailsOf(exchange: Exchange) {
  const { provenance, request, response, end, chunks = [] } = exchange;
  const body = await exchange.readBody();
  const decoder = new TextDecoder();
  const frames = framesOf(exchange, body).map(({ due, from, to, borders, said }) => ({
    due,
    bytes: to - from,
    chunks: borders.length + 1,
    said,
    text: decoder.decode(body.subarray(from, to)),
  }));
  return { ...summaryOf(exchange), provenance, request, response, end, chunks, frames };
}

const style = `
  :root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #2563eb; }
  * { box-sizing: border-box; }
  body { margin: 0; font: 14px/1.5 system-ui, sans-serif; display: flex; height: 100vh; }
  nav { width: 19rem; overflow: auto; border-right: 1px solid var(--line); padding: .5rem; }
  main { flex: 1; overflow: auto; padding: 1rem 1.5rem; min-width: 0; }
  h1 { font-size: 1rem; margin: .3rem .5rem; } h2 { font-size: 1.2rem; margin: 0; }
  nav button { display: block; width: 100%; text-align: left; border: 0; background: none;
    color: inherit; font: inherit; padding: .3rem .5rem; border-radius: .4rem; cursor: pointer; }
  nav button:hover { background: var(--soft); }
  nav button[aria-current] { background: var(--accent); color: white; }
  small { opacity: .7; display: block; }
  .controls { display: flex; gap: .5rem; align-items: center; margin: 1rem 0 .5rem; }
  .controls button, select { font: inherit; padding: .2rem .7rem; }
  svg { width: 100%; height: 90px; border: 1px solid var(--line); border-radius: .4rem; }
  .text { fill: #2563eb; } .reasoning { fill: #9333ea; } .call { fill: #d97706; }
  .error { fill: #dc2626; } .other { fill: #888; } .waiting { opacity: .25; }
  .cursor { stroke: currentColor; }
  .box { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line);
    border-radius: .4rem; padding: .5rem .8rem; margin: .6rem 0; }
  .box:empty { display: none; } #reasoning { opacity: .75; font-style: italic; }
  #calls { font-family: ui-monospace, monospace; }
  table { border-collapse: collapse; width: 100%; font: 12px/1.4 ui-monospace, monospace; }
  td { padding: .1rem .5rem; vertical-align: top; border-top: 1px solid var(--soft); }
  td.number { text-align: right; white-space: nowrap; } td.frame { overflow-wrap: anywhere; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; }
`;

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Recorded exchanges</title>
<style>${style}</style>
<body>
<nav><h1>Recorded exchanges</h1><div id="list"></div></nav>
<main id="main" hidden>
  <h2 id="name"></h2>
  <small id="about"></small>
  <div class="controls">
    <button id="play">Play</button>
    <label>Speed <select id="speed">
      <option value="0.25">¼</option><option value="1" selected>as recorded</option>
      <option value="4">4</option><option value="20">20</option>
    </select></label>
    <span id="clock"></span>
  </div>
  <svg id="axis" role="img" aria-label="The frames by the time at which they came"></svg>
  <div id="reasoning" class="box"></div>
  <div id="text" class="box"></div>
  <div id="calls" class="box"></div>
  <div id="end" class="box"></div>
  <details><summary>Request</summary><pre id="request"></pre></details>
  <details><summary>Response</summary><pre id="response"></pre></details>
  <details open><summary>Frames</summary><table id="frames"></table></details>
</main>
<script>${pageScript}</script>
</html>
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  // What was recorded is anybody's text: it can load and run nothing here.
  'content-security-policy': [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(pageScript)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};
