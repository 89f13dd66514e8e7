import { readFileSync } from 'node:fs';
import stripTypes from 'ts-blank-space';

// The build runs this module, as every `*.text.ts`, and puts what it exports in its place.

const readText = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');

/** What `page-script.ts` is to a browser. */
const script = stripTypes(readText('page-script.ts'));

/** `page.html`, with its script in it. */
export const pageHTML = readText('page.html').replace(
  /<script type="module" src="[^"]*">/,
  () => `<script type="module">\n${script}`,
);
