import { parseArgs } from 'node:util';
import { checkFolder } from './check-folder.ts';
import { type Command, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { showExchange } from './show-exchange.ts';

/** `local-llm-stream-agent check`: are the fixtures whole, and what is in them? */
export const check: Command = {
  summary: 'verify recorded exchanges, and show what is in them',
  usage: `Usage: local-llm-stream-agent check FOLDER [-v] [--raw]

Verifies the format, the hashes and sums, the line ends, and that no key is in them.
The exit status is 1 if something is wrong.

  -v, --verbose  prints every exchange, a frame a line: when it came, its bytes, and the
                 text, reasoning or tool call that it brings
  --raw          prints the frames themselves; | is the end of a chunk, {1|3} one inside
                 a character of 1 + 3 bytes
`,
  async run(args, { stdout, stderr }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        verbose: { type: 'boolean', short: 'v' },
        raw: { type: 'boolean' },
      },
    });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0) throw new UsageError('give one folder');
    const { verbose = false, raw = false } = values;
    const { exchanges, problems } = await checkFolder(folder);
    for (const exchange of verbose || raw ? exchanges : []) {
      for await (const line of showExchange(exchange, raw ? 'raw' : 'text')) {
        stdout.write(`${line}\n`);
      }
      stdout.write('\n');
    }
    for (const problem of problems) stderr.write(`${problem}\n`);
    const recorded = exchanges.filter(({ provenance }) => provenance.kind === 'recorded').length;
    const modelled = exchanges.length - recorded;
    stdout.write(
      `${counted(exchanges.length, 'exchange')}: ${recorded} recorded, ${modelled} modelled. `,
    );
    stdout.write(
      `${problems.length === 0 ? 'No problems' : counted(problems.length, 'problem')}.\n`,
    );
    return problems.length === 0 ? 0 : 1;
  },
};
