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

test('a function has its parameters, an interface its fields, a union its members', () => {
  const declarations = `
/** What it is. */
export interface Options {
	/** How often | how long. */
	times?: number | undefined;
	stop(): void;
}
/** One of these. */
export type Event = {
	type: "a";
}
/** The other one. */
 | {
	type: "b";
};
interface Hidden {
	a: 1;
}
/**
 * Does it. See {@link Options}.
 * @param options - how
 * @returns nothing
 */
export declare function act(options?: Options): void;
export {};
`;
  assert.equal(
    apiPage([{ module: 'm', declarations }]).split('\n\n## ')[1],
    `m

### act

\`act(options?: Options): void\`

Does it.
See \`Options\`.

- \`options\`: how
- returns: nothing

### Options

What it is.

| field | type | what it is |
|---|---|---|
| \`times?\` | \`number \\| undefined\` | How often \\| how long. |
| \`stop()\` | \`stop(): void\` |  |

### Event

One of these.

- \`{ type: "a"; }\`
- \`{ type: "b"; }\`: The other one.
`,
  );
});
