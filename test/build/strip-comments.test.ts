import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripComments } from '../../src/build/strip-comments.ts';

test('comments go, and the lines that were theirs; the rest stays as it was written', () => {
  const code = [
    '/** The file. */',
    '',
    '/**',
    ' * Does it.',
    ' */',
    'function f(a /* the first */, b) {',
    '  // Why.',
    '  const c = { a, // one',
    '    b };',
    '',
    '  /* What. */',
    '',
    '  return c; // done',
    '  // The end.',
    '}',
    '// Over.',
    '',
  ];
  assert.equal(
    stripComments(code.join('\n')),
    'function f(a , b) {\n  const c = { a,\n    b };\n\n  return c;\n}\n',
  );
});

test('what looks like a comment in a text, a template or a pattern stays', () => {
  const code = `const a = 'http://x/* y */'; const b = \`// \${'/*'} */\n\n\n// c\`; const d = /\\/\\/ e/;\n`;
  assert.equal(stripComments(code), code);
});
