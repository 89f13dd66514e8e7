const isLoopback = (name: string): boolean =>
  ['127.0.0.1', 'localhost', '[::1]'].includes(name) || name.endsWith('.localhost');

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
 * @returns a sentence, or `undefined`
 */
export function foreignSource(headers: Headers): string | undefined {
  const host = headers.get('host');
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site');
  const name = hostnameOf(`http://${host}`);
  if (name === undefined || !isLoopback(name)) {
    return `the Host '${host}' is not this machine's`;
  }
  if (origin !== null) {
    const from = hostnameOf(origin);
    return from !== undefined && isLoopback(from) ? undefined : `the Origin '${origin}' is foreign`;
  }
  if (site === 'cross-site') return "the Sec-Fetch-Site 'cross-site' tells of a foreign page";
  return undefined;
}
