// What the address of the replay server shows in a browser: the exchanges, each on a time axis. For looking only.
//
//   GET / ─▶ page.text.ts: page.html with page-script.ts in it
//   the script's questions ─▶ page.ts ─▶ JSON: the list of exchanges; one of them, frame by frame

import { createHash } from 'node:crypto';
import type { Exchange, Head } from '../../exchange/exchange.ts';
import { type Frame, framesOf } from '../../exchange/shown-frames.ts';
import type { Incoming } from '../../match/request.ts';
import { errorResponse } from '../http.ts';
import { pageHTML } from './page.text.ts';

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
  if (path === '/' && isBrowser) return new Response(pageHTML, { headers: pageHeaders });
  if (path === DATA_PATH) return Response.json(exchanges.map(summaryOf));
  if (!path.startsWith(`${DATA_PATH}/`)) return undefined;
  const name = decodeURIComponent(path.slice(DATA_PATH.length + 1));
  const exchange = exchanges.find((it) => it.name === name);
  if (!exchange) return errorResponse(404, `there is no exchange '${name}'`);
  const frames = framesOf(exchange, await exchange.readBody());
  const details: ExchangeDetails = { ...exchange, frames };
  return Response.json(details);
}

/** An exchange in the list of the page. */
export interface ExchangeSummary extends Pick<Exchange, 'name' | 'end'> {
  readonly kind: string;
  readonly status: number;
  readonly ms: number;
}

/** The exchange that the page shows. */
export interface ExchangeDetails extends Head {
  readonly frames: readonly Frame[];
}

function summaryOf({ name, provenance, response, end, chunks = [] }: Exchange): ExchangeSummary {
  const ms = chunks.reduce((sum, [pause]) => sum + pause, 0);
  return { name, kind: provenance.kind, status: response.status, end, ms };
}

/** Allows what is between the tags in the page, and nothing else of that kind. */
function hashOf(tag: 'style' | 'script'): string {
  const [, text = ''] = new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 's').exec(pageHTML) ?? [];
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  // What was recorded is anybody's text: it can load and run nothing here.
  'content-security-policy': [
    "default-src 'none'",
    `style-src ${hashOf('style')}`,
    `script-src ${hashOf('script')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};
