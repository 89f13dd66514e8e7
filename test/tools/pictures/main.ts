/** `npm run pictures`: draws the pictures of the READMEs from the tables, and from a run of the command line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawCost } from '../../bench/picture.ts';
import { drawGroups, drawRight } from '../../conformance/sheet/page/pictures.ts';
import { canDrawBrokenStream, drawBrokenStream } from './broken-stream.ts';
import { drawReplay } from './replay.ts';
import { drawTerminal } from './terminal.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const sheet = read('test/conformance/sheet/SHEET.md');

const pictures: Record<string, string> = {
  'test/conformance/sheet/right.svg': drawRight(sheet),
  'test/conformance/sheet/groups.svg': drawGroups(sheet),
  'test/bench/cost.svg': drawCost(read('test/bench/BENCH.md')),
  'src/replay/replay.svg': drawReplay(),
  'src/cli/terminal.svg': await drawTerminal(join(root, 'fixtures')),
};
if (canDrawBrokenStream()) {
  const folder = mkdtempSync(join(tmpdir(), 'picture-'));
  pictures['src/client/broken-stream.svg'] = await drawBrokenStream(join(root, 'fixtures'), folder);
  rmSync(folder, { recursive: true, force: true });
} else {
  console.log('src/client/broken-stream.svg needs openai: npm run test:examples installs it');
}
for (const [file, text] of Object.entries(pictures)) {
  writeFileSync(join(root, file), text);
  console.log(`${file.padEnd(36)}${Buffer.byteLength(text)} bytes`);
}
