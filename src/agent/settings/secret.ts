import { createTextBlanker } from '../../client/errors/secrets.ts';

const BLANK = '***';

/**
 * A text without the secret: every run of eight or more of its characters is blanked, and a shorter secret as a whole.
 * For what a server says, which may repeat a key, or a part of it.
 * @param secret - shorter than four characters it would blank ordinary words, so it is left
 */
export const withoutSecret = (text: string, secret: string): string =>
  createTextBlanker([secret])(text);

/**
 * Makes the function that takes a secret out of a text that comes in pieces. What may be the secret's beginning is held
 * back until the next piece, or until the end.
 */
export function createSecretFilter(secret: string): (piece: string, isLast?: boolean) => string {
  let held = '';
  if (secret.length < 4) return (piece) => piece;
  return (piece, isLast = false) => {
    const text = (held + piece).replaceAll(secret, BLANK);
    let keep = isLast ? 0 : Math.min(secret.length - 1, text.length);
    while (keep > 0 && !secret.startsWith(text.slice(text.length - keep))) keep--;
    held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  };
}
