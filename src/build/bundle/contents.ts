/**
 * The functions and classes that a file gives out, each with the line on which its declaration stands.
 * @param code - an ES module that ends with `export { … }`, or a CommonJS one that sets `module.exports` or `exports.NAME`
 * @param linesBefore - how many lines will stand in front of it
 */
export function tableOfContents(code: string, linesBefore: number): string[] {
  const [, list = ''] = /^export \{([^}]*)\};$/m.exec(code) ?? [];
  const [, only] = /^module\.exports = (\w+);$/m.exec(code) ?? [];
  const names = only === undefined ? (list.match(/\w+/g) ?? []) : [only];
  const lines = code.split('\n');
  const found = names
    .map((name) => ({ name, line: lines.findIndex((line) => declares(line, name)) + 1 }))
    .filter(({ line }) => line > 0);
  const width = Math.max(...found.map(({ name }) => name.length), 0);
  return found
    .sort((a, b) => a.line - b.line)
    .map(({ name, line }) => `  ${name.padEnd(width)}  line ${line + linesBefore}`);
}

const declares = (line: string, name: string): boolean =>
  new RegExp(`^(async )?(function\\*?|class|const) ${name}\\b`).test(line);
