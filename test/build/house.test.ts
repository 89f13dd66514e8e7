/** The rules of the house: how many things lie in a folder, how long a file and a function are, and that a name means one thing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { entries } from '../../src/build/entries.ts';
import { root } from '../tools/project.ts';

/** Beside what is read as code: pages, pictures, and what npm and TypeScript ask for. */
const BESIDE = /\.(?:md|svg|png|gif|webp)$|^(?:package|package-lock|tsconfig)\.json$/;
const INSTALLED = ['node_modules', 'dist'];

interface Folder {
  path: string;
  names: string[];
}

/** A folder and all in it, by their paths from the project's folder. */
function foldersIn(path: string): Folder[] {
  const inside = readdirSync(join(root, path), { withFileTypes: true }).filter(
    ({ name }) => !INSTALLED.includes(name),
  );
  const names = inside.map(({ name }) => name).filter((name) => !BESIDE.test(name));
  const folders = inside.filter((entry) => entry.isDirectory());
  return [{ path, names }, ...folders.flatMap(({ name }) => foldersIn(`${path}/${name}`))];
}

const folders = [...foldersIn('src'), ...foldersIn('test')];
const files = folders
  .flatMap(({ path, names }) => names.map((name) => `${path}/${name}`))
  .filter((file) => file.endsWith('.ts') && !file.includes('/examples/'));
const sources = files.filter((file) => file.startsWith('src/'));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const parsed = new Map(
  files.map((file) => [
    file,
    ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS),
  ]),
);

/**
 * An entry of the package, of an npm script, of the build (which runs `*.text.ts`), or of a folder: `index.ts`, or the file that bears the
 * folder's name.
 */
const isEntry = (file: string) =>
  file.endsWith('.text.ts') ||
  read('package.json').includes(` ${file}`) ||
  entries.some(({ source }) => source === file) ||
  ['index', 'main', posix.basename(posix.dirname(file))].includes(posix.basename(file, '.ts'));

test('a folder holds at most ten files and folders', () => {
  const full = folders.filter(({ names }) => names.length > 10);
  assert.deepEqual(
    full.map(({ path, names }) => `${path}: ${names.length}`),
    [],
  );
});

test('a source that is no entry has at least twenty lines', () => {
  const small = sources.filter((file) => !isEntry(file) && read(file).split('\n').length <= 20);
  assert.deepEqual(small, []);
});

/** Functions of more than sixty lines, closures included; in a test, not what only groups tests. */
function longFunctions(file: string): string[] {
  const source = parsed.get(file);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && source) {
      const from = source.getLineAndCharacterOfPosition(node.getStart()).line;
      const lines = source.getLineAndCharacterOfPosition(node.end).line - from + 1;
      const { parent } = node;
      const groups = ts.isCallExpression(parent) && parent.expression.getText() === 'describe';
      if (lines > 60 && !groups) found.push(`${file}:${from + 1}: ${lines} lines`);
    }
    ts.forEachChild(node, visit);
  };
  if (source) visit(source);
  return found;
}

test('no function has more than sixty lines', () => {
  assert.deepEqual(files.flatMap(longFunctions), []);
});

/** The names that a file declares and exports. */
function exportsOf(file: string): string[] {
  return (parsed.get(file)?.statements ?? []).flatMap((statement): string[] => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    return 'name' in statement && statement.name ? [(statement.name as ts.Identifier).text] : [];
  });
}

test('what is exported is imported somewhere', () => {
  const imported = new Set(
    [...parsed.values()].flatMap((source) =>
      source.statements.flatMap((statement) => {
        const names =
          ts.isImportDeclaration(statement) && statement.importClause?.namedBindings
            ? statement.importClause.namedBindings
            : ts.isExportDeclaration(statement)
              ? statement.exportClause
              : undefined;
        return names && 'elements' in names
          ? [...names.elements].map(({ name, propertyName }) => (propertyName ?? name).text)
          : [];
      }),
    ),
  );
  const alone = sources.flatMap((file) =>
    exportsOf(file)
      .filter((name) => !imported.has(name) && !isEntry(file))
      .map((name) => `${file}: ${name}`),
  );
  assert.deepEqual(alone, []);
});

test('a name that is exported means one thing', () => {
  const places = new Map<string, string[]>();
  for (const file of sources) {
    for (const name of exportsOf(file)) places.set(name, [...(places.get(name) ?? []), file]);
  }
  assert.deepEqual(
    [...places].filter(([, files]) => files.length > 1),
    [],
  );
});

/** The words of a file's comments. */
const commentsOf = (file: string) =>
  (read(file).match(/\/\*[\s\S]*?\*\/|^ *\/\/.*$/gm) ?? []).join('\n');

test('a map in each room, or above it, names most of its files', () => {
  const rooms = folders.flatMap(({ path, names }) => {
    const inside = names.filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3));
    return path.startsWith('src/') && inside.length >= 3 ? [{ path, inside }] : [];
  });
  const unmapped = rooms.filter(({ path, inside }) => {
    const near = sources.filter((file) =>
      [path, posix.dirname(path)].includes(posix.dirname(file)),
    );
    return !near.some((file) => {
      const comments = commentsOf(file);
      const named = inside.filter((name) => new RegExp(`\\b${name}\\b`).test(comments));
      return named.length >= inside.length / 2;
    });
  });
  assert.deepEqual(
    unmapped.map(({ path }) => path),
    [],
  );
});
