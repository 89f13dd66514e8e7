/** Part of `npm run fix`: writes the pages with one sentence a line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tools/project.ts';
import { writtenPages } from './pages.ts';
import { oneSentenceALine } from './sentences.ts';

for (const { file, text } of writtenPages) {
  const anew = oneSentenceALine(text);
  if (anew !== text) writeFileSync(join(root, file), anew);
}
