import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_BASE_URL } from '../../../src/client/option-values.ts';
import { startReplayServer } from '../../../src/replay/index.ts';
import { root, run } from '../project.ts';
import { drawWindow } from './window.ts';

/** Where the tests of other clients have theirs: `npm run test:examples` installs it. */
const openai = join(root, 'test/compat/examples/node_modules/openai');

export const canDrawBrokenStream = (): boolean => existsSync(openai);

const QUESTION = "messages: [{ role: 'user', content: 'How do I add two numbers?' }]";

/** The same job with each client: print what comes, and the error if there is one. */
const programs: Readonly<Record<string, string>> = {
  'openai.mjs': `import OpenAI from 'openai';
const client = new OpenAI({ baseURL: process.argv[2], apiKey: '-' });
try {
  const stream = await client.chat.completions.create({ model: 'local', ${QUESTION}, stream: true });
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
} catch (error) {
  console.log(\`\\n\${error.message}\`);
  process.exitCode = 1;
}`,
  'streamChat.mjs': `import { streamChat } from 'local-llm-stream-agent';
try {
  const reply = streamChat({ ${QUESTION} }, { baseURL: process.argv[2] });
  for await (const text of reply) process.stdout.write(text);
} catch (error) {
  console.log(\`\\n\${error.kind}: \${error.message}\`);
  process.exitCode = 1;
}`,
};

/**
 * A recorded answer whose connection closes in an orderly way behind a whole frame, as a server's does that is shut down. Two programs
 * read it, each in a process of its own.
 * @param folder - an empty one, in which the programs run
 */
export async function drawBrokenStream(fixtures: string, folder: string): Promise<string> {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(openai, join(folder, 'node_modules/openai'), 'junction');
  symlinkSync(root, join(folder, 'node_modules/local-llm-stream-agent'), 'junction');
  const exchange = 'llama.cpp-2026/markdown-code';
  const body = readFileSync(join(fixtures, `${exchange}.sse`), 'utf8');
  const at = body.indexOf('\n\n', body.length * 0.32) + 2;
  const server = await startReplayServer(fixtures, { cut: { at, then: 'close' } });
  const lines: string[] = [];
  try {
    for (const [file, program] of Object.entries(programs)) {
      writeFileSync(join(folder, file), program);
      const address = `${server.url}/${exchange}/v1`;
      const { status, output } = await run(process.execPath, [join(folder, file), address], folder);
      const shown = output.trimEnd().replaceAll(address, DEFAULT_BASE_URL).split('\n');
      lines.push(`$ node ${file}`, ...shown, '$ echo $?', String(status), '');
    }
  } finally {
    await server.close();
  }
  return drawWindow('One broken stream, read by openai 7 and by streamChat', lines.slice(0, -1));
}
