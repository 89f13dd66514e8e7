import { homedir } from 'node:os';
import { chat } from './chat.ts';
import { check } from './check.ts';
import type { Command, Terminal } from './command.ts';
import { doctor } from './doctor.ts';
import { expandHomeInArgs } from './home-folder.ts';
import { install } from './install.ts';
import { nearestWord } from './nearest-word.ts';
import { packageVersion } from './package-files.ts';
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

const overview = `local-llm: talk to a local model, record its streams, replay them

${Object.entries(commands)
  .map(([name, command]) => `  local-llm ${name.padEnd(9)}${command.summary}`)
  .join('\n')}

'local-llm help COMMAND' tells more. 'local-llm --version' tells the version.
`;

/**
 * The command line `local-llm`.
 * @param args - the words after the program's name
 * @returns the exit status: 0 well, 1 something went wrong, 2 the words cannot be understood
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  const [name, ...rest] = args;
  if (name === undefined) {
    stdout.write(overview);
    return 2;
  }
  if (name === '--version' || name === '-V' || name === 'version') {
    stdout.write(`local-llm ${packageVersion()}\n`);
    return 0;
  }
  const isHelp = ['help', '--help', '-h'].includes(name);
  const [about] = rest;
  if (isHelp && about === undefined) {
    stdout.write(overview);
    return 0;
  }
  const wanted = isHelp && about !== undefined ? about : name;
  const command = Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  if (command === undefined) {
    const meant = nearestWord(wanted, [...Object.keys(commands), 'help']);
    const question = meant === undefined ? '' : ` Did you mean '${meant}'?`;
    stderr.write(`There is no command '${wanted}'.${question} 'local-llm help' lists them.\n`);
    return 2;
  }
  if (isHelp || rest.includes('--help') || rest.includes('-h')) {
    stdout.write(command.usage);
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
        ? `local-llm ${name}: ${error.message}\n`
        : `local-llm ${name}: ${words} ('local-llm help ${name}' tells more)\n`,
    );
    return words === undefined ? 1 : 2;
  }
}
