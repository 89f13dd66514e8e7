import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortenPrivateNames } from '../../../src/build/bundle/private-names.ts';

test('private names are short, begin anew in each class, and nothing else changes', () => {
  const code = `class A { #long = '#long'; get #other() { return #long in this; } } // #long
class B { #other; }`;
  const short = `class A { #p0 = '#long'; get #p1() { return #p0 in this; } } // #long
class B { #p0; }`;
  assert.equal(shortenPrivateNames(code), short);
});

test('a class inside another one goes on with the names of that one', () => {
  const code = 'class A { #a; m() { return class { #b; n(a) { return a.#a; } }; } #c; }';
  const short = 'class A { #p0; m() { return class { #p1; n(a) { return a.#p0; } }; } #p1; }';
  assert.equal(shortenPrivateNames(code), short);
});
