import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { apiPage, declaredIn } from '../../../src/build/types/api-page.ts';
import { dist, root } from '../../tools/project.ts';

const page = readFileSync(join(root, 'src/API.md'), 'utf8');

test('the page of the API is that of the types: else run npm run api', () => {
  assert.ok(apiPage(declaredIn(dist)) === page);
});

test('everything that a program can import is on it', async () => {
  for (const file of ['index.js', 'node.js', 'replay.js']) {
    const names = Object.keys(await import(pathToFileURL(join(dist, file)).href));
    assert.ok(names.length > 0);
    for (const name of names) assert.ok(page.includes(`\n### ${name}\n`), `${file}: ${name}`);
  }
});

test('an export has its declaration with all comments; functions come before types', () => {
  const declarations = `/* The head of a file. */

/** What it is. */
export interface Options {
	/** How often. */
	times?: number | undefined;
}
interface Hidden {
	a: 1;
}
/**
 * Does it.
 * @returns nothing
 */
export declare function act(options?: Options): void;
export {};
`;
  const [, page] = apiPage([{ module: 'm', declarations }]).split('\n\n## ');
  assert.equal(
    page,
    `m

### act

\`\`\`ts
/**
 * Does it.
 * @returns nothing
 */
function act(options?: Options): void;
\`\`\`

### Options

\`\`\`ts
/** What it is. */
interface Options {
  /** How often. */
  times?: number | undefined;
}
\`\`\`
`,
  );
});
