import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../src/cli/main.ts';
import { root } from '../runner/commands.ts';
import { blocksOf, pages } from './pages.ts';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Marks, and the test that runs the blocks which have them. */
const runners: Readonly<Record<string, string>> = {
  run: 'test/pages/library.test.ts',
  agent: 'test/agent/readme.test.ts',
  replay: 'test/replay/readme-replay.test.ts',
  recipe: 'test/pages/recipes.test.ts',
  vendor: 'test/pages/vendor.test.ts',
  // Installing and testing is what CI does; this test looks that the commands are there.
  command: 'test/pages/commands.test.ts',
};

for (const page of pages) {
  test(`${page.file}: every block of code has a test that runs it`, () => {
    for (const { mark, language, line } of blocksOf(page)) {
      if (language === '' || language === 'text') continue;
      const [kind = ''] = mark.split(':');
      const place = `${page.file}:${line} (${language})`;
      const runner = runners[kind];
      assert.ok(runner, `${place} has no mark of a test above it, such as <!-- run: name.mjs -->`);
      assert.ok(readFileSync(join(root, runner), 'utf8').includes(`${kind}:`), place);
    }
  });

  test(`${page.file}: the commands that it names are there, with these options`, () => {
    for (const [words, name = ''] of page.text.matchAll(/\bnpm (?:run ([\w:]+)|test|start)/g)) {
      const script = words.startsWith('npm run') ? name : words.slice(4);
      assert.equal(typeof scripts[script], 'string', `${words}: package.json has no such script`);
    }
    const uses = page.text.matchAll(/(?:\blocal-llm|\bcli\.js) ([a-z]+)((?: [^`\n|;]*)?)/g);
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
