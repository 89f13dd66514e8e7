import { parseArgs } from 'node:util';
import { startReplayServer } from '../replay/server.ts';
import { type Command, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { portOf } from './port.ts';
import { stopSignal } from './stop-signal.ts';

/** `local-llm serve`: a replay server, until Ctrl-C. */
export const serve: Command = {
  summary: 'answer any client from recorded exchanges',
  usage: `Usage: local-llm serve FOLDER [--port N] [--speed N] [--ignore FIELD]...

Answers every request from the exchange that was recorded with it. A request that none
answers gets 404 with the nearest exchange, and then the exit status is 1.

  --port N        default 8089; 0 takes any free port, which is printed
  --speed N       1 as recorded, 2 twice as fast, ...; default: instant
  --ignore FIELD  a field of the request's body that is not compared: seed; may be given
                  more than once

A base URL can choose one exchange, which then answers every request, and faults:
  http://127.0.0.1:8089/llama.cpp-2026/hello/v1
  http://127.0.0.1:8089/llama.cpp-2026/hello,speed=1,cut=658,then=hang/v1
  speed=N  firstDelay=MS  rechunk=frame|byte|SEED  cut=BYTES  then=reset|close|hang
`,
  async run(args, { stdout, stderr }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        speed: { type: 'string' },
        ignore: { type: 'string', multiple: true },
      },
    });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0) throw new UsageError('give one folder');
    const speed =
      values.speed === undefined || values.speed === 'instant' ? 'instant' : Number(values.speed);
    if (speed !== 'instant' && !(speed > 0)) {
      throw new UsageError(`--speed ${values.speed}: give 'instant' or a number above 0`);
    }
    const server = await startReplayServer(folder, {
      port: portOf(values.port ?? '8089'),
      speed,
      ignore: values.ignore,
      onRequest: ({ request, answer }) => stdout.write(`${request} <- ${answer}\n`),
    });
    const answers = counted(server.exchanges.length, 'exchange');
    stdout.write(`${server.url}/v1 answers from ${answers}. `);
    stdout.write('Ctrl-C ends it.\n');
    await stopSignal();
    await server.close();
    const missed = server.misses.length;
    if (missed > 0) stderr.write(`${counted(missed, 'request')} found no exchange\n`);
    return missed > 0 ? 1 : 0;
  },
};
