import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { dist, root, temporaryFolder } from '../../tools/project.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** What the programs import, by where it is installed: the project itself, and this folder's own packages. */
const packages = {
  'local-llm-stream-agent': root,
  '@types': join(root, 'node_modules/@types'),
  openai: join(here, 'node_modules/openai'),
  ai: join(here, 'node_modules/ai'),
  '@ai-sdk': join(here, 'node_modules/@ai-sdk'),
};

const folder = temporaryFolder({ after });
for (const type of ['module', 'commonjs']) {
  cpSync(join(here, 'programs'), join(folder, type), { recursive: true });
  writeFileSync(join(folder, type, 'package.json'), JSON.stringify({ type }));
}
mkdirSync(join(folder, 'node_modules'));
for (const [name, path] of Object.entries(packages)) {
  if (existsSync(path)) symlinkSync(path, join(folder, 'node_modules', name), 'junction');
}

const web = { types: [], lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'] };
const withNode = { types: ['node'], lib: ['es2022'] };
/** The programs, by what their compiler knows of the world. */
const groups = [
  { files: ['request.ts', 'options.ts', 'reply.ts'], needs: [], options: web },
  { files: ['node.ts'], needs: [], options: withNode },
  {
    files: ['openai.ts', 'ai-sdk.ts'],
    needs: ['openai', 'ai', '@ai-sdk'],
    options: { ...web, types: ['node'] },
  },
] as const;
const strictest = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
};
/** Each is another way to the declarations; the last one takes those for `require`. */
const compilers = {
  'nodenext, at its strictest': {
    type: 'module',
    rules: { ...strictest, module: 'nodenext', moduleResolution: 'nodenext' },
  },
  'bundler, at its strictest': {
    type: 'module',
    rules: { ...strictest, module: 'esnext', moduleResolution: 'bundler' },
  },
  'CommonJS, strict': {
    type: 'commonjs',
    rules: { strict: true, module: 'nodenext', moduleResolution: 'nodenext' },
  },
} as const;

const declarations = ts.sys.realpath?.(dist) ?? dist;

/** Parsed once for all programs: the compiler's own libraries are most of what it reads. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What the compiler has to say about these files and the declarations of this project: the libraries of others are theirs. */
function compile(files: readonly string[], compilerOptions: object): string {
  const config = { compilerOptions, files };
  const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, how, ...rest) => {
    // The same text is another module under other rules.
    const key = `${JSON.stringify(how)} ${options.module} ${file}`;
    if (!parsed.has(key)) parsed.set(key, getSourceFile(file, how, ...rest));
    return parsed.get(key);
  };
  const program = ts.createProgram({ rootNames: fileNames, options, host });
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => fileNames.includes(fileName) || fileName.startsWith(declarations));
  assert.ok(ours.length > fileNames.length, 'the declarations are found');
  const found = ours.flatMap((file) => ts.getPreEmitDiagnostics(program, file));
  return ts.formatDiagnostics([...errors, ...found], host);
}

for (const { files, needs, options } of groups) {
  const missing = needs.filter((name) => !existsSync(packages[name]));
  const skip =
    missing.length > 0 && `${missing.join(', ')} not installed: \`npm run test:types\` does it`;
  for (const [compiler, { type, rules }] of Object.entries(compilers)) {
    test(`${files.join(', ')} compile: ${compiler}`, { skip }, () => {
      const paths = files.map((file) => `${type}/${file}`);
      assert.equal(compile(paths, { target: 'es2022', ...options, ...rules }), '');
    });
  }
}
