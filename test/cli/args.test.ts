import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLanguage, expandHome } from '../../src/cli/args.ts';

test('~ is the home folder at the beginning of a path, with / and with \\', () => {
  const home = 'C:\\Users\\me$1';
  assert.equal(expandHome('~\\my-project', home), `${home}\\my-project`);
  assert.equal(expandHome('~/my-project', home), `${home}/my-project`);
  assert.equal(expandHome('~', home), home);
  assert.equal(expandHome('--to=~\\b', '/h'), '--to=/h\\b');
  for (const word of ['~other/x', 'a~', './~', 'C:\\PROGRA~1', '--to=x~/d', '--name'])
    assert.equal(expandHome(word, home), word);
});

for (const [what, asked, env, locale, language] of [
  ['--lang wins', 'en', { LANG: 'zh_CN.UTF-8' }, 'zh-CN', 'en'],
  ['--lang zh', 'zh', {}, 'en-US', 'zh'],
  ['LANG', undefined, { LANG: 'zh_CN.UTF-8' }, 'en-US', 'zh'],
  ['LC_ALL before LANG', undefined, { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'zh-CN', 'en'],
  ['a Chinese Windows, which sets no LANG', undefined, {}, 'zh-Hans-CN', 'zh'],
  ['another one', undefined, {}, 'de-DE', 'en'],
  ['Zulu is no Chinese', undefined, { LANG: 'zu_ZA' }, 'zu-ZA', 'en'],
] as const) {
  test(`the language: ${what}`, () => {
    assert.equal(chooseLanguage(asked, env, locale), language);
  });
}

test('another language is refused', () => {
  assert.throws(() => chooseLanguage('fr', {}, 'fr-FR'), { name: 'UsageError' });
});
