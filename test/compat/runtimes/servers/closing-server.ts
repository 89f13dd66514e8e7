/**
 * `node --import tsx test/compat/runtimes/servers/closing-server.ts [REQUESTS]`: a server that closes the connection 1 ms after each stream, though
 * its head promises to keep it, as llama.cpp v0.5.0 does; asked 5,000 times by each Node over each transport, 1 to 12
 * requests side by side. Prints how many failed; exits with 1 if any did.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { startHttpServer } from '../../../tools/http-server.ts';

const here = dirname(fileURLToPath(import.meta.url));
const requests = Number(process.argv[2] ?? 5000);
const answer = ['Hello', '!'].map((content) => chunk({ delta: { content }, finish_reason: null }));
const last = `${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`;

function chunk(choice: object): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`;
}

const server = await startHttpServer((request, response) => {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    connection: 'keep-alive',
    'keep-alive': 'timeout=5, max=100',
  });
  for (const piece of answer) response.write(piece);
  response.end(last, () => setTimeout(() => request.socket.destroy(), 1));
});
const baseURL = `${server.origin}/v1`;

const dist = (file: string) => pathToFileURL(join(here, '../../../../dist', file)).href;
const program = (transport: string) => `
import { streamChat } from ${JSON.stringify(dist('index.js'))};
import { nodeFetch } from ${JSON.stringify(dist('node.js'))};
const options = { baseURL: '${baseURL}', fetch: ${transport} };
const ask = () => streamChat({ messages: [{ role: 'user', content: 'Hi' }] }, options).result;
const failures = [];
let asked = 0;
for (let width = 1; asked < ${requests}; width = (width % 12) + 1) {
  const batch = Array.from({ length: Math.min(width, ${requests} - asked) }, ask);
  asked += batch.length;
  for (const { reason, value } of await Promise.allSettled(batch)) {
    if (value?.text !== 'Hello!') failures.push(String(reason ?? value.text));
  }
}
console.log(JSON.stringify({ asked, failed: failures.length, first: failures[0] }));
`;

for (const name of ['node18', 'node20', 'node22', 'node24', 'node26']) {
  const node = join(here, '../node_modules', name, 'bin/node');
  if (!existsSync(node)) {
    console.log(`${name}: not installed`);
    continue;
  }
  for (const transport of ['fetch', 'nodeFetch']) {
    const before = server.connections();
    const args = ['--input-type=module', '--eval', program(transport)];
    const { stdout } = await promisify(execFile)(node, args);
    const { asked, failed, first = '' } = JSON.parse(stdout);
    const line = `${asked} asked, ${failed} failed, ${server.connections() - before} connections ${first}`;
    console.log(`${name} ${transport}: ${line.trim()}`);
    if (failed > 0) process.exitCode = 1;
  }
}
await server.close();
