/** Windows opens a device for these, whatever ending follows them. */
const reservedByWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** File systems take 255 bytes; the number and the endings need some of them. */
const LONGEST_NAME = 100;

/**
 * Refuses a name that cannot be that of an exchange on every system.
 * @throws {TypeError}
 */
export function checkName(name: string): void {
  const isFit = /^\w[\w.-]*$/.test(name) && name.length <= LONGEST_NAME;
  if (isFit && !name.endsWith('.body') && !reservedByWindows.test(name)) return;
  throw new TypeError(
    `the name '${name}' does not fit a file on every system: give up to ${LONGEST_NAME} letters, digits, '_', '-' and '.', beginning with a letter, a digit or '_', not ending with '.body', and no device of Windows such as 'con'`,
  );
}

/** A name after what was asked for: `/v1/chat/completions?x` gives `chat-completions`. */
export function nameAfterPath(path: string): string {
  const [withoutQuery = ''] = path.split('?');
  const name = withoutQuery
    .replace(/^\/v1\//, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/\.body$/, '-body')
    .replace(/[-.]+$/, '');
  if (name === '') return 'root';
  return reservedByWindows.test(name) ? `path-${name}` : name;
}
