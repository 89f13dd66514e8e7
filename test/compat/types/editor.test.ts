import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import ts from 'typescript';
import { root, temporaryFolder } from '../../tools/project.ts';

const folder = temporaryFolder({ after });
mkdirSync(join(folder, 'node_modules'));
symlinkSync(root, join(folder, 'node_modules/local-llm-stream-agent'), 'junction');
const file = join(folder, 'program.mts');

/** Keeps TypeScript's own libraries parsed from program to program. */
const libraries = ts.createDocumentRegistry();

/** What an editor says of a program where its cursor, `|`, stands. */
function openEditor(program: string) {
  const position = program.indexOf('|');
  const text = program.replace('|', '');
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => ({
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: [],
    }),
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [file],
    // A text is its own version; a library has one.
    getScriptVersion: (name) => (name === file ? text : '1'),
    getScriptSnapshot: (name) =>
      name === file || ts.sys.fileExists(name)
        ? ts.ScriptSnapshot.fromString(name === file ? text : readFileSync(name, 'utf8'))
        : undefined,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    realpath: (path) => ts.sys.realpath?.(path) ?? path,
    directoryExists: ts.sys.directoryExists,
  };
  const service = ts.createLanguageService(host, libraries);
  return {
    /** The words it offers. */
    offered: () =>
      (service.getCompletionsAtPosition(file, position, {})?.entries ?? []).map(({ name }) => name),
    /** The comment it shows of what the cursor is on. */
    shown: () =>
      ts.displayPartsToString(service.getQuickInfoAtPosition(file, position)?.documentation),
  };
}

const load =
  "import { type ErrorReason, isChatError, streamChat } from 'local-llm-stream-agent';\n";

test("an editor offers a request's fields, and no others", () => {
  const { offered } = openEditor(`${load}streamChat({ messages: [], | });`);
  assert.deepEqual(
    offered().sort(),
    `model temperature top_p top_k min_p max_tokens max_completion_tokens stop seed presence_penalty
    frequency_penalty repeat_penalty logit_bias logprobs top_logprobs n tools tool_choice
    parallel_tool_calls response_format reasoning_effort stream stream_options ttl user metadata`
      .split(/\s+/)
      .sort(),
  );
});

const words: readonly [where: string, program: string, words: string][] = [
  ['a role', "streamChat({ messages: [{ role: '|' }] });", 'system user assistant tool developer'],
  [
    'the type of a part',
    "streamChat({ messages: [{ role: 'user', content: [{ type: '|' }] }] });",
    'text image_url input_audio file',
  ],
  [
    'an effort',
    "streamChat({ messages: [], reasoning_effort: '|' });",
    'none minimal low medium high xhigh',
  ],
  ['a tool choice', "streamChat({ messages: [], tool_choice: '|' });", 'none auto required'],
  [
    'the type of a format',
    "streamChat({ messages: [], response_format: { type: '|' } });",
    'text json_schema json_object',
  ],
];
for (const [where, program, known] of words) {
  test(`an editor offers the known words of ${where}`, () => {
    assert.deepEqual(
      openEditor(load + program)
        .offered()
        .sort(),
      known.split(' ').sort(),
    );
  });
}

const caught = 'declare const error: unknown; if (isChatError(error)) error.';
const read = 'const reply = streamChat({ messages: [] }); ';
const shown: readonly [where: string, program: string, says: readonly string[]][] = [
  [
    'a field of the request',
    'streamChat({ messages: [], tempera|ture: 0 });',
    ['0 for the likeliest token each time'],
  ],
  [
    "an error's kind",
    `${caught}ki|nd;`,
    ['What kind of thing went wrong.', '- `too-large`: More than `maxEventBytes`'],
  ],
  [
    "an error's reason",
    `${caught}rea|son;`,
    [
      'Why, if it is known',
      '- `refused`: Nothing listens at the address. Start the server',
      '- `base-url`: There is no API at this address',
    ],
  ],
  [
    'the type of a reason',
    'let reason: ErrorRea|son;',
    ['Why, if it is known', '- `token`: The server wants a key, or another one. Set `apiKey`.'],
  ],
  [
    'a verdict',
    `${read}(await reply.result).ver|dict;`,
    ['How the reply ended.', '- `empty`: Finished with neither text nor a call'],
  ],
  [
    'a verdict that may be missing',
    `${read}reply.soFar.ver|dict;`,
    ['How the reply ended.', '- `stopped`: The reader left.'],
  ],
];
for (const [where, program, says] of shown) {
  test(`an editor shows what it means: ${where}`, () => {
    const comment = openEditor(load + program).shown();
    for (const words of says) assert.ok(comment.includes(words), `${words}\n\n${comment}`);
  });
}
