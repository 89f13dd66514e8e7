import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { showMemberDocs } from '../../../src/build/types/member-docs.ts';

const union = `/** Why. */
export type Reason = 
/** Nothing listens. */
"refused"
/**
 * The key is wrong.
 * Set another.
 */
 | "token";
`;
const list = ` * - \`refused\`: Nothing listens.
 * - \`token\`: The key is wrong. Set another.
`;

test('the comment of a union lists what its members mean, in place of their own comments', () => {
  assert.equal(
    showMemberDocs(union),
    `/**\n * Why.\n *\n${list} */\nexport type Reason = "refused" | "token";\n`,
  );
});

test('an editor shows no comment of a member: once it does, this module can go', () => {
  const use = "declare const reason: Reason; if (reason === 'refused') {}";
  const text = union + use;
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ types: [] }),
    getCurrentDirectory: () => '/',
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => ['/a.ts'],
    getScriptVersion: () => '1',
    getScriptSnapshot: (file) =>
      file === '/a.ts' ? ts.ScriptSnapshot.fromString(text) : undefined,
    fileExists: (file) => file === '/a.ts',
    readFile: () => text,
  });
  const at = text.lastIndexOf('refused');
  const shown = [
    service.getQuickInfoAtPosition('/a.ts', at),
    service.getCompletionEntryDetails('/a.ts', at, 'refused', {}, undefined, {}, undefined),
  ].map((info) => ts.displayPartsToString(info?.documentation));
  assert.deepEqual(shown, ['', '']);
});

test('a field of that type lists them after its own comment, else after that of the type', () => {
  const fields = `export interface Failure {
	/** The reason, if known. */
	reason?: Reason | undefined;
	why: Reason;
	other: string;
}
`;
  const listed = list.replaceAll(/^/gm, '\t').replace(/\t$/, '');
  assert.ok(
    showMemberDocs(union + fields).endsWith(`export interface Failure {
	/**
	 * The reason, if known.
	 *
${listed}	 */
	reason?: Reason | undefined;
	/**
	 * Why.
	 *
${listed}	 */
	why: Reason;
	other: string;
}
`),
  );
});

for (const [name, text] of [
  ['a union with a member that has no comment', '/** a */\ntype A = \n/** b */\n"b" | "c";\n'],
  [
    'a union of other things than strings',
    '/** a */\ntype A = \n/** b */\n{ b: 1 }\n/** c */\n | "c";\n',
  ],
  ['a field of no such type', '/** a */\ninterface A { b: B }\n'],
  ['a type that is no union', '/** a */\ntype A = string;\n'],
] as const) {
  test(`${name} stays as it is`, () => assert.equal(showMemberDocs(text), text));
}
