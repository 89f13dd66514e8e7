import { blankSourceFile } from 'ts-blank-space';
import ts from 'typescript';

/**
 * TypeScript → JavaScript that reads like its source: the comments, the blank lines and the layout stay. (A compiler's printer would
 * lose them, and the built file is meant to be read.) Blanks are left where a type was; the formatter takes them out.
 * @param source - TypeScript whose types can be erased: no enum, namespace or parameter property
 * @param file - its name, for the messages
 * @throws {Error} where the syntax cannot be erased, with file and line
 */
export function stripTypes(source: string, file: string): string {
  const withoutTypes = cutTypeStatements(source, file);
  const parsed = parse(withoutTypes, file);
  return blankSourceFile(parsed, (node) => {
    const { line } = parsed.getLineAndCharacterOfPosition(node.getStart(parsed));
    const start = node.getText(parsed).split('\n', 1)[0];
    throw new Error(
      `${file}: '${start}' is not a type that can be erased (about line ${line + 1})`,
    );
  });
}

function parse(source: string, file: string): ts.SourceFile {
  return ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
}

/** Cuts interfaces, type aliases and type-only imports and exports, each with the comment that belongs to it. */
function cutTypeStatements(source: string, file: string): string {
  let kept = '';
  let at = 0;
  for (const statement of parse(source, file).statements) {
    if (!isTypeOnly(statement)) continue;
    kept += source.slice(at, startWithComment(source, statement));
    at = statement.end;
    const blankBefore = kept === '' || kept.endsWith('\n\n');
    while (source[at] === '\n' && (blankBefore || source[at - 1] !== '\n')) at++;
  }
  return kept + source.slice(at);
}

function isTypeOnly(statement: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return true;
  if (ts.isImportDeclaration(statement)) {
    return statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  }
  return ts.isExportDeclaration(statement) && statement.isTypeOnly;
}

/** Where a statement starts, counting the comment that stands right above it, without a blank line between. */
function startWithComment(source: string, statement: ts.Statement): number {
  let start = statement.getStart();
  const comments = ts.getLeadingCommentRanges(source, statement.getFullStart()) ?? [];
  for (const comment of comments.reverse()) {
    if (/\n\s*\n/.test(source.slice(comment.end, start))) break;
    start = comment.pos;
  }
  return start;
}
