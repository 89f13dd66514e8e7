/** `npm run api`, after the build: writes the page of the API. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiPage, declaredIn } from './api-page.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
writeFileSync(join(root, 'src/API.md'), apiPage(declaredIn(join(root, 'dist'))));
