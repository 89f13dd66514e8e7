import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tools/project.ts';

/** A page for people. */
export interface Page {
  /** From the project's folder, with `/`. */
  file: string;
  text: string;
}

/** A block of code on a page. */
export interface Block {
  page: Page;
  language: string;
  code: string;
  /** What the comment above it says, such as `run: library.mjs`; a test runs it by that. Empty where there is none. */
  mark: string;
  line: number;
}

/** The READMEs at the top, and every page beside what it is about. */
export const pages: readonly Page[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['src', 'test', '.github'].flatMap(filesIn).filter((file) => file.endsWith('.md')),
].map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** Those that people write; the others are made by a command. */
export const writtenPages = pages.filter(({ file }) => !/(?:SHEET|BENCH|API)\.md$/.test(file));

/** The files of a folder and of those in it, from the project's folder, with `/`; nothing that is installed or built there. */
export function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesIn(path) : [path];
    });
}

/** The blocks of a page, those in lists too. */
export function blocksOf(page: Page): Block[] {
  const pattern = /(?:<!-- ([^\n]*) -->\n\s*)?^( *)```(\w*)\n([\s\S]*?)^\2```$/gm;
  return [...page.text.matchAll(pattern)].map((match) => {
    const [whole, mark = '', indent = '', language = '', code = ''] = match;
    const line = page.text.slice(0, match.index + whole.indexOf('```')).split('\n').length;
    return { page, mark, language, line, code: code.replace(new RegExp(`^${indent}`, 'gm'), '') };
  });
}

/** A page without its blocks and the code in its lines. */
export function proseOf({ text }: Page): string {
  return text.replace(/^( *)```[\s\S]*?^\1```$/gm, '').replace(/`[^`\n]*`/g, '');
}

/** The name by which a heading can be linked to, as GitHub and npm make it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
}

export function anchorsOf({ text }: Page): string[] {
  const withoutBlocks = text.replace(/^( *)```[\s\S]*?^\1```$/gm, '');
  return [...withoutBlocks.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) =>
    anchorOf(heading),
  );
}
