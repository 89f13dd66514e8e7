const names = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether an `Origin` is a page of this machine. `null`, the origin of a file or a sandbox, is not. */
export function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && names.has(new URL(origin).hostname);
}

/** Whether a `Host` names this machine; a page that rebinds its own name to 127.0.0.1 sends that name. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && isLoopbackOrigin(`http://${host}`);
}
