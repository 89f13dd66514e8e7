import { homedir } from 'node:os';
import { chat } from './chat.ts';
import { check } from './check.ts';
import { type Command, PROGRAM, type Terminal } from './command.ts';
import { doctor } from './doctor.ts';
import { expandHomeInArgs } from './home-folder.ts';
import { install } from './install.ts';
import { nearestWord } from './nearest-word.ts';
import { asTypedHere, packageVersion } from './package-files.ts';
import { record } from './record.ts';
import { serve } from './serve.ts';
import { usageWords } from './usage-words.ts';

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

'${PROGRAM} help COMMAND' tells more, '--version' the version.
`;

/**
 * The command line `local-llm-stream-agent`.
 * @param args - the words after the program's name
 * @returns the exit status: 0 well, 1 something went wrong, 2 the words cannot be understood
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  const [name, ...rest] = args;
  if (name === undefined) {
    stdout.write(asTypedHere(overview));
    return 2;
  }
  if (name === '--version' || name === '-V' || name === 'version') {
    stdout.write(`${PROGRAM} ${packageVersion()}\n`);
    return 0;
  }
  const isHelp = ['help', '--help', '-h'].includes(name);
  const [about] = rest;
  if (isHelp && about === undefined) {
    stdout.write(asTypedHere(overview));
    return 0;
  }
  const wanted = isHelp && about !== undefined ? about : name;
  const command = Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  if (command === undefined) {
    const meant = nearestWord(wanted, [...Object.keys(commands), 'help']);
    const question = meant === undefined ? '' : ` Did you mean '${meant}'?`;
    const list = asTypedHere(`'${PROGRAM} help' lists them.`);
    stderr.write(`There is no command '${wanted}'.${question} ${list}\n`);
    return 2;
  }
  if (isHelp || rest.includes('--help') || rest.includes('-h')) {
    stdout.write(asTypedHere(command.usage));
    return 0;
  }
  try {
    // A question may begin with ~ and mean it.
    const words = command === chat ? rest : expandHomeInArgs(rest, homedir());
    return await command.run(words, terminal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const words = usageWords(error, command);
    stderr.write(
      words === undefined
        ? `${name}: ${error.message}\n`
        : `${name}: ${words} (${asTypedHere(`'${PROGRAM} help ${name}'`)} tells more)\n`,
    );
    return words === undefined ? 1 : 2;
  }
}
