import ts from 'typescript';

/**
 * The same code, written more alike before a minifier gets it: what is written alike takes few bytes when it is packed.
 * - Private names are short. A minifier leaves them long, or makes them differ over a whole file; inside each class they may begin anew.
 * - `let` is in place of `const`: that nothing is assigned twice has been checked by then.
 */
export function writeAlike(code: string): string {
  const source = ts.createSourceFile('code.js', code, ts.ScriptTarget.ES2022, true);
  let written = '';
  let at = 0;
  const replace = (start: number, end: number, text: string | undefined) => {
    written += code.slice(at, start) + text;
    at = end;
  };
  const visit = (node: ts.Node, names: Map<string, string>): void => {
    const known = ts.isClassLike(node) ? new Map(names) : names;
    const start = node.getStart(source);
    if (ts.isPrivateIdentifier(node)) {
      if (!known.has(node.text)) known.set(node.text, `#p${known.size}`);
      replace(start, node.end, known.get(node.text));
    } else if (ts.isVariableDeclarationList(node) && code.startsWith('const', start)) {
      replace(start, start + 'const'.length, 'let');
    }
    ts.forEachChild(node, (child) => visit(child, known));
  };
  visit(source, new Map());
  return written + code.slice(at);
}
