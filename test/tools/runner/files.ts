import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './commands.ts';

/**
 * The test files of a folder and of the folders in it, by name; no shell is asked for a pattern. What lies deeper belongs to a project
 * of its own, as the examples for other test runners do.
 */
export function testFiles(folder: string, depth = 1): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return depth > 0 ? testFiles(path, depth - 1) : [];
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
