/**
 * The functions and classes that a file gives out, each with the line on which its declaration stands.
 * @param code - an ES module that ends with `export { … }`, or a CommonJS one that sets `module.exports`
 * @param linesBefore - how many lines will stand in front of it
 */
export function tableOfContents(code: string, linesBefore: number): string[] {
  const names = exportedNames(code);
  const lines = code.split('\n');
  const found = names
    .map((name) => ({ name, line: lines.findIndex((line) => declares(line, name)) + 1 }))
    .filter(({ line }) => line > 0);
  const width = Math.max(...found.map(({ name }) => name.length), 0);
  return found
    .sort((a, b) => a.line - b.line)
    .map(({ name, line }) => `  ${name.padEnd(width)}  line ${line + linesBefore}`);
}

/** What a built file gives out, if it has a list of it or is one thing. */
export function exportedNames(code: string): readonly string[] {
  const [, list = ''] = /^export \{([^}]*)\};$/m.exec(code) ?? [];
  const [, only] = /^module\.exports = (\w+);$/m.exec(code) ?? [];
  return only === undefined ? (list.match(/\w+/g) ?? []) : [only];
}

const declares = (line: string, name: string): boolean =>
  new RegExp(`^(async )?(function\\*?|class|const) ${name}\\b`).test(line);
