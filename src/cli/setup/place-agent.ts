import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fieldsOf, parseJson } from '../../client/json.ts';
import { type AgentEntry, type Place, setAgent } from './agents-json.ts';
import type { InstallWords } from './install-words.ts';
import { replaceFile } from './replace-file.ts';

export interface Reporter {
  words: InstallWords;
  say(line: string): void;
  /** Names a file for the user. */
  show(file: string): string;
}

/** Puts the agent's file where it belongs, and keeps another maker's file of that name. */
export async function placeAgentFile(
  source: string,
  target: string,
  { words, say, show }: Reporter,
): Promise<{ isNew: boolean; isChanged: boolean }> {
  await mkdir(dirname(target), { recursive: true });
  const old = await readIfThere(target);
  const manifest = await missingManifest(dirname(target), words);
  if (old !== undefined && !old.includes('local-llm-stream-agent')) {
    const kept = await freeName(target.replace(/\.js$/, '.previous'));
    await copyFile(target, kept);
    say(words.kept(show(kept)));
  }
  const built = await readFile(source, 'utf8');
  const isChanged = built !== old;
  if (isChanged) await replaceFile(target, built);
  say(isChanged ? words.written(show(target)) : words.unchanged(show(target)));
  if (manifest !== undefined) {
    await replaceFile(manifest, '{ "type": "commonjs" }\n');
    say(words.written(show(manifest)) + words.becauseOfModule);
  }
  return { isNew: old === undefined, isChanged };
}

/**
 * Adds an entry to a list of agents, or brings it up to date: gives its text as it is, and as it is to be written.
 * @throws {Error} in words for the user, if the list is not what My Assistant reads
 */
export async function changeList(
  list: string,
  entry: AgentEntry,
  words: InstallWords,
): Promise<{ before: string | undefined; after: string }> {
  const before = await readIfThere(list);
  const refuse = (place?: Place) => new Error(words.leftAlone(list, place));
  return { before, after: setAgent(before, entry, refuse) };
}

/** The text of a file; `undefined` if it is not there. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Finds `NAME.js`, or `NAME-2.js` and so on if that is taken: a file that is kept is never overwritten. */
async function freeName(name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const file = `${name}${number === 1 ? '' : `-${number}`}.js`;
    if ((await readIfThere(file)) === undefined) return file;
  }
}

/**
 * The nearest package.json decides how the agent's file is loaded. Under `"type": "module"` the extension's `require` of it fails, so
 * the file then needs one of its own.
 * @returns the one that has to be written, if any
 * @throws {Error} in words for the user, if the agent's own folder says so
 */
async function missingManifest(folder: string, words: InstallWords): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'package.json');
    const text = await readIfThere(file);
    if (text !== undefined) {
      if (fieldsOf(parseJson(text)).type !== 'module') return undefined;
      if (at !== folder) return join(folder, 'package.json');
      throw new Error(words.moduleInTheWay(file));
    }
    if (dirname(at) === at) return undefined;
  }
}
