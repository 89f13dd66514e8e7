import { join } from 'node:path';
import { bundle, bundles } from '../bundle.ts';
import { root } from '../project.ts';

// `bundle.ts FILE …`: compiles these tests, with the mutants that the sources have by now. Each mutant starts many of them.

const files = process.argv.slice(2).map((file) => join(root, file));
await bundle(files, join(bundles, 'mutants'));
