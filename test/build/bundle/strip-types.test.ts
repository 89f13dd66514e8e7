import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format } from '../../../src/build/bundle/format.ts';
import { stripTypes } from '../../../src/build/bundle/strip-types.ts';
import { root } from '../../tools/project.ts';

const strip = (source: string) => stripTypes(source, 'x.ts');

test('types go; the rest stays as it was written', () => {
  const cases = [
    ['function f(a: string, b?: number): void {}', 'function f(a, b) {}'],
    ['const m = new Map<string, { a: number }>();', 'const m = new Map();'],
    ['const a = b as unknown as C;', 'const a = b;'],
    ['f(a as B);', 'f(a);'],
    ['a!.b = c!;', 'a.b = c;'],
    ['const f = async <T>(a: T): Promise<T> => a;', 'const f = async (a) => a;'],
    ['let a: string | undefined;\n\n\nlet b = 1; // why', 'let a;\n\n\nlet b = 1; // why'],
    [
      'class A<T> extends B<T> implements C {\n  readonly x!: T;\n  private y = 1;\n}',
      'class A extends B {\n  x;\n  y = 1;\n}',
    ],
    ["import { type A, b } from './b.ts';", "import { b } from './b.ts';"],
    ["const a = 'b: c' + (d as E); // f: g", "const a = 'b: c' + (d); // f: g"],
  ] as const;
  // As it is built: the formatter takes out the blanks that are left where a type was.
  const formatted = (codes: readonly string[]) => format(codes.join('\n// next\n'), 'x.js', root);
  assert.equal(
    formatted(cases.map(([source]) => strip(source))),
    formatted(cases.map(([, expected]) => expected)),
  );
});

test('what is more than a type is refused, with its place', () => {
  assert.throws(() => strip('const a = 1;\n\nenum B { c }\n'), /x\.ts: 'enum B \{ c \}' .*line 3/);
  assert.throws(() => strip('class A { constructor(private b: string) {} }'), /x\.ts/);
});
