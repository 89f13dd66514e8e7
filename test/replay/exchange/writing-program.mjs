// Records one exchange after the other into the folder that is its argument, as fast as it can.

import { recordFetch } from '../../../dist/replay.js';

const [, , folder] = process.argv;
const server = async (url) => {
  const size = 1 + ((Number(new URL(url).pathname.slice(1)) * 7919) % 200_000);
  return new Response(`data: ${'x'.repeat(size)}\n\n`);
};
const record = recordFetch(server, folder, { mode: 'new' });
for (let i = 0; ; i++) {
  await (await record(`http://127.0.0.1/${i}`)).text();
  if (i === 20) process.stdout.write('going');
}
