/*
 * The command line.
 *
 *   in: the words behind the program's name, and a terminal
 *   args.ts           reads words: URLs, ports, languages, paths
 *   package-files.ts  finds this package's files, and writes its commands as they work here
 *   terminal.ts       what may be written, and how a command ends
 *   failure.ts        explains an error, from the table in src/advice
 *   chat/  fixtures/ (record, serve, check)  setup/ (install, doctor)
 *   out: text on stdout and stderr, and an exit status
 *
 * `install` and `doctor`, which students run, speak English or Chinese, as `--lang` or the system says. Everything else is English, and
 * so is what is wrong with the words of a command.
 */
import { homedir } from 'node:os';
import { type Command, expandHome, UsageError } from './args.ts';
import { chat } from './chat/chat.ts';
import { check } from './fixtures/check.ts';
import { record } from './fixtures/record.ts';
import { serve } from './fixtures/serve.ts';
import { asTypedHere, PROGRAM, packageVersion } from './package-files.ts';
import { doctor } from './setup/doctor.ts';
import { install } from './setup/install.ts';
import type { Terminal } from './terminal.ts';

export const commands: Readonly<Record<string, Command>> = {
  chat,
  serve,
  record,
  check,
  install,
  doctor,
};

/** These work for others while nobody reads what they print. */
export const servers: readonly string[] = ['serve', 'record'];

const overview = `Usage: ${PROGRAM} COMMAND [OPTIONS]

${Object.entries(commands)
  .map(([name, command]) => `  ${name.padEnd(9)}${command.summary}`)
  .join('\n')}

'${PROGRAM} help COMMAND' describes a command, '--version' prints the version.
`;

/**
 * The command line `local-llm-stream-agent`.
 * @param args - the words after the program's name
 * @returns the exit status: 0 well, 1 something went wrong, 2 the words cannot be understood
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  const [name, ...rest] = args;
  const isHelp = ['help', '--help', '-h'].includes(name ?? '');
  const [about] = rest;
  if (name === undefined || (isHelp && about === undefined)) {
    stdout.write(asTypedHere(overview));
    return isHelp ? 0 : 2;
  }
  if (['--version', '-V', 'version'].includes(name)) {
    stdout.write(`${PROGRAM} ${packageVersion()}\n`);
    return 0;
  }
  const wanted = isHelp && about !== undefined ? about : name;
  const command = Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  if (command === undefined) {
    const names = Object.keys(commands).join(', ');
    const help = asTypedHere(`'${PROGRAM} help'`);
    stderr.write(`There is no command '${wanted}'. There are: ${names} (see ${help})\n`);
    return 2;
  }
  if (isHelp || rest.includes('--help') || rest.includes('-h')) {
    stdout.write(asTypedHere(command.usage));
    return 0;
  }
  try {
    // A question may begin with ~ and mean it.
    const words = command === chat ? rest : rest.map((word) => expandHome(word, homedir()));
    return await command.run(words, terminal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = 'code' in error ? String(error.code) : '';
    const isAboutWords = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS');
    const more = isAboutWords ? ` (see ${asTypedHere(`'${PROGRAM} help ${name}'`)})` : '';
    stderr.write(`${name}: ${error.message}${more}\n`);
    return isAboutWords ? 2 : 1;
  }
}
