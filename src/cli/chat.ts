import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { DEFAULT_BASE_URL } from '../defaults.ts';
import { readAddress } from './address.ts';
import { createSession, type Session } from './chat-session.ts';
import { type Command, type Terminal, UsageError } from './command.ts';
import { playDemo } from './demo.ts';
import { doctorWords } from './doctor-words.ts';
import { nearestWord } from './nearest-word.ts';
import { createQuestionReader } from './question-reader.ts';

/** `local-llm chat`, which is also `npm start`. */
export const chat: Command = createChat();

/**
 * @param defaultBaseURL - where a server is looked for when no `--base-url` is given
 */
export function createChat(defaultBaseURL: string = DEFAULT_BASE_URL): Command {
  return {
    summary: 'talk to a local model',
    usage: `Usage: local-llm chat ["QUESTION"] [--base-url URL] [--model NAME] [--system TEXT]
       local-llm chat --demo

With a question, one answer; without, a chat of several turns (/help tells what can be
typed there). Without a terminal the question is read from stdin. The answer alone goes
to stdout, without control characters. Ctrl-C stops the answer, a second one leaves.

  --base-url URL  default ${DEFAULT_BASE_URL}
  --model NAME    default: the one that the server has loaded
  --system TEXT   a system message
  --demo          plays a recorded answer; at a terminal also where no server is found
  LOCAL_LLM_API_KEY in the environment is sent as the key.
`,
    async run(args, terminal) {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: {
          'base-url': { type: 'string' },
          model: { type: 'string' },
          system: { type: 'string' },
          demo: { type: 'boolean', default: false },
        },
      });
      if (positionals.length > 1) {
        throw new UsageError('put the question in quotes: it came as several words');
      }
      const [question] = positionals;
      if (values.demo) {
        if (question !== undefined) throw new UsageError('--demo takes no question');
        return demonstrate(terminal);
      }
      const { model, system, 'base-url': baseURL } = values;
      if (baseURL !== undefined) readAddress(baseURL);
      const session = createSession(terminal, {
        baseURL: baseURL ?? defaultBaseURL,
        model,
        system,
      });
      const isAtTerminal = Boolean(terminal.stdin.isTTY) && terminal.stdout.isTTY;
      if ((await session.find()) === 'refused') {
        if (!isAtTerminal || baseURL !== undefined) {
          session.tellRefusal();
          return 1;
        }
        terminal.stderr.write(
          `No server answers at ${defaultBaseURL}, so this is a demonstration:\n` +
            'an answer that llama.cpp gave to another question, played in 10 seconds.\n' +
            "Start LM Studio's server (`lms server start`), or give --base-url URL.\n\n",
        );
        return demonstrate(terminal);
      }
      return question === undefined && isAtTerminal
        ? converse(session, terminal)
        : answerOnce(session, question, terminal);
    },
  };
}

async function demonstrate(terminal: Terminal): Promise<number> {
  const stop = new AbortController();
  return interruptible(
    () => {
      const isFirst = !stop.signal.aborted;
      stop.abort();
      return isFirst;
    },
    async () => {
      await playDemo(terminal, stop.signal);
      return 0;
    },
  );
}

async function answerOnce(
  session: Session,
  given: string | undefined,
  { stdin, stderr }: Terminal,
): Promise<number> {
  return interruptible(session.stop, async () => {
    if (given === undefined && stdin.isTTY) {
      stderr.write('Type the question; Ctrl-D on a line of its own ends it.\n');
    }
    const question = (given ?? (await text(stdin))).trim();
    if (question === '')
      throw new UsageError('there is no question, neither in quotes nor on stdin');
    return (await session.ask(question)) ? 0 : 1;
  });
}

/** Does something that Ctrl-C stops, if there is something to stop, and else ends. */
async function interruptible<T>(stop: () => boolean, action: () => Promise<T>): Promise<T> {
  const onInterrupt = () => stop() || process.exit(130);
  process.on('SIGINT', onInterrupt);
  try {
    return await action();
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

async function converse(session: Session, terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  stderr.write('Ctrl-C stops an answer; Ctrl-C or Ctrl-D without one leaves. /help tells more.\n');
  const reader = createQuestionReader(terminal, session.stop);
  try {
    for (;;) {
      const question = await reader.next();
      if (question === undefined) break;
      const words = slashCommand(question, session);
      if (words === undefined) await session.ask(question);
      else stderr.write(words);
    }
  } finally {
    reader.close();
  }
  stdout.write('\n');
  return 0;
}

const SLASH_COMMANDS = ['/help', '/reset', '/model'];

const HELP = `/reset       forgets what was said so far
/model       lists the models; /model NAME asks that one from now on
/help        this list
Several lines that are pasted are one question. What you type during an answer is asked after it.
`;

/** What to say where the line is meant for this program; `undefined` where it is a question. */
function slashCommand(line: string, session: Session): string | undefined {
  const [, command = '', rest = ''] = /^(\/[a-z]+)(?:[ \t]+(\S+))?$/.exec(line) ?? [];
  switch (command) {
    case '':
      return undefined;
    case '/help':
      return HELP;
    case '/reset':
      session.reset();
      return 'What was said so far is forgotten.\n';
    case '/model': {
      if (rest !== '') {
        session.useModel(rest);
        return '';
      }
      const lines = session.models().map((model) => `  ${doctorWords.en.describe(model)}\n`);
      return lines.length > 0 ? lines.join('') : 'The server has not told which models it has.\n';
    }
    default: {
      const meant = nearestWord(command, SLASH_COMMANDS);
      return `There is no ${command}.${meant === undefined ? '' : ` Did you mean ${meant}?`} /help tells what there is.\n`;
    }
  }
}
