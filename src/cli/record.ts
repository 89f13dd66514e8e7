import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startRecordingProxy } from '../replay/proxy.ts';
import { readAddress } from './address.ts';
import { type Command, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { portOf } from './port.ts';
import { stopSignal } from './stop-signal.ts';

/** `local-llm record`: a recording proxy, until Ctrl-C. */
export const record: Command = {
  summary: 'record the streams between a client and a server',
  usage: `Usage: local-llm record --upstream URL --to FOLDER [--name NAME] [--server TEXT] [--port N]

Passes everything on between your client and the server, and stores every exchange: the
bytes, where the chunks ended, when they came, how the stream ended. No key is stored.

  --upstream URL   the server: http://127.0.0.1:1234
  --to FOLDER      where the exchanges go: fixtures/lmstudio
  --name NAME      what the exchange is called; the second one is NAME-2
  --server TEXT    which server this is: "LM Studio 0.4.24"
  --port N         default 8090; 0 takes any free port, which is printed
`,
  async run(args, { stdout }) {
    const { values } = parseArgs({
      args,
      options: {
        upstream: { type: 'string' },
        to: { type: 'string' },
        name: { type: 'string' },
        server: { type: 'string' },
        port: { type: 'string' },
      },
    });
    const { upstream, to: folder, name, server } = values;
    if (upstream === undefined) throw new UsageError('--upstream is missing');
    if (folder === undefined) throw new UsageError('--to is missing');
    const { origin, pathname } = readAddress(upstream, '--upstream', 'http://127.0.0.1:1234');
    if (/\/chat\/|\/models/.test(pathname)) {
      throw new UsageError(`--upstream is the server, not one of its calls: ${origin}`);
    }
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === false) {
      throw new UsageError(`--to must be a folder, and ${folder} is a file`);
    }
    const stored: string[] = [];
    const leftOut: string[] = [];
    const proxy = await startRecordingProxy({
      upstream,
      folder,
      name,
      server,
      port: portOf(values.port ?? '8090'),
      onOutcome(request, outcome) {
        if (outcome.stored === undefined) {
          leftOut.push(`${request}: ${outcome.reason}`);
          stdout.write(`left out   ${leftOut.at(-1)}\n`);
          return;
        }
        const { response, end, chunks = [] } = outcome.head;
        stored.push(outcome.stored);
        stdout.write(`recorded   ${request}: ${outcome.stored}, status ${response.status}, `);
        stdout.write(`${response.bytes} bytes in ${counted(chunks.length, 'chunk')}, ${end}\n`);
      },
    });
    stdout.write(`Point a client at ${proxy.url}/v1 instead of ${origin}/v1. `);
    stdout.write('Ctrl-C ends the recording.\n');
    await stopSignal();
    await proxy.close();
    stdout.write(
      `\n${counted(stored.length, 'exchange')} in ${folder}${stored.map((it) => `\n  ${it}`).join('')}\n`,
    );
    if (leftOut.length > 0) {
      stdout.write(`${leftOut.length} left out${leftOut.map((it) => `\n  ${it}`).join('')}\n`);
    }
    return 0;
  },
};
