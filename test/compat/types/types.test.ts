import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { root, temporaryFolder } from '../../tools/project.ts';

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
cpSync(join(here, 'programs'), folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
mkdirSync(join(folder, 'node_modules'));
for (const [name, path] of Object.entries(packages)) {
  if (existsSync(path)) symlinkSync(path, join(folder, 'node_modules', name), 'junction');
}

const web = { types: [], lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'] };
const withNode = { types: ['node'], lib: ['es2022'] };
/** The programs, by what their compiler knows of the world. `skipLibCheck` is for the libraries of others. */
const groups = [
  {
    files: ['request.ts', 'options.ts', 'reply.ts'],
    needs: [],
    options: { ...web, skipLibCheck: false },
  },
  { files: ['node.ts'], needs: [], options: withNode },
  {
    files: ['openai.ts', 'ai-sdk.ts'],
    needs: ['openai', 'ai', '@ai-sdk'],
    options: { ...web, types: ['node'], skipLibCheck: true },
  },
] as const;
const strictest = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
};
const compilers = {
  'nodenext, at its strictest': { ...strictest, module: 'nodenext', moduleResolution: 'nodenext' },
  'bundler, at its strictest': { ...strictest, module: 'esnext', moduleResolution: 'bundler' },
  'bundler, strict': { strict: true, module: 'esnext', moduleResolution: 'bundler' },
} as const;

/** Parsed once for all programs: the compiler's own libraries are most of what it reads. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What the compiler has to say about these files. */
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
  return ts.formatDiagnostics([...errors, ...ts.getPreEmitDiagnostics(program)], host);
}

for (const { files, needs, options } of groups) {
  const missing = needs.filter((name) => !existsSync(packages[name]));
  const skip =
    missing.length > 0 && `${missing.join(', ')} not installed: \`npm run test:types\` does it`;
  for (const [compiler, more] of Object.entries(compilers)) {
    test(`${files.join(', ')} compile: ${compiler}`, { skip }, () => {
      assert.equal(compile(files, { target: 'es2022', ...options, ...more }), '');
    });
  }
}
