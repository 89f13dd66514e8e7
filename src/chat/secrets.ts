/** So many characters of a secret in a row give it away. */
const TELLING = 8;

/**
 * Makes the function that blanks secrets in what a user may see: every run of 8 or more characters of one, because
 * servers echo keys in part ("Malformed API token provided: 22aac52a71..."). A secret of 4 to 7 is blanked whole; what
 * is shorter would blank ordinary words.
 */
export function createBlanker(secrets: readonly string[]): (text: string) => string {
  const short = secrets.filter((secret) => secret.length > 3 && secret.length < TELLING);
  const windows = new Set<string>();
  for (const secret of secrets) {
    for (let i = 0; i + TELLING <= secret.length; i++) windows.add(secret.slice(i, i + TELLING));
  }
  return (text) => {
    let shown = windows.size > 0 ? '' : text;
    let hiddenUpTo = 0;
    for (let i = 0; i < text.length && windows.size > 0; i++) {
      if (windows.has(text.slice(i, i + TELLING))) {
        if (i >= hiddenUpTo) shown += '***';
        hiddenUpTo = i + TELLING;
      }
      if (i >= hiddenUpTo) shown += text[i];
    }
    return short.reduce((rest, secret) => rest.replaceAll(secret, '***'), shown);
  };
}
