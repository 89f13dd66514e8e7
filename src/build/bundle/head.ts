import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableOfContents } from './contents.ts';

/** A package as the head of a file names it. */
export interface Licensed {
  name: string;
  version: string;
  /** The SPDX identifier: `MIT`. */
  license: string;
  /** The text of its LICENSE file. */
  licenceText: string;
  /** Where it lives, if it says so. */
  homepage?: string;
}

/** Reads a package's name, version and licence from its folder. */
export function readLicensed(folder: string): Licensed {
  const data: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license, homepage } = Object(data);
  for (const field of [name, version, license]) {
    if (typeof field !== 'string') {
      throw new Error(`${folder}/package.json: name, version and license have to be strings`);
    }
  }
  const licenceFile = ['LICENSE', 'LICENSE.md'].find((file) => existsSync(join(folder, file)));
  if (licenceFile === undefined) throw new Error(`${folder} has no LICENSE`);
  const licenceText = readFileSync(join(folder, licenceFile), 'utf8').trim();
  return { name, version, license, licenceText, ...(typeof homepage === 'string' && { homepage }) };
}

/** The licence of a package whose code is in a file, after a line that says so. */
export function contained({ name, version, homepage, licenceText }: Licensed): string {
  const where = homepage ? ` (${homepage.replace('#readme', '')})` : '';
  return `Contains ${name} ${version}${where}, under this licence:\n\n${licenceText}`;
}

/**
 * The comment that a built file begins with: what it is, which version, what to compare it with, where to begin reading, and its
 * licences, so that the file can travel alone. It names no path, time or commit: one source, one text.
 * @param file - the built file's name, what it is in one line, and the entry's path in the project
 * @param licences - texts
 * @param code - what follows, where people read it: its exports are then listed with their lines
 */
export function head(
  { file, about, source }: { file: string; about: string; source: string },
  { name, version, license }: Licensed,
  licences: readonly string[],
  code?: string,
): string {
  const write = (contents: readonly string[]) => {
    const text = [
      `${name} ${version}, ${file} (${license} licence)
${about}.
Made from ${source} by \`npm run build\` in ${name}@${version}. To see whether this copy is
unchanged, compare its SHA-256 with the line of ${file} in dist/SHA256SUMS there.${code === undefined ? '' : "\nWhy the code is as it is: see the sources' comments."}`,
      ...(contents.length > 0 ? [`Where to begin:\n${contents.join('\n')}`] : []),
      ...licences,
    ].join('\n\n');
    const lines = text.replaceAll('*/', '* /').split('\n');
    return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n\n`;
  };
  if (code === undefined) return write([]);
  // The list moves the code by its own length, which does not depend on the numbers in it.
  const lengthOfHead = write(tableOfContents(code, 0)).split('\n').length - 1;
  return write(tableOfContents(code, lengthOfHead));
}
