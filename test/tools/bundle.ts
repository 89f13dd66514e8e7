import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { root } from './project.ts';

/** Where bundles are made: inside the project, so that they find its packages. */
export const bundles = join(root, 'test/tools/dist');

/**
 * Makes one JavaScript file of each program and of the project's modules that it imports. To compile these anew in every process costs
 * more than most tests.
 * @param folder - where the files go
 * @returns each program's file, in their order
 */
export async function bundle(programs: readonly string[], folder: string): Promise<string[]> {
  const names = programs.map((file) => {
    const path = relative(root, file).split(sep).join('/').replace(/\.ts$/, '');
    // A file elsewhere, or on another drive of Windows.
    return path.replace(/^(?:\.\.\/)+|^[a-z]:\//i, '');
  });
  await build({
    entryPoints: programs.map((file, nth) => ({ in: file, out: names[nth] ?? file })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'silent',
    plugins: [sources],
  });
  return names.map((name) => join(folder, `${name}.mjs`));
}

/** Leaves each module the URL of its source, and runs `*.text.ts` as the build does. */
const sources: Plugin = {
  name: 'sources',
  setup(build) {
    build.onLoad({ filter: /\.text\.ts$/ }, async ({ path }) => {
      const { textsOf } = await import('../../src/build/bundle/bundle.ts');
      return { contents: await textsOf(path) };
    });
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href);
      const code = await readFile(path, 'utf8');
      return { contents: code.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};
