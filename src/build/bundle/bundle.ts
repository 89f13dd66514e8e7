import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, rollup } from '@rollup/wasm-node';
import { minify as terser } from 'terser';
import { type BuiltFile, builtModule, type Entry, neighbourOf } from '../entries.ts';
import { format as formatCode } from './format.ts';
import { head, type Licensed, licenceOf, readLicensed } from './head.ts';
import { withoutInnerComments } from './inner-comments.ts';
import { stripTypes } from './strip-types.ts';
import { writeAlike } from './write-alike.ts';

/** The packages that may go into what is built, and where their code begins: as TypeScript, or as ES modules. */
const PACKAGES: Readonly<Record<string, string>> = {
  'eventsource-parser': 'src/index.ts',
  'jsonc-parser': 'lib/esm/main.js',
};

/**
 * Makes an entry's JavaScript files, each one self-contained unless it is a wrapper: modules are put one behind the other, what is not
 * used is left out, and the code stays as it was written.
 * @param root - the project's folder
 * @param project - whose files these are
 * @returns the text by file name
 * @throws {Error} where an import leads nowhere, or out of what the entry may use
 */
export async function bundle(
  entry: Entry,
  root: string,
  project: Licensed,
): Promise<Map<string, string>> {
  // A CommonJS file that is its default export must not have others beside it.
  const onlyDefault = entry.outputs.every(({ format }) => format === 'cjs');
  const build = await rollup({
    input: resolve(root, entry.source),
    plugins: [modules(entry, root)],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`${entry.source}: ${log.message}`);
    },
  });
  const files = new Map<string, string>();
  for (const output of entry.outputs) {
    const { file, format } = output;
    const generated = await build.generate({
      format,
      exports: onlyDefault ? 'default' : 'named',
      // A built neighbour is there in both formats.
      paths: (id) => (format === 'cjs' ? id.replace(/^(\.\/.*)\.js$/, '$1.cjs') : id),
      inlineDynamicImports: true,
      generatedCode: { preset: 'es2015', symbols: false },
      interop: 'default',
      externalLiveBindings: false,
    });
    const [chunk] = generated.output;
    if (chunk === undefined) throw new Error(`${entry.source}: nothing came out`);
    const [shebang = ''] = /^#!.*\n/.exec(chunk.code) ?? [];
    const code = chunk.code.slice(shebang.length);
    const styled = typesOf(entry, output) + (await written(code, output, chunk.exports, root));
    const packages = Object.keys(PACKAGES)
      .map((name) => join(root, 'node_modules', name))
      .filter((folder) => chunk.moduleIds.some((id) => id.startsWith(folder)))
      .map(readLicensed);
    const banner = head(
      { file, about: entry.about, source: entry.source },
      project,
      licenceOf(project, packages),
      output.style === undefined ? styled : undefined,
    );
    files.set(file, shebang + banner + styled);
  }
  await build.close();
  return files;
}

/** The code in the style of its file. */
async function written(
  code: string,
  output: BuiltFile,
  names: readonly string[],
  root: string,
): Promise<string> {
  const { file, format, style } = output;
  switch (style) {
    case 'minified':
      return minify(code, format);
    case 'wrapper':
      return `import kit from './${neighbourOf(output)}';\n\nexport const {\n  ${names.join(',\n  ')},\n} = kit;\n`;
    default:
      return formatCode(withoutInnerComments(code, file), file, root);
  }
}

/** Runs a module `*.text.ts`, which reads files and exports their text: the texts go in, and not what reads them. */
export async function textsOf(id: string): Promise<string> {
  const texts: Record<string, unknown> = await import(pathToFileURL(id).href);
  return Object.entries(texts)
    .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};\n`)
    .join('');
}

/** The code in as few bytes as it can be, for engines of 2022. */
async function minify(code: string, format: BuiltFile['format']): Promise<string> {
  const minified = await terser(writeAlike(code), {
    ecma: 2020,
    module: format === 'esm',
    toplevel: true,
    compress: {
      passes: 4,
      keep_fargs: false,
      unsafe_arrows: true,
      // What is written alike takes few bytes when it is packed: fewer than what is short in a way of its own.
      sequences: false,
      inline: 1,
      lhs_constants: false,
    },
    format: { comments: false },
  });
  return `${minified.code}\n`;
}

/** Where an ES module's types are. Deno would take them from the code, which has none. */
function typesOf({ declarations }: Entry, { format }: BuiltFile): string {
  const types = declarations.find((file) => file.endsWith('.d.ts'));
  return format === 'esm' && types !== undefined ? `// @ts-self-types="./${types}"\n\n` : '';
}

/** Finds modules: the project's own by their path, those of the packages that may go in; `node:` and built neighbours outside. */
function modules(entry: Entry, root: string): Plugin {
  const shown = (id: string) => relative(root, id).split(sep).join('/');
  return {
    name: 'modules',
    resolveId(id, importer) {
      if (importer === undefined || /^[./]|^[A-Z]:/i.test(id)) {
        const path = resolve(importer ? dirname(importer) : root, id);
        const neighbour = entry.imports?.find((source) => resolve(root, source) === path);
        if (neighbour !== undefined)
          return { id: `./${builtModule(neighbour)}`, external: true, moduleSideEffects: false };
        // An import inside a package may leave `.js` out.
        return existsSync(`${path}.js`) ? `${path}.js` : path;
      }
      const source = PACKAGES[id];
      if (source !== undefined) return join(root, 'node_modules', id, source);
      if (id.startsWith('node:') && entry.node)
        return { id, external: true, moduleSideEffects: false };
      const why = id.startsWith('node:')
        ? 'this entry has to run outside Node'
        : `only ${Object.keys(PACKAGES).join(' and ')} may go into it`;
      throw new Error(`${shown(importer)} imports '${id}', but ${why}`);
    },
    load: (id) =>
      id.endsWith('.text.ts') ? textsOf(id) : stripTypes(readFileSync(id, 'utf8'), shown(id)),
  };
}
