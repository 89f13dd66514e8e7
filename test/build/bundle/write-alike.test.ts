import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAlike } from '../../../src/build/bundle/write-alike.ts';

test('private names are short, begin anew in each class, and nothing else changes', () => {
  const code = `class A { #long = '#long'; get #other() { return #long in this; } } // #long
class B { #other; }`;
  const short = `class A { #p0 = '#long'; get #p1() { return #p0 in this; } } // #long
class B { #p0; }`;
  assert.equal(writeAlike(code), short);
});

test('a class inside another one goes on with the names of that one', () => {
  const code = 'class A { #a; m() { return class { #b; n(a) { return a.#a; } }; } #c; }';
  const short = 'class A { #p0; m() { return class { #p1; n(a) { return a.#p0; } }; } #p1; }';
  assert.equal(writeAlike(code), short);
});

test('`let` is in place of `const`, but not in a text or a comment', () => {
  const code = "const { a } = b; for (const c of a) { let d = 'const e'; } // const";
  const alike = "let { a } = b; for (let c of a) { let d = 'const e'; } // const";
  assert.equal(writeAlike(code), alike);
});
