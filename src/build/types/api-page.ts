/**
 * The page of the API, made of the declaration files.
 *
 *     dist/index.d.ts, node.d.ts, replay.d.ts
 *       ─ exported statements, each with its doc comment
 *       ─ a section each: what it is; its parameters; its fields, its members or its type
 *       ─ src/API.md, which a test holds against the declarations
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { entries } from '../entries.ts';

/** A module of the package, and the text of its declarations. */
interface Declared {
  /** What a program imports: `local-llm-stream-agent/node`. */
  module: string;
  declarations: string;
}

/** The modules whose types are in a folder of built files. */
export function declaredIn(dist: string): Declared[] {
  return entries.flatMap(({ declarations: [file] }) => {
    // What is imported for its effect alone has no face.
    if (file === undefined || file === 'replay-setup.d.ts') return [];
    const name = file.replace('.d.ts', '');
    return {
      module: `local-llm-stream-agent${name === 'index' ? '' : `/${name}`}`,
      declarations: readFileSync(join(dist, file), 'utf8'),
    };
  });
}

/** The page, with a section for each export: what a program calls first, then the types. */
export function apiPage(modules: readonly Declared[]): string {
  const parts = modules.map(({ module, declarations }) => {
    const source = ts.createSourceFile('a.d.ts', declarations, ts.ScriptTarget.ES2022, true);
    const exported = source.statements.filter(isExported);
    const isType = (statement: ts.Statement) =>
      ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    const ordered = [...exported.filter((one) => !isType(one)), ...exported.filter(isType)];
    return [`## ${module}`, ...ordered.map(section)].join('\n\n');
  });
  return `# API

Every export, its parameters and its fields.
\`npm run api\` writes this page from the types; do not edit it.
The guides are in [client](client/README.md) and [replay](replay/README.md).

${parts.join('\n\n')}
`;
}

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

function section(statement: ts.Statement): string {
  const about = paragraphs(docOf(statement));
  if (ts.isFunctionDeclaration(statement)) {
    return joined(`### ${nameOf(statement)}`, code(signature(statement)), about, tagsOf(statement));
  }
  if (ts.isVariableStatement(statement)) {
    const [variable] = statement.declarationList.declarations;
    const name = nameOf(variable);
    const type = `${name}: ${variable?.type?.getText()}`;
    return joined(`### ${name}`, code(type), about, tagsOf(statement));
  }
  if (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) {
    const bases = (statement.heritageClauses ?? []).map((clause) => code(clause.getText()));
    const bequest = bases.length > 0 ? `It ${bases.join(' and ')}.` : '';
    return joined(`### ${nameOf(statement)}`, about, bequest, fieldsOf(statement.members));
  }
  if (ts.isTypeAliasDeclaration(statement)) {
    return joined(`### ${nameOf(statement)}`, about, typeOf(statement.type));
  }
  throw new Error(`'${statement.getText().split('\n', 1)[0]}' has no form on the page of the API`);
}

function fieldsOf(members: readonly (ts.TypeElement | ts.ClassElement)[]): string {
  const rows = members.map((member) => {
    const doc = cell(docOf(member));
    if (ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) {
      const mark = member.questionToken ? '?' : '';
      return `| \`${nameOf(member)}${mark}\` | ${code(member.type?.getText() ?? '')} | ${doc} |`;
    }
    if (ts.isIndexSignatureDeclaration(member)) {
      return `| \`[${member.parameters[0]?.name.getText()}]\` | ${code(member.type.getText())} | ${doc} |`;
    }
    const name = ts.isConstructorDeclaration(member) ? 'new' : nameOf(member);
    return `| \`${name}()\` | ${code(signature(member))} | ${doc} |`;
  });
  return rows.length === 0
    ? ''
    : ['| field | type | what it is |', '|---|---|---|', ...rows].join('\n');
}

/** A union of objects as a list, with their comments; the members of a union of words are in its comment. */
function typeOf(type: ts.TypeNode): string {
  if (!ts.isUnionTypeNode(type)) return code(type.getText());
  const words = type.types.filter((member) => ts.isLiteralTypeNode(member));
  if (words.length === type.types.length)
    return words.map((word) => code(word.getText())).join(' ');
  return type.types
    .map((member) => {
      const before = type.getSourceFile().text.slice(member.getFullStart(), member.getStart());
      const [, doc = ''] = /\/\*\*([\s\S]*?)\*\//.exec(commentBefore(member) || before) ?? [];
      const about = doc.replace(/\s*\n\s*\* ?/g, ' ').trim();
      return `- ${code(member.getText())}${about && `: ${linked(about)}`}`;
    })
    .join('\n');
}

/** A comment that is in front of the `|` before a member. */
function commentBefore(member: ts.TypeNode): string {
  const text = member.getSourceFile().text.slice(0, member.getFullStart());
  return /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*\|?\s*$/.exec(text)?.[0] ?? '';
}

function signature(node: ts.Node): string {
  return node
    .getText()
    .replace(/^export declare function /, '')
    .replace(/;$/, '');
}

/** What `@param`, `@returns` and `@throws` say. */
function tagsOf(node: ts.Node): string {
  const lines = ts.getJSDocTags(node).map((tag) => {
    const words = cell(ts.getTextOfJSDocComment(tag.comment) ?? '').replace(/^- /, '');
    const name = ts.isJSDocParameterTag(tag) ? `\`${tag.name.getText()}\`` : tag.tagName.text;
    return `- ${name}: ${words}`;
  });
  return lines.join('\n');
}

function docOf(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return docs.map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '').join('\n\n');
}

/** One sentence a line. */
function paragraphs(doc: string): string {
  return linked(doc)
    .split(/\n\n+/)
    .map((part) =>
      part.startsWith('- ')
        ? part
        : part.replaceAll('\n', ' ').replace(/([.!?][)"'`]*) (?=[A-Z`])/g, '$1\n'),
    )
    .join('\n\n');
}

const linked = (doc: string): string => doc.replace(/\{@link (\w+)\s*\}/g, '`$1`');

const cell = (doc: string): string =>
  linked(doc)
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|');

/** Code on one line, without the comments in it. */
function code(text: string): string {
  const line = text
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return `\`${line.replaceAll('|', '\\|')}\``;
}

const nameOf = (node: { name?: ts.Node | undefined } | undefined): string =>
  node?.name?.getText() ?? '';

const joined = (...parts: string[]): string => parts.filter((part) => part !== '').join('\n\n');
