import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type RecordingProxyOptions, startRecordingProxy } from '../replay/index.ts';
import { readAddress } from './address.ts';
import { type Command, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { loadMatching } from './load-matching.ts';
import { explainPort, portOf } from './port.ts';
import { stopSignal } from './stop-signal.ts';

/** `local-llm-stream-agent record`: a recording proxy, until Ctrl-C. */
export const record: Command = {
  summary: 'record the streams between a client and a server',
  usage: `Usage: local-llm-stream-agent record --upstream URL --to FOLDER [--name NAME]
       [--server TEXT] [--port N] [--mode add|new] [--ignore FIELD]...
       [--normalize FILE]

Passes everything on between your client and the server, and stores every exchange: the
bytes, where the chunks ended, when they came, how the stream ended. No key is stored.

  --upstream URL    the server: http://127.0.0.1:1234
  --to FOLDER       where the exchanges go: fixtures/lmstudio
  --name NAME       what the exchange is called; the second one is NAME-2
  --server TEXT     which server this is: "LM Studio 0.4.24"
  --port N          default 8090; 0 takes any free port, which is printed
  --mode MODE       add (default): everything is recorded, nothing replaced
                    new: what the folder holds is replayed, what is missing is recorded
  --ignore FIELD    with --mode new: a field of the request's body that is not compared:
                    seed, messages.*.content; may be given more than once
  --normalize FILE  with --mode new: a module whose normalize(request) takes out what
                    differs each time
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
        mode: { type: 'string' },
        ignore: { type: 'string', multiple: true },
        normalize: { type: 'string' },
      },
    });
    const { upstream, to: folder, name, server, ignore } = values;
    if (upstream === undefined) throw new UsageError('--upstream is missing');
    if (folder === undefined) throw new UsageError('--to is missing');
    checkUpstream(upstream);
    const mode = readMode(values.mode);
    if (mode !== 'new' && (ignore ?? values.normalize) !== undefined) {
      throw new UsageError('--ignore and --normalize need --mode new');
    }
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === false) {
      throw new UsageError(`--to must be a folder, and ${folder} is a file`);
    }
    const port = portOf(values.port ?? '8090');
    const stored: string[] = [];
    const leftOut: string[] = [];
    const replayed: string[] = [];
    const proxy = await startRecordingProxy({
      ...(await loadMatching(values.normalize)),
      ...(ignore && { ignore }),
      upstream,
      folder,
      name,
      server,
      mode,
      port,
      onReplay(request, exchange) {
        replayed.push(exchange);
        stdout.write(`replayed   ${request}: ${exchange}\n`);
      },
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
    }).catch(explainPort(port));
    stdout.write(`Point a client at ${proxy.url}/v1 instead of ${proxy.upstream}/v1. `);
    stdout.write('Ctrl-C ends the recording.\n');
    await stopSignal();
    await proxy.close();
    stdout.write(`\n${counted(stored.length, 'exchange')} in ${folder}${listed(stored)}\n`);
    if (replayed.length > 0) stdout.write(`${replayed.length} replayed\n`);
    if (leftOut.length > 0) stdout.write(`${leftOut.length} left out${listed(leftOut)}\n`);
    return 0;
  },
};

const listed = (items: readonly string[]) => items.map((it) => `\n  ${it}`).join('');

/** @throws {UsageError} */
function checkUpstream(upstream: string): void {
  const { origin, pathname } = readAddress(upstream, '--upstream', 'http://127.0.0.1:1234');
  const call = /\/(chat\/completions|completions|responses|messages|embeddings|models)\/?$/;
  if (!call.test(pathname)) return;
  const base = pathname.replace(call, '').replace(/\/(v1)?$/, '');
  throw new UsageError(`--upstream is the server, not one of its calls: ${origin}${base}`);
}

/** @throws {UsageError} */
function readMode(text = 'add'): RecordingProxyOptions['mode'] {
  if (text === 'add' || text === 'new') return text;
  throw new UsageError(`--mode ${text}: give add or new`);
}
