import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './commands.ts';

/** `examples` are for other test runners, which a test of ours starts. */
const NOT_OURS = ['node_modules', 'examples'];

/** The test files of a folder and of the folders in it, by name; no shell is asked for a pattern. */
export function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path);
      return entry.name.endsWith('.test.ts') ? [path] : [];
    })
    .sort();
}

/**
 * The test files that are meant by words such as `test/cli` or `test/client/models/models.test.ts`.
 * @throws {Error} where a word names nothing
 */
export function chosenFiles(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const isFolder = statSync(word, { throwIfNoEntry: false })?.isDirectory();
    if (isFolder === undefined) throw new Error(`There is no file or folder ${word}.`);
    return isFolder ? testFiles(word) : [word];
  });
}

/** As it is told: `test/cli/chat/chat.test.ts`. */
export const shownFile = (file: string): string => relative(root, file).split(sep).join('/');
