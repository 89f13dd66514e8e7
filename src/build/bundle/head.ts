import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableOfContents } from './contents.ts';

/** A package as the head of a file names it. */
export interface Licensed {
  name: string;
  version: string;
  /** The text of its LICENSE file. */
  licenceText: string;
}

/** Reads a package's name, version and licence from its folder. */
export function readLicensed(folder: string): Licensed {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const licenceFile = existsSync(join(folder, 'LICENSE.md')) ? 'LICENSE.md' : 'LICENSE';
  const licenceText = readFileSync(join(folder, licenceFile), 'utf8').trim();
  return { name, version, licenceText };
}

/**
 * The licence of a file, with the copyright of each package whose code is in it. Their terms are those of the project, so they are there once.
 * @throws {Error} if a package has other terms
 */
export function licenceOf(project: Licensed, packages: readonly Licensed[]): string {
  const notices = packages.map(({ name, version, licenceText }) => {
    if (termsOf(licenceText) !== termsOf(project.licenceText)) {
      throw new Error(`${name} has other licence terms than the project, so they have to be shown`);
    }
    return `\n${copyrightOf(licenceText)} (${name} ${version})`;
  });
  return project.licenceText.replace(COPYRIGHT, (own) => own + notices.join(''));
}

const COPYRIGHT = /^Copyright .*$/m;

/** The first line of a licence that says whose it is. */
export const copyrightOf = (licenceText: string): string => COPYRIGHT.exec(licenceText)?.[0] ?? '';

/** What follows the copyright, without its line breaks. */
function termsOf(licenceText: string): string {
  return licenceText
    .slice(licenceText.search(COPYRIGHT))
    .replace(COPYRIGHT, '')
    .replace(/\s+/g, ' ');
}

/**
 * The comment that a built file begins with: what it is, which version, what to compare it with, where to begin reading, and its
 * licence, so that the file can travel alone. It names no path, time or commit: one source, one text.
 * @param file - the built file's name, what it is in one line, and the entry's path in the project
 * @param licence - its text, or what stands for it
 * @param code - what follows, where people read it: its exports are then listed with their lines
 */
export function head(
  { file, about, source }: { file: string; about: string; source: string },
  { name, version }: Licensed,
  licence: string,
  code?: string,
): string {
  const write = (contents: readonly string[]) => {
    const text = [
      `${name} ${version}, ${file}
${about}.
Made from ${source}. The SHA-256 of an unchanged copy is in dist/SHA256SUMS.${code === undefined ? '' : '\nThe comments that say why are in the sources.'}`,
      ...(contents.length > 0 ? [`Where to begin:\n${contents.join('\n')}`] : []),
      licence,
    ].join('\n\n');
    const lines = text.replaceAll('*/', '* /').split('\n');
    return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n\n`;
  };
  if (code === undefined) return write([]);
  // The list moves the code by its own length, which does not depend on the numbers in it.
  const lengthOfHead = write(tableOfContents(code, 0)).split('\n').length - 1;
  return write(tableOfContents(code, lengthOfHead));
}
