/** Windows opens a device for these, whatever ending follows them. */
const reservedByWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** File systems take 255 bytes; the number and the endings need some of them. */
const LONGEST_NAME = 100;

/**
 * Refuses a name that cannot be that of an exchange on every system.
 * @throws {TypeError} saying what is wrong with it
 */
export function checkName(name: string): void {
  if (!/^\w[\w.-]*$/.test(name)) {
    throw new TypeError(
      `the name '${name}' must be letters, digits, '_', '-' and '.', and begin with one of the first three`,
    );
  }
  if (name.endsWith('.body')) {
    throw new TypeError(`the name '${name}' must not end with '.body', as the files of bodies do`);
  }
  if (reservedByWindows.test(name)) {
    throw new TypeError(`the name '${name}' must be another, as Windows has a device of that name`);
  }
  if (name.length > LONGEST_NAME) {
    throw new TypeError(`the name '${name}' must have ${LONGEST_NAME} characters at most`);
  }
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

/** The first exchange has the name alone, the second one `-2`. */
export const numbered = (name: string, number: number): string =>
  number === 1 ? name : `${name}-${number}`;
