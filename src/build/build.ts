/** `npm run build`: makes `dist`, or says what is wrong and leaves `dist` as it was. */
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
