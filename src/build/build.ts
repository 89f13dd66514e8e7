/**
 * `npm run build`: makes `dist`, or says what is wrong and leaves `dist` as it was.
 *
 *     entries.ts: what is made of which source
 *       ─ bundle/bundle        an entry's modules → one file for each of its forms; it runs `*.text.ts` and puts the texts in
 *       ─   bundle/strip-types   a module without its types
 *       ─   bundle/inner-comments  without the comments inside functions
 *       ─   bundle/format        the code as the project's formatter writes it, or minified
 *       ─   bundle/write-alike   shorter, for what is minified
 *       ─   bundle/head          name, version, licences, where to begin (bundle/contents)
 *       ─ types/declarations   an entry's types → one `.d.ts` (types/member-docs)
 *       ─ bundle/write-folder  all at once into `dist`, with SHA256SUMS
 *     types/api writes src/API.md of the declarations; release/release makes the folder `release` of `dist`.
 */
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle/bundle.ts';
import { readLicensed } from './bundle/head.ts';
import { writeFolder } from './bundle/write-folder.ts';
import { entries } from './entries.ts';
import { declarations } from './types/declarations.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = process.argv[2] ?? join(root, 'dist');

try {
  const project = readLicensed(root);
  const files = new Map<string, string>();
  for (const entry of entries) {
    for (const [file, text] of await bundle(entry, root, project)) files.set(file, text);
  }
  for (const [file, text] of declarations(entries, root, project)) files.set(file, text);
  writeFolder(files, folder);
  for (const [file, text] of [...files].sort()) {
    const size = Buffer.byteLength(text);
    const zipped = gzipSync(text, { level: 9 }).length;
    console.log(
      `${file.padEnd(24)}${String(size).padStart(8)} bytes${String(zipped).padStart(8)} gzipped`,
    );
  }
  console.log(`in ${relative(process.cwd(), folder) || folder}, with SHA256SUMS`);
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
  console.error('Nothing was written: dist is as it was before.');
  process.exitCode = 1;
}
