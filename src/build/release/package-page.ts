import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Rewrites the pages of a package so that none of their links is dead there: a link to a file that is not packed becomes its text, and a
 * picture that is not packed goes.
 */
export function unlinkMissing(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.md')) continue;
    const path = join(folder, file);
    const isThere = (target: string) =>
      /^(?:[a-z]+:|#)/.test(target) || existsSync(join(dirname(path), target.replace(/#.*/, '')));
    writeFileSync(path, unlinked(readFileSync(path, 'utf8'), isThere));
  }
}

/** @param isThere - whether a link's target can be reached */
export function unlinked(page: string, isThere: (target: string) => boolean): string {
  const kept = (whole: string, text: string, target: string) => (isThere(target) ? whole : text);
  return page
    .replace(/^ *!\[[^\]]*\]\(([^)\s]+)\) *\n\n?/gm, (whole, target) => kept(whole, '', target))
    .replace(/^ *<img [^>]*src="([^"]+)"[^>]*> *\n\n?/gm, (whole, target) =>
      kept(whole, '', target),
    )
    .replace(/(?<!!)\[([^\]]*)\]\(([^)\s]+)\)/g, kept);
}
