/**
 * The page of the API, made of the declaration files.
 *
 *     dist/index.d.cts, node.d.cts, replay.d.cts
 *       ─ exported statements, each with its doc comment
 *       ─ a section each: its name, and what TypeScript declares
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
  return entries.flatMap(({ declarations: [, file] }) => {
    // What is imported for its effect alone has no face.
    if (file === undefined || file === 'replay-setup.d.cts') return [];
    const name = file.replace('.d.cts', '');
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

Every export, with its types and what they mean.
\`npm run api\` writes this page from the declaration files; do not edit it.
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
  const { text } = statement.getSourceFile();
  const declared = text
    .slice(statement.getStart(undefined, true), statement.end)
    .replace(/^export (declare )?/m, '')
    .replace(/^\t+/gm, (tabs) => '  '.repeat(tabs.length));
  const [, name] =
    /^(?:async )?(?:function|class|interface|type|const) (\w+)/m.exec(declared) ?? [];
  return `### ${name}\n\n\`\`\`ts\n${declared}\n\`\`\``;
}
