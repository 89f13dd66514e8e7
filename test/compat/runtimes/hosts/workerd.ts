/** Runs one laid-out program in workerd and prints its outcomes: `node workerd.ts FOLDER PROGRAM`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

const [, , folder = '', program = ''] = process.argv;
const others = readdirSync(folder).filter((file) => file !== program);
const miniflare = new Miniflare({
  // The first one is the worker.
  modules: [program, ...others].map((path) => ({
    type: 'ESModule',
    path,
    contents: readFileSync(join(folder, path), 'utf8'),
  })),
  compatibilityDate: '2026-01-01',
});
try {
  const response = await miniflare.dispatchFetch('http://localhost/');
  console.log(await response.text());
} finally {
  await miniflare.dispose();
}
