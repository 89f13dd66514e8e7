import ts from 'typescript';

/**
 * JavaScript without its comments; everything else, the blank lines too, stays as it was written.
 * @param code - an ES module or a CommonJS one
 */
export function stripComments(code: string): string {
  const parsed = ts.createSourceFile('code.js', code, ts.ScriptTarget.ES2022, true);
  let kept = '';
  let at = 0;
  for (const comment of findComments(parsed, code)) {
    kept += code.slice(at, comment.pos);
    at = comment.end;
    const line = kept.slice(kept.lastIndexOf('\n') + 1);
    const [rest = ''] = /^[ \t]*(\n|$)/.exec(code.slice(at)) ?? [];
    if (line.trim() === '' && rest !== '') {
      // It had its lines for itself: they go, and one of two blank lines around them.
      kept = kept.slice(0, kept.length - line.length);
      at += rest.length;
      if (kept === '' || kept.endsWith('\n\n')) {
        while (code[at] === '\n') at++;
      }
    } else if (rest !== '') {
      kept = kept.trimEnd();
    }
  }
  return kept + code.slice(at);
}

/** Every comment, in order. */
function findComments(parsed: ts.SourceFile, code: string): ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node) => {
    for (const comment of [
      ...(ts.getLeadingCommentRanges(code, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(code, node.end) ?? []),
    ]) {
      found.set(comment.pos, comment);
    }
    node.getChildren(parsed).forEach(visit);
  };
  visit(parsed);
  return [...found.values()].sort((a, b) => a.pos - b.pos);
}
