/** A file of `dist` that is made from `source`. */
export interface BuiltFile {
  file: string;
  format: 'esm' | 'cjs';
  /**
   * `readable`, the default: the code as it was written, with the comments that say what a thing is. `minified`: the same in few
   * bytes. `wrapper`: an ES module that gives out what its CommonJS neighbour exports, so that a program which uses both has one kit.
   */
  style?: 'readable' | 'minified' | 'wrapper';
}

/** One entry of the package, and the files it becomes. */
export interface Entry {
  /** Relative to the project's folder. */
  source: string;
  /** One line on what it is, for the head of its files. */
  about: string;
  outputs: readonly BuiltFile[];
  /** The declaration files, for `import` and `require`; both have the same types. */
  declarations: readonly string[];
  /** The entries that it imports as built files, which lie beside it, instead of taking their code in. */
  imports?: readonly string[];
  /** May import `node:` modules; what may not, runs wherever `fetch` does. */
  node: boolean;
}

/** The CommonJS file that a wrapper gives out. */
export const neighbourOf = ({ file }: BuiltFile): string => file.replace(/\.js$/, '.cjs');

/** The built ES module of an entry. */
export function builtModule(source: string): string {
  const outputs = entries.find((entry) => entry.source === source)?.outputs ?? [];
  const built = outputs.find(({ format }) => format === 'esm');
  if (built === undefined) throw new Error(`${source} becomes no ES module`);
  return built.file;
}

/** Everything that `dist` holds, but SHA256SUMS. */
export const entries: readonly Entry[] = [
  {
    source: 'src/index.ts',
    about: "A local model's reply, streamed",
    outputs: [
      { file: 'index.js', format: 'esm' },
      { file: 'index.cjs', format: 'cjs', style: 'minified' },
      { file: 'index.min.js', format: 'esm', style: 'minified' },
    ],
    declarations: ['index.d.ts', 'index.d.cts'],
    node: false,
  },
  {
    source: 'src/node-fetch.ts',
    about: 'nodeFetch: a fetch without time limits, for Node',
    outputs: [
      { file: 'node.js', format: 'esm' },
      { file: 'node.cjs', format: 'cjs', style: 'minified' },
    ],
    declarations: ['node.d.ts', 'node.d.cts'],
    node: true,
  },
  {
    source: 'src/replay/index.ts',
    about: 'The replay kit: record a stream once, replay it anywhere',
    outputs: [
      { file: 'replay.js', format: 'esm', style: 'wrapper' },
      { file: 'replay.cjs', format: 'cjs', style: 'minified' },
    ],
    declarations: ['replay.d.ts', 'replay.d.cts'],
    node: true,
  },
  {
    source: 'src/replay/setup.ts',
    about: 'One line of setup: a test suite that records its models once, and replays them',
    outputs: [
      { file: 'replay-setup.js', format: 'esm' },
      { file: 'replay-setup.cjs', format: 'cjs', style: 'minified' },
    ],
    declarations: ['replay-setup.d.ts', 'replay-setup.d.cts'],
    imports: ['src/replay/index.ts'],
    node: true,
  },
  {
    source: 'src/agent/index.ts',
    about: 'The chat agent for My Assistant; the module is the class',
    outputs: [{ file: 'LocalLLMStreamAgent.js', format: 'cjs' }],
    declarations: [],
    node: true,
  },
  {
    source: 'src/cli/index.ts',
    about: 'The command line `local-llm-stream-agent`',
    outputs: [{ file: 'cli.js', format: 'esm', style: 'minified' }],
    declarations: [],
    imports: ['src/index.ts', 'src/node-fetch.ts', 'src/replay/index.ts'],
    node: true,
  },
];
