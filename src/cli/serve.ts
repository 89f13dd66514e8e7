import { parseArgs } from 'node:util';
import { startReplayServer } from '../replay/index.ts';
import { type PlayOptions, readPlayOptions } from '../replay/play/play-options.ts';
import { type Command, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { loadMatching } from './load-matching.ts';
import { explainPort, portOf } from './port.ts';
import { stopSignal } from './stop-signal.ts';

/** `local-llm-stream-agent serve`: a replay server, until Ctrl-C. */
export const serve: Command = {
  summary: 'answer any client from recorded exchanges',
  usage: `Usage: local-llm-stream-agent serve FOLDER [--port N] [--strict]
       [--ignore FIELD]... [--normalize FILE] [--speed N] [--rechunk HOW]
       [--first-delay MS] [--cut BYTES [--then HOW]]
       [--status N [--retry-after SECONDS] [--times N]]

Answers every request from the exchange that was recorded with it. A request that none
answers gets 404 with the nearest exchange, and then the exit status is 1. Its address,
opened in a browser, shows the exchanges.

  --port N               default 8089; 0 takes any free port, which is printed
  --strict               the exit status is 1 as well if an exchange was not asked for
  --ignore FIELD         a field of the request's body that is not compared: seed,
                         messages.*.content; may be given more than once
  --normalize FILE       a module whose normalize(request) takes out what differs each time

How they are played, all of them or, in a base URL, one:
  --speed N              1 as recorded, 2 twice as fast, ...; default: instant
  --rechunk HOW          where chunks end: frame, byte, or a number that seeds a generator
  --first-delay MS       silence before the response's head
  --cut BYTES            of the body; --then reset (default), close or hang
  --status N             answers 429, 503, ...; --times N: only the first N requests;
                         --retry-after SECONDS: what such an answer asks for

A base URL can choose one exchange, which then answers every request, and faults:
  http://127.0.0.1:8089/llama.cpp-2026/hello/v1
  http://127.0.0.1:8089/llama.cpp-2026/hello,speed=1,cut=658,then=hang/v1
  http://127.0.0.1:8089/llama.cpp-2026/hello,status=503,retryAfter=1,times=2/v1
  speed=N  rechunk=frame|byte|SEED  firstDelay=MS  cut=BYTES  then=reset|close|hang
  status=N  retryAfter=SECONDS  times=N
`,
  async run(args, { stdout, stderr }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        strict: { type: 'boolean' },
        ignore: { type: 'string', multiple: true },
        normalize: { type: 'string' },
        speed: { type: 'string' },
        rechunk: { type: 'string' },
        'first-delay': { type: 'string' },
        cut: { type: 'string' },
        then: { type: 'string' },
        status: { type: 'string' },
        'retry-after': { type: 'string' },
        times: { type: 'string' },
      },
    });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0) throw new UsageError('give one folder');
    const { port: givenPort = '8089', strict = false, ignore, normalize, ...playing } = values;
    const port = portOf(givenPort);
    const server = await startReplayServer(folder, {
      ...(await loadMatching(normalize)),
      ...(ignore && { ignore }),
      ...readFaults(playing),
      port,
      onRequest: ({ request, answer }) => stdout.write(`${request} <- ${answer}\n`),
    }).catch(explainPort(port));
    const answers = counted(server.exchanges.length, 'exchange');
    stdout.write(`${server.url}/v1 answers from ${answers}. `);
    stdout.write('Ctrl-C ends it.\n');
    await stopSignal();
    await server.close();
    const missed = server.misses.length;
    const unused = server.unused();
    if (unused.length > 0) {
      const list = unused.map((name) => `\n  ${name}`).join('');
      (strict ? stderr : stdout).write(
        `${counted(unused.length, 'exchange')} nobody asked for${list}\n`,
      );
    }
    if (missed > 0) stderr.write(`${counted(missed, 'request')} found no exchange\n`);
    return missed > 0 || (strict && unused.length > 0) ? 1 : 0;
  },
};

/**
 * Reads `--first-delay 500` as a base URL's `firstDelay=500`.
 * @throws {UsageError}
 */
function readFaults(given: Readonly<Record<string, string | undefined>>): PlayOptions {
  const named: Record<string, string> = {};
  for (const [name, text] of Object.entries(given)) {
    if (text === undefined) continue;
    named[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] = text;
  }
  try {
    return readPlayOptions(named);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const inOptions = error.message.replace(/^(\w+)/, (name) =>
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    throw new UsageError(`--${inOptions}`);
  }
}
