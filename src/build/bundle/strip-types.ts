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
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  return blankSourceFile(parsed, (node) => {
    const { line } = parsed.getLineAndCharacterOfPosition(node.getStart(parsed));
    const start = node.getText(parsed).split('\n', 1)[0];
    throw new Error(
      `${file}: '${start}' is not a type that can be erased (about line ${line + 1})`,
    );
  });
}
