import { join } from 'node:path';
import { generateDtsBundle } from 'dts-bundle-generator';
import { copyrightOf, head, type Licensed } from '../bundle/head.ts';
import { type Entry, neighbourOf } from '../entries.ts';
import { showMemberDocs } from './member-docs.ts';

/**
 * Makes the declaration files, one text an entry, from one compilation of them all.
 * @returns the text by file name
 * @throws {Error} where the types are wrong
 */
export function declarations(
  entries: readonly Entry[],
  root: string,
  project: Licensed,
): Map<string, string> {
  const typed = entries.filter((entry) => entry.declarations.length > 0);
  const texts = generateDtsBundle(
    typed.map(({ source }) => ({
      filePath: join(root, source),
      output: { noBanner: true, exportReferencedTypes: false },
    })),
    { preferredConfigPath: join(root, 'tsconfig.json') },
  );
  const files = new Map<string, string>();
  const copyright = copyrightOf(project.licenceText);
  typed.forEach(({ source, about, outputs, declarations }, index) => {
    const types = showMemberDocs(texts[index] ?? '');
    for (const file of declarations) {
      const code = outputs.find((output) => output.file === file.replace('.d.ts', '.js'));
      // Types follow their code: where that is given out by a wrapper, they are, too.
      const text = code?.style === 'wrapper' ? `export * from './${neighbourOf(code)}';\n` : types;
      // The text of the licence is in the file of code that these are the types of.
      files.set(file, head({ file, about, source }, project, copyright) + text);
    }
  });
  return files;
}
