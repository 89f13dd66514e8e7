import ts from 'typescript';
import { exportedNames } from './contents.ts';

/**
 * Takes the comments out of a built file that the repository keeps for whoever changes the code. Whoever reads or vendors the file gets
 * the doc comments of functions, classes and members: of what the file exports all, of the rest those that fit on one line.
 * @param code - JavaScript; the formatter takes out the blank lines that are left over
 */
export function withoutInnerComments(code: string, file: string): string {
  const parsed = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const kept = keptComments(parsed, exportedNames(code));
  let rest = '';
  let at = 0;
  for (const { pos, end } of commentsIn(parsed)) {
    if (kept.has(pos)) continue;
    // With the blanks before it, or with its whole line.
    rest += code.slice(at, pos).replace(/\n?[ \t]*$/, '');
    at = end;
  }
  return rest + code.slice(at);
}

/** Where the doc comments begin that stay. */
function keptComments({ statements, text }: ts.SourceFile, exported: readonly string[]) {
  const kept = new Set<number>();
  const keep = (node: ts.Node, isWhole: boolean) => {
    const last = ts.getLeadingCommentRanges(text, node.getFullStart())?.at(-1);
    if (last === undefined || !text.startsWith('/**', last.pos)) return;
    // With lines between, it is the comment of a type that was here.
    if (/\n\s*\n/.test(text.slice(last.end, node.getStart()))) return;
    if (isWhole || !text.slice(last.pos, last.end).includes('\n')) kept.add(last.pos);
  };
  for (const statement of statements) {
    const isExported = exported.some((name) => declaredIn(statement).includes(name));
    keep(statement, isExported);
    if (!ts.isClassDeclaration(statement)) continue;
    for (const member of statement.members) keep(member, isExported);
  }
  return kept;
}

function declaredIn(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const isNamed = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}

/** All comments, in order. They are looked for between the tokens, so that none is found in a text or a regular expression. */
function commentsIn(parsed: ts.SourceFile): ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node) => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(parsed);
    for (const child of children) visit(child);
    if (children.length > 0) return;
    for (const comment of [
      ...(ts.getLeadingCommentRanges(parsed.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(parsed.text, node.end) ?? []),
    ]) {
      found.set(comment.pos, comment);
    }
  };
  visit(parsed);
  return [...found.values()].sort((a, b) => a.pos - b.pos);
}
