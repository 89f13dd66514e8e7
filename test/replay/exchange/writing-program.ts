import { sha256 } from '../../../src/replay/exchange/folder.ts';
import { storeNew } from '../../../src/replay/exchange/store.ts';

// Writes one exchange after the other into the folder that is its argument, as fast as it can.

const [, , folder = ''] = process.argv;
for (let i = 0; ; i++) {
  const body = new TextEncoder().encode(`data: ${'x'.repeat(1 + ((i * 7919) % 200000))}\n\n`);
  const name = `hello-${i}`;
  storeNew({
    folder,
    name,
    body,
    head: {
      format: 1,
      provenance: { kind: 'recorded', server: 'a test' },
      request: { method: 'GET', path: '/', headers: {}, body: null },
      response: {
        status: 200,
        headers: {},
        body: `${name}.sse`,
        bytes: body.length,
        sha256: sha256(body),
      },
      end: 'complete',
      chunks: [[0, body.length]],
    },
  });
  if (i === 20) process.stdout.write('going');
}
