import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Code as this project's own formatter writes it: cutting the types out leaves gaps and lines that are broken for no reason.
 * @param root - the project's folder, whose `.biome.json` says how
 */
export function format(code: string, file: string, root: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/@biomejs/biome/bin/biome'),
      'format',
      `--config-path=${root}`,
      '--vcs-enabled=false',
      // Where it lies decides nothing: dist is not among the files that are checked.
      `--stdin-file-path=${join(root, 'src', file)}`,
    ],
    { input: code, encoding: 'utf8', cwd: root, maxBuffer: 64 * 2 ** 20 },
  );
  if (status !== 0) throw new Error(`${file} cannot be formatted: ${stderr}`);
  return stdout;
}
