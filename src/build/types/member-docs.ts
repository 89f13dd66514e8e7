import ts from 'typescript';

/**
 * Lets an editor show what the words of a union mean. An editor shows the comment of the type or of the property that the
 * cursor is on, and never that of a union's member. So the members' comments go into the comment of the type, as a list, and
 * into that of every field of an interface that has this type.
 *
 *     - `refused`: Nothing listens at the address. Start the server, or correct `baseURL`.
 * @param declarations - the text of a `.d.ts` file
 */
export function showMemberDocs(declarations: string): string {
  const parsed = ts.createSourceFile('index.d.ts', declarations, ts.ScriptTarget.ES2022, true);
  const documented = new Map<string, Documented>();
  const insertions: { at: number; end: number; text: string }[] = [];

  const comment = (node: ts.Node, own: string, { about, members }: Documented) => {
    const at = node.getStart(parsed);
    const indent = /[ \t]*$/.exec(declarations.slice(0, at))?.[0] ?? '';
    const lines = [own || about, '', ...members].map((line) => `${indent} * ${line}`.trimEnd());
    const text = `/**\n${lines.join('\n')}\n${indent} */\n${indent}`;
    insertions.push({ at: startOfComment(node) ?? at, end: at, text });
  };

  for (const statement of parsed.statements) {
    if (!ts.isTypeAliasDeclaration(statement) || !ts.isUnionTypeNode(statement.type)) continue;
    const members = statement.type.types.flatMap((member) => memberDoc(member, declarations));
    if (members.length < statement.type.types.length) continue;
    const about = docOf(statement);
    documented.set(statement.name.text, { about, members });
    comment(statement, about, { about, members });
    const words = statement.type.types.map((member) => member.getText());
    insertions.push({
      at: statement.type.getFullStart(),
      end: statement.type.end,
      text: ` ${words.join(' | ')}`,
    });
  }
  const visit = (node: ts.Node) => {
    if (ts.isPropertySignature(node)) {
      const type = documented.get(namedType(node.type));
      if (type !== undefined) comment(node, docOf(node), type);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);

  return insertions
    .sort((a, b) => b.at - a.at)
    .reduce(
      (text, { at, end, text: doc }) => text.slice(0, at) + doc + text.slice(end),
      declarations,
    );
}

/** A union whose members all have a comment. */
interface Documented {
  /** What the type is about. */
  about: string;
  /** A line for each member. */
  members: readonly string[];
}

/** A member's line, if the member is a string with a comment; a `|` may be between the two. */
function memberDoc(member: ts.TypeNode, text: string): string[] {
  if (!ts.isLiteralTypeNode(member) || !ts.isStringLiteral(member.literal)) return [];
  const before = text.slice(0, member.getStart());
  const end = before.lastIndexOf('*/');
  if (!/^\*\/\s*\|?\s*$/.test(before.slice(end))) return [];
  const doc = plain(before.slice(before.lastIndexOf('/**'), end + 2));
  return [`- \`${member.literal.text}\`: ${doc}`];
}

/** The name of the type that this one is, leaving out `undefined`. */
function namedType(type: ts.TypeNode | undefined): string {
  const parts = type && ts.isUnionTypeNode(type) ? type.types : [type];
  const names = parts.flatMap((part) =>
    part && ts.isTypeReferenceNode(part) ? part.typeName.getText() : [],
  );
  return names.length === 1 ? String(names[0]) : '';
}

function docsOf(node: ts.Node): readonly ts.JSDoc[] {
  return ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
}

function docOf(node: ts.Node): string {
  return docsOf(node)
    .map((doc) => plain(doc.getText()))
    .join(' ');
}

function startOfComment(node: ts.Node): number | undefined {
  return docsOf(node)[0]?.getStart();
}

/** A comment's words, on one line. */
function plain(comment: string): string {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/\s*\n\s*\*? ?/g, ' ')
    .trim();
}
