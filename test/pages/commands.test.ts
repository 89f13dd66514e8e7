import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../src/cli/main.ts';
import { PROGRAM } from '../../src/cli/package-files.ts';
import { root } from '../tools/project.ts';
import { blocksOf, filesIn, pages, writtenPages } from './pages.ts';

/** The scripts of the project, and those of the test folders that have a package.json of their own. */
const scripts = Object.assign(
  {},
  ...[
    '.',
    'test/bench',
    'test/compat/runtimes',
    'test/conformance/sheet',
    'test/compat/types',
    'test/tools/mutation',
    'test/compat/examples',
  ]
    .map((folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')))
    .map((manifest: { scripts?: object }) => manifest.scripts),
);

/** The tests that run the blocks of a page, by the words of their marks. */
const runners: Readonly<Record<string, readonly string[]>> = {
  'README.md': ['test/pages/library.test.ts', 'test/agent/readme.test.ts'],
  'README.zh-CN.md': ['test/pages/library.test.ts', 'test/agent/readme.test.ts'],
  'src/agent/README.md': ['test/agent/readme.test.ts'],
  'src/agent/README.zh-CN.md': ['test/agent/readme.test.ts'],
  'src/build/README.md': ['test/pages/vendor.test.ts'],
  'src/client/README.md': ['test/client/readme.test.ts'],
  'src/replay/README.md': ['test/replay/readme.test.ts'],
};

/** What users read: the pages, the pictures on them, and the sources, in which the program's own words are. */
const wordsOfUsers = [
  ...pages.map(({ file }) => file),
  ...filesIn('src').filter((file) => /\.(?:ts|svg)$/.test(file)),
  ...filesIn('test').filter((file) => file.endsWith('.svg')),
  'package.json',
];

test("the one command has the package's name, since npx runs a stranger's package under any other", () => {
  const { name, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.deepEqual(bin, { [PROGRAM]: './dist/cli.js' });
  assert.equal(PROGRAM, name);
  for (const file of wordsOfUsers) {
    // The keyword is a word to search for; the sources have the name in a constant.
    const text = readFileSync(join(root, file), 'utf8')
      .replace('"local-llm",\n', '')
      .replaceAll(/\$\{PROGRAM\}/g, PROGRAM);
    for (const [words, command] of text.matchAll(/\bnpx (?:-\S+ )*([\w@$][^\s`'")]*)/g)) {
      assert.equal(command, PROGRAM, `${file}: ${words}`);
    }
    // The agent signs its notes and notifications so, and the replay server's page has a path of that name.
    const others = text.replaceAll(
      /(?:\\?\*){2}local-llm(?:\\?\*){2}|['`]local-llm[:：]|\/\.local-llm\//g,
      '',
    );
    const found = /.*\blocal-llm(?!-stream-agent\b|\.ts).*/.exec(others);
    assert.equal(found, null, `${file}: ${found?.[0]}`);
  }
});

for (const page of writtenPages) {
  test(`${page.file}: every block of code has a test that runs it`, () => {
    const tests = (runners[page.file] ?? []).map((file) =>
      // Some look for the mark by a pattern.
      readFileSync(join(root, file), 'utf8').replaceAll('\\', ''),
    );
    for (const { mark, language, line } of blocksOf(page)) {
      if (language === '' || language === 'text') continue;
      const place = `${page.file}:${line} (${language})`;
      assert.ok(mark, `${place} has no mark of a test above it, such as <!-- run: name.mjs -->`);
      // Installing, testing and measuring is what CI does: below it is looked whether the commands are there.
      if (mark.startsWith('command: ')) continue;
      const [, name = mark] = /^(?:run|vendor): (\S+)/.exec(mark) ?? [];
      assert.ok(
        tests.some((text) => text.includes(name)),
        `${place}: no test runs '${mark}'`,
      );
    }
  });
}

for (const page of pages) {
  test(`${page.file}: how the command is called is written in one form`, () => {
    const forms = ['node dist/cli.js', `npx ${PROGRAM}`].filter((form) => page.text.includes(form));
    assert.ok(forms.length <= 1, forms.join(' and '));
  });

  test(`${page.file}: the commands that it names are there, with these options`, () => {
    for (const [words, name = ''] of page.text.matchAll(/\bnpm (?:run ([\w:]+)|test|start)/g)) {
      const script = words.startsWith('npm run') ? name : words.slice(4);
      assert.equal(typeof scripts[script], 'string', `${words}: package.json has no such script`);
    }
    const uses = page.text.matchAll(
      /(?:\blocal-llm-stream-agent|\bcli\.js) ([a-z]+)((?: [^`\n|;]*)?)/g,
    );
    for (const [words, name = '', rest = ''] of uses) {
      if (name === 'help') continue;
      const command = commands[name];
      assert.ok(command, `${words}: there is no such command`);
      for (const [option] of rest.matchAll(/(?<= )--[a-z-]+/g)) {
        assert.ok(command.usage.includes(option), `${words}: it has no ${option}`);
      }
    }
  });
}
