/** A doc comment, and what is found in the text of declarations, as the generator writes it. */
const DOC = String.raw`/\*\*(?:(?!\*/)[\s\S])*\*/`;
const MEMBER = new RegExp(String.raw`(${DOC})\s*(?:\| )?("[^"]+")`, 'g');
const UNION = new RegExp(
  String.raw`(?:(${DOC})\n)?((?:export )?type (\w+) =)((?:\s*${MEMBER.source})+);`,
  'g',
);
const FIELDS = /^(?:export )?(?:interface|type) .*\{\n[\s\S]*?^\}/gm;
const FIELD = new RegExp(
  String.raw`^(\t+)(?:(${DOC})\n\1)?(\w+\??: (\w+)(?: \| undefined)?;)$`,
  'gm',
);

/**
 * Lets an editor show what the words of a union mean. An editor shows the comment of the type or of the property that the
 * cursor is on, and never that of a union's member. So the members' comments go into the comment of the type, as a list, and
 * into that of every field of an interface that has this type.
 *
 *     - `refused`: Nothing listens at the address. Start the server, or correct `baseURL`.
 * @param declarations - the text of a `.d.ts` file
 */
export function showMemberDocs(declarations: string): string {
  const unions = new Map<string, { about: string; members: string[] }>();
  const listed = (
    _: string,
    doc: string | undefined,
    start: string,
    name: string,
    type: string,
  ) => {
    const found = [...type.matchAll(MEMBER)].map(([, doc, word = '']) => ({ doc, word }));
    const members = found.map(({ doc, word }) => `- \`${word.slice(1, -1)}\`: ${wordsOf(doc)}`);
    const about = wordsOf(doc);
    unions.set(name, { about, members });
    return `${comment('', about, members)}${start} ${found.map(({ word }) => word).join(' | ')};`;
  };
  const field = (whole: string, indent: string, doc: string, text: string, type: string) => {
    const union = unions.get(type);
    if (union === undefined) return whole;
    return comment(indent, wordsOf(doc) || union.about, union.members) + indent + text;
  };
  return declarations
    .replace(UNION, listed)
    .replace(FIELDS, (fields) => fields.replace(FIELD, field));
}

function comment(indent: string, about: string, members: readonly string[]): string {
  const lines = ['/**', ` * ${about}`, ' *', ...members.map((line) => ` * ${line}`), ' */'];
  return lines.map((line) => `${indent}${line}\n`).join('');
}

/** A comment's words, on one line. */
function wordsOf(comment = ''): string {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/\s*\n\s*\*? ?/g, ' ')
    .trim();
}
