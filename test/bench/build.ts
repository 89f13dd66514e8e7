import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { programs } from './programs.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'error',
};

/** Bundles the programs into `dist/`, each on its client as it is installed, and this project as it is built. */
export async function buildPrograms(): Promise<void> {
  await build({
    ...common,
    entryPoints: [here('measure.ts')],
    outfile: here('dist/measure.js'),
  });
  await build({
    ...common,
    entryPoints: Object.keys(programs).map((name) => here(`programs/${name}.ts`)),
    outdir: here('dist/programs'),
    packages: 'external',
    plugins: [
      {
        // This project ships with its parser inside, in a version of its own.
        name: 'parser inside',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^eventsource-parser$/ }, ({ importer }) =>
            importer.includes('/src/client/')
              ? { path: here('../../node_modules/eventsource-parser/dist/index.js') }
              : undefined,
          ),
      },
    ],
  });
}

/** The bytes of each program with all that it needs, minified and gzipped. */
export async function sizes(): Promise<Map<string, number[]>> {
  const results = new Map<string, number[]>();
  for (const name of Object.keys(programs)) {
    const { outputFiles = [] } = await build({
      ...common,
      platform: 'browser',
      conditions: ['module', 'import'],
      external: [
        'node:*',
        'fs',
        'path',
        'stream',
        'util',
        'child_process',
        'os',
        'crypto',
        'module',
      ],
      entryPoints: [here(`programs/${name}.ts`)],
      minify: true,
      write: false,
    });
    results.set(
      name,
      outputFiles.map(({ contents }) => gzipSync(contents, { level: 9 }).length),
    );
  }
  return results;
}
