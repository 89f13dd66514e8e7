import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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
  const licenceText = readFileSync(join(folder, 'LICENSE'), 'utf8').trim();
  return { name, version, license, licenceText, ...(typeof homepage === 'string' && { homepage }) };
}

/** The folder of `eventsource-parser`, the one package that goes into what is built. */
export function bundledFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('eventsource-parser/package.json'));
}

/** The licence of a package whose code is in a file, after a line that says so. */
export function contained({ name, version, homepage, licenceText }: Licensed): string {
  const where = homepage ? ` (${homepage.replace('#readme', '')})` : '';
  return `Contains ${name} ${version}${where}, under this licence:\n\n${licenceText}`;
}

/**
 * The comment that a built file begins with: what it is, which version, where it comes from, and its licences, so that
 * the file can travel alone. It names no path, time or commit: one source, one text.
 * @param file - the built file's name
 * @param about - what it is, in one line
 * @param source - the entry's path in the project
 * @param licences - texts
 */
export function head(
  file: string,
  about: string,
  source: string,
  { name, version, license }: Licensed,
  licences: readonly string[],
): string {
  const text = [
    `${name} ${version}, ${file} (${license} licence)
${about}.
Made from ${source} by \`npm run build\` in ${name}@${version};
the file's hash is in dist/SHA256SUMS there.`,
    ...licences,
  ].join('\n\n');
  const lines = text.replaceAll('*/', '* /').split('\n');
  return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n\n`;
}
