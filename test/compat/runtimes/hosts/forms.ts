import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../../..');

/** A way to use the built files: some of them, alone in a folder, and a program that loads them. */
export interface Form {
  /** As the table names it. */
  name: string;
  format: 'cjs' | 'esm';
  /** What is taken out of `dist`, by the name that the program gives it. */
  files: Readonly<Record<string, string>>;
  /** What else lies beside them, by its path in the project. */
  beside?: readonly string[];
  /** One of the files imports another by its name, so that all keep theirs: a package.json says that they are ES modules. */
  keepsNames?: boolean;
  /** JavaScript for the outcomes, a promise; the harness is `harness`, and `origin` the scripted server's. */
  outcomes: string;
}

const behave = 'harness.runBehaviours(library, origin)';
const behaveOverNodeFetch =
  'harness.runBehaviours(harness.withFetch(library, node.nodeFetch), origin)';
const play = "harness.runReplay(library, replay, './hello.json')";
const recording = ['fixtures/llama.cpp-2026/hello.json', 'fixtures/llama.cpp-2026/hello.sse'];

/** The library, where `fetch` is: runs everywhere. */
export const universal: readonly Form[] = [
  { name: 'index.js', format: 'esm', files: { library: 'index.js' }, outcomes: behave },
  { name: 'index.min.js', format: 'esm', files: { library: 'index.min.js' }, outcomes: behave },
];

/** The library for `require`. */
export const requireIndex: Form = {
  name: 'index.cjs',
  format: 'cjs',
  files: { library: 'index.cjs' },
  outcomes: behave,
};

/** The library over `nodeFetch`. */
export const importNodeFetch: Form = {
  name: 'index.js + node.js',
  format: 'esm',
  files: { library: 'index.js', node: 'node.js' },
  outcomes: behaveOverNodeFetch,
};

/** Everything. */
export const everything: readonly Form[] = [
  ...universal,
  requireIndex,
  importNodeFetch,
  {
    name: 'index.cjs + node.cjs',
    format: 'cjs',
    files: { library: 'index.cjs', node: 'node.cjs' },
    outcomes: behaveOverNodeFetch,
  },
  {
    name: 'index.js + replay.js',
    format: 'esm',
    files: { library: 'index.js', replay: 'replay.js' },
    beside: [...recording, 'dist/replay.cjs'],
    outcomes: play,
  },
  {
    name: 'index.cjs + replay.cjs',
    format: 'cjs',
    files: { library: 'index.cjs', replay: 'replay.cjs' },
    beside: recording,
    outcomes: play,
  },
  {
    name: 'LocalLLMStreamAgent.js',
    format: 'cjs',
    files: { Agent: 'LocalLLMStreamAgent.js' },
    outcomes: 'harness.runAgent(Agent, origin)',
  },
  {
    name: 'cli.js',
    format: 'esm',
    files: {},
    beside: ['cli.js', 'index.js', 'node.js', 'replay.js', 'replay.cjs'].map((it) => `dist/${it}`),
    keepsNames: true,
    outcomes: "harness.runCommand('cli.js', origin)",
  },
];

let harness: Promise<string> | undefined;

/** The behaviours and what runs them, in one file. */
function bundleHarness(): Promise<string> {
  harness ??= build({
    entryPoints: [join(here, '../promises/program.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    write: false,
  }).then(({ outputFiles: [file] }) => file?.text ?? '');
  return harness;
}

/**
 * Lays a form out in a new folder: its built files, the harness and the program, and nothing else.
 * @param use - what the program does with `outcomes`, a function that gives them; by default it prints them as JSON
 * @param extension - of the built ES modules, where the runtime takes a `.js` for CommonJS
 * @returns the name of the program's file
 */
export async function layOut(
  { format, files, beside = [], keepsNames = false, outcomes }: Form,
  folder: string,
  origin: string,
  use = 'console.log(JSON.stringify(await outcomes()));',
  extension = '.js',
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const isRenamed = format === 'esm' && !keepsNames;
  const rename = (text: string) => (isRenamed ? text.replace(/\.js\b/, extension) : text);
  if (keepsNames) writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const loads: string[] = [];
  for (const [name, file] of Object.entries(files)) {
    copyFileSync(join(root, 'dist', file), join(folder, rename(file)));
    loads.push(
      format === 'esm'
        ? `import * as ${name} from './${rename(file)}';`
        : `const ${name} = require('./${file}');`,
    );
  }
  for (const path of beside) copyFileSync(join(root, path), join(folder, rename(basename(path))));
  writeFileSync(join(folder, 'harness.mjs'), await bundleHarness());
  const work = `const origin = ${JSON.stringify(origin)};
const outcomes = () => ${rename(outcomes)};
${use}`;
  const program = format === 'esm' ? 'program.mjs' : 'program.cjs';
  const text =
    format === 'esm'
      ? `${loads.join('\n')}\nimport * as harness from './harness.mjs';\n${work}\n`
      : `${loads.join('\n')}\nimport('./harness.mjs').then(async (harness) => {\n${work}\n});\n`;
  writeFileSync(join(folder, program), text);
  return program;
}
