import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The hashes of files, in the form that `sha256sum --check` reads. */
function sha256sums(files: ReadonlyMap<string, string | Uint8Array>): string {
  return [...files]
    .map(([file, text]) => `${createHash('sha256').update(text).digest('hex')}  ${file}\n`)
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
    .join('');
}

/**
 * Makes `folder` hold these files and SHA256SUMS, nothing else. Each file is replaced in one step and none is ever
 * absent, so whoever reads meanwhile finds an old file or a new one, and never a half.
 * @param files - the content by file name; one with a shebang may be executed
 */
export function writeFolder(files: ReadonlyMap<string, string | Uint8Array>, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const all = new Map<string, string | Uint8Array>([...files, ['SHA256SUMS', sha256sums(files)]]);
  const unfinished = mkdtempSync(join(dirname(folder), '.unfinished-'));
  try {
    for (const [file, text] of all) {
      const mode = Buffer.from(text).subarray(0, 2).toString() === '#!' ? 0o755 : 0o644;
      writeFileSync(join(unfinished, file), text, { mode });
    }
    for (const file of all.keys()) renameSync(join(unfinished, file), join(folder, file));
  } finally {
    rmSync(unfinished, { recursive: true });
  }
  for (const file of readdirSync(folder)) {
    if (!all.has(file)) rmSync(join(folder, file), { recursive: true });
  }
}
