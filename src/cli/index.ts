#!/usr/bin/env node
import { main, servers } from './main.ts';
import { createTerminal, endWithoutOutput } from './terminal.ts';

const args = process.argv.slice(2);
endWithoutOutput(process, servers.includes(args[0] ?? ''));
process.exitCode = await main(args, createTerminal(process));
