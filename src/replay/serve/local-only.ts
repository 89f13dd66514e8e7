import { isIP } from 'node:net';

const isLoopback = (name: string): boolean =>
  ['127.0.0.1', 'localhost', '[::1]'].includes(name) || name.endsWith('.localhost');

/** What Docker calls the machine that a container runs on. */
const ofContainers = ['host.docker.internal', 'host.containers.internal'];

function hostnameOf(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}

/**
 * Why a request is not from a program of this machine: it comes from a web page of somebody else, or asks for a name
 * that such a page has bound to this address.
 * @param boundTo - the host that the server listens on. One that others can reach may be asked for by any address, as
 * an address cannot be bound by a page, or by the name that it listens on.
 * @returns a sentence, or `undefined`
 */
export function foreignSource(headers: Headers, boundTo: string): string | undefined {
  const host = headers.get('host');
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site');
  const name = hostnameOf(`http://${host}`);
  if (name === undefined || !isOwnName(name, boundTo)) {
    return `the Host '${host}' is not this machine's`;
  }
  if (origin !== null) {
    const from = hostnameOf(origin);
    const isOwn = from !== undefined && (isLoopback(from) || from === name);
    return isOwn ? undefined : `the Origin '${origin}' is foreign`;
  }
  if (site === 'cross-site') return "the Sec-Fetch-Site 'cross-site' tells of a foreign page";
  return undefined;
}

function isOwnName(name: string, boundTo: string): boolean {
  if (isLoopback(name)) return true;
  if (isLoopback(boundTo) || boundTo === '::1') return false;
  const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  return isAddress || name === boundTo || ofContainers.includes(name);
}
