import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { root } from '../tools/project.ts';
import { anchorOf, anchorsOf, pages, proseOf } from './pages.ts';

/** The targets of links and pictures: `[text](target)`, `![text](target)`, `src="target"`. */
function targetsOf(prose: string): string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ([, markdown, html]) => markdown ?? html ?? '',
  );
}

for (const page of pages) {
  test(`${page.file}: every link leads somewhere`, () => {
    for (const target of targetsOf(proseOf(page))) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = decodeURI(target).split('#');
      const file = path === '' ? page.file : posix.join(dirname(page.file), path);
      assert.ok(existsSync(join(root, file)), `there is no ${file}, to which ${target} leads`);
      if (anchor === undefined || statSync(join(root, file)).isDirectory()) continue;
      const there = pages.find((one) => one.file === file);
      assert.ok(there && anchorsOf(there).includes(anchor), `${file} has no heading #${anchor}`);
    }
  });
}

for (const page of pages) {
  test(`${page.file}: the files of the project that it names are there`, () => {
    for (const [, file = ''] of page.text.matchAll(/`((?:src|test|\.github|\.ci)\/[\w./-]+)`/g)) {
      assert.ok(existsSync(join(root, file)), `there is no ${file}`);
    }
  });
}

test('a heading is linked to as GitHub does it', () => {
  assert.equal(anchorOf('Errors, and what to do'), 'errors-and-what-to-do');
  assert.equal(anchorOf('`streamChat(body, options)`'), 'streamchatbody-options');
  assert.equal(anchorOf('四步用起来'), '四步用起来');
});
