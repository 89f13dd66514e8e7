#!/usr/bin/env node
import { chat } from './chat.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { doctor } from './doctor.ts';
import { install } from './install.ts';
import { record } from './record.ts';
import { serve } from './serve.ts';

const commands: Record<string, Command> = { chat, serve, record, check, install, doctor };

const overview = `local-llm: talk to a local model, record its streams, replay them

${Object.entries(commands)
  .map(([name, command]) => `  local-llm ${name.padEnd(9)}${command.summary}`)
  .join('\n')}

'local-llm COMMAND --help' tells more.
`;

async function main([name, ...args]: string[]): Promise<number> {
  const { stdin, stdout, stderr, env } = process;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    stdout.write(overview);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    stderr.write(`local-llm: there is no command '${name}'\n\n${overview}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    stdout.write(command.usage);
    return 0;
  }
  try {
    return await command.run(args, { stdin, stdout, stderr, env });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    stderr.write(`local-llm ${name}: ${error.message}\n`);
    const code = 'code' in error ? String(error.code) : '';
    if (error.name !== 'UsageError' && !code.startsWith('ERR_PARSE_ARGS')) return 1;
    stderr.write(`\n${command.usage}`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
