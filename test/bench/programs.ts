import { readFileSync } from 'node:fs';

/** The programs, by the names of their files, and the package that each one is built on. */
export const programs: Record<string, { title: string; package?: string }> = {
  raw: { title: 'raw loop' },
  ours: { title: 'streamChat' },
  parser: { title: 'raw loop on eventsource-parser', package: 'eventsource-parser' },
  'eventsource-client': { title: 'eventsource-client', package: 'eventsource-client' },
  xsai: { title: 'xsai', package: '@xsai/stream-text' },
  'hugging-face': { title: 'Hugging Face', package: '@huggingface/inference' },
  'openai-7': { title: 'openai 7', package: 'openai' },
  'openai-4': { title: 'openai 4', package: 'openai-4' },
  'ai-sdk': { title: 'AI SDK', package: 'ai' },
};

/** The version of an installed package. */
export function versionOf(name: string): string {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
