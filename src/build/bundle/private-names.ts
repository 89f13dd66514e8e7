import ts from 'typescript';

/**
 * The same code with short private names. A minifier leaves them long, or makes them differ over a whole file; inside each class they
 * may begin anew, and what is written alike takes few bytes when it is packed.
 */
export function shortenPrivateNames(code: string): string {
  const source = ts.createSourceFile('code.js', code, ts.ScriptTarget.ES2022, true);
  let short = '';
  let at = 0;
  const visit = (node: ts.Node, names: Map<string, string>): void => {
    const known = ts.isClassLike(node) ? new Map(names) : names;
    if (ts.isPrivateIdentifier(node)) {
      if (!known.has(node.text)) known.set(node.text, `#p${known.size}`);
      short += code.slice(at, node.getStart(source)) + known.get(node.text);
      at = node.end;
    }
    ts.forEachChild(node, (child) => visit(child, known));
  };
  visit(source, new Map());
  return short + code.slice(at);
}
