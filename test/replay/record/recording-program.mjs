import { recordFetch } from '../../../dist/replay.js';

// A process that records, as one of a test runner's is: `{ url, folder, options, contents, exit }` is its argument.
// It says 'recorded NAME' or 'failed WHY' for each content that it asked for.

const ask = (content) => ({
  method: 'POST',
  body: JSON.stringify({ messages: [{ role: 'user', content }] }),
});

const { url, folder, options, recorders, contents, exit } = JSON.parse(process.argv[2]);
const fetches = Array.from({ length: recorders }, () => recordFetch(fetch, folder, options));

/** Reads up to `[DONE]` and leaves, as many clients do. */
async function readToDone(response) {
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = '';
  while (!text.includes('[DONE]')) {
    const read = await reader.read();
    if (read.done) break;
    text += decoder.decode(read.value, { stream: true });
  }
  // Many a client does not wait for this, and the process ends meanwhile.
  if (!exit) await reader.cancel();
  return text;
}

await Promise.all(
  contents.map(async (content, index) => {
    const record = fetches[index % fetches.length];
    try {
      const text = await readToDone(await record(url, ask(content)));
      if (!text.includes(`"${content}"`)) throw new Error(`another answer: ${text}`);
    } catch (error) {
      process.stdout.write(`failed ${error}\n`);
    }
  }),
);
if (exit) process.exit(0);
for (const record of fetches) {
  for (const outcome of await record.settled()) {
    process.stdout.write(
      outcome.stored === undefined ? `failed ${outcome.reason}\n` : `recorded ${outcome.stored}\n`,
    );
  }
}
