import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { shownURL } from '../../advice/index.ts';
import { DEFAULT_BASE_URL } from '../../client/option-values.ts';
import { type Command, readAddress, UsageError } from '../args.ts';
import { asTypedHere, PROGRAM } from '../package-files.ts';
import { doctorWords } from '../setup/doctor-words.ts';
import { INTERRUPTED, type Terminal } from '../terminal.ts';
import { type QuestionEnd, Session } from './chat-session.ts';
import { playDemo } from './demo.ts';
import { QuestionReader } from './question-reader.ts';

/*
 * `local-llm-stream-agent chat`: one question, or a conversation.
 *
 *   chat.ts             the options, and which of three it will be: one answer, a conversation, a recorded answer
 *   chat-session.ts     finds the server, keeps the messages, asks
 *   question-reader.ts  reads questions at a terminal, those that are typed during an answer, too
 *   show-answer.ts      the answer to stdout; reasoning, figures and how it ended to stderr
 *   demo.ts             plays the recorded answer
 */

/** `local-llm-stream-agent chat`; `npm start` is `chat --or-demo`. */
export const chat: Command = createChat();

/**
 * @param defaultBaseURL - where a server is looked for when no `--base-url` is given
 */
export function createChat(defaultBaseURL: string = DEFAULT_BASE_URL): Command {
  return {
    summary: 'talk to a local model',
    usage: `Usage: ${PROGRAM} chat ["QUESTION"] [--base-url URL]
       [--model NAME] [--system TEXT] [--or-demo]
       ${PROGRAM} chat --demo

With a question, one answer; without, a chat of several turns (/help there lists the
commands). Without a terminal the question is read from stdin. Only the answer goes to
stdout, without control characters. Ctrl-C stops the answer; the exit status is then
${INTERRUPTED}, and 1 if the model ended without an answer.

  --base-url URL  default ${DEFAULT_BASE_URL}
  --model NAME    default: the one that the server has loaded
  --system TEXT   a system message
  --demo          plays a recorded answer; no server is needed
  --or-demo       plays it if no server runs at the default address, or if stdin holds
                  no question; at a terminal the former happens without this option, too
  The API token in LOCAL_LLM_API_KEY (environment) is sent to the server.
`,
    async run(args, terminal) {
      const { question, baseURL, isDemo, orDemo, model, system } = readChatArgs(args);
      if (isDemo) return demonstrate('This is', '', terminal);
      const url = baseURL ?? defaultBaseURL;
      const address = shownURL(readAddress(url));
      const session = new Session(terminal, { baseURL: url, model, system });
      const isAtTerminal = Boolean(terminal.stdin.isTTY) && terminal.stdout.isTTY;
      const playsDemo = isAtTerminal || orDemo;
      if ((await session.find()) === 'unreachable') {
        if (baseURL === undefined && playsDemo) {
          const other = asTypedHere(`${PROGRAM} chat --base-url URL`);
          return demonstrate(
            `No server answers at ${address}, so this is`,
            `To chat, start LM Studio's server (\`lms server start\`), or name another one:\n  ${other}\n`,
            terminal,
          );
        }
        session.explainRefusal();
        if (baseURL === undefined) {
          const command = asTypedHere(`${PROGRAM} chat --demo`);
          terminal.stderr.write(`'${command}' plays a recorded answer, without a server.\n`);
        }
        return 1;
      }
      if (question === undefined && isAtTerminal) return converse(session, terminal);
      const asked = question ?? (await readQuestion(terminal, orDemo));
      if (asked !== '') return answerOnce(session, asked);
      if (!orDemo) throw new UsageError('there is no question, neither in quotes nor on stdin');
      return demonstrate(
        'There is no question on stdin, so this is',
        `To ask one: ${asTypedHere(`${PROGRAM} chat "Say hello."${baseURL ? ` --base-url ${address}` : ''}`)}\n`,
        terminal,
      );
    },
  };
}

/** Reads the words of the command line. */
function readChatArgs(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'base-url': { type: 'string' },
      model: { type: 'string' },
      system: { type: 'string' },
      demo: { type: 'boolean', default: false },
      'or-demo': { type: 'boolean', default: false },
    },
  });
  if (positionals.length > 1) {
    throw new UsageError('put the question in quotes: it came as several words');
  }
  const [question] = positionals;
  if (values.demo && question !== undefined) throw new UsageError('--demo takes no question');
  const { model, system } = values;
  return {
    question,
    model,
    system,
    baseURL: values['base-url'],
    isDemo: values.demo,
    orDemo: values['or-demo'],
  };
}

/**
 * Plays the recorded answer, and says so before and after it.
 * @param reason - the beginning of what is said before it: why no model answers
 * @param advice - a line on how to ask a model, or nothing
 */
async function demonstrate(reason: string, advice: string, terminal: Terminal): Promise<number> {
  terminal.stderr.write(
    `${reason} a demonstration:\nan answer that ik_llama.cpp gave to another question, played in 10 seconds.\n${advice}\n`,
  );
  const stop = new AbortController();
  const onInterrupt = () => {
    const isFirst = !stop.signal.aborted;
    stop.abort();
    return isFirst;
  };
  await interruptible(onInterrupt, () => playDemo(terminal, stop.signal));
  terminal.stderr.write('\nThat was a recording.\n');
  return 0;
}

/**
 * Reads the question from stdin, without the blanks around it; empty if there is none.
 * @param isNoticed - says that it is waited for, even if nobody types it
 */
async function readQuestion({ stdin, stderr }: Terminal, isNoticed: boolean): Promise<string> {
  if (stdin.isTTY) stderr.write('Type the question; Ctrl-D on a line of its own ends it.\n');
  else if (isNoticed) stderr.write('Reading the question from stdin ...\n');
  return (await text(stdin)).trim();
}

const STATUS: Readonly<Record<QuestionEnd, number>> = {
  answered: 0,
  failed: 1,
  stopped: INTERRUPTED,
};

async function answerOnce(session: Session, question: string): Promise<number> {
  const stop = () => session.stop();
  return STATUS[await interruptible(stop, () => session.ask(question))];
}

/** Does something that Ctrl-C stops, if there is something to stop, and else ends. */
async function interruptible<T>(stop: () => boolean, action: () => Promise<T>): Promise<T> {
  const onInterrupt = () => stop() || process.exit(INTERRUPTED);
  process.on('SIGINT', onInterrupt);
  try {
    return await action();
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

async function converse(session: Session, terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  stderr.write('Ctrl-C stops an answer. Press it again, or Ctrl-D, to quit. /help for more.\n');
  const reader = new QuestionReader(terminal, () => session.stop());
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

const HELP = `/reset       clears the conversation
/model       lists the models; /model NAME asks that one from now on
/help        this list
Several lines pasted at once are one question. What you type during an answer is asked after it.
`;

/** Does what a line asks of this program, and returns what to say; `undefined` if the line is a question. */
function slashCommand(line: string, session: Session): string | undefined {
  const [, command = '', rest = ''] = /^(\/[a-z]+)(?:[ \t]+(\S+))?$/.exec(line) ?? [];
  switch (command) {
    case '':
      return undefined;
    case '/help':
      return HELP;
    case '/reset':
      session.reset();
      return 'Conversation cleared.\n';
    case '/model': {
      if (rest !== '') {
        session.useModel(rest);
        return '';
      }
      const lines = session.models.map((model) => `  ${doctorWords.en.describe(model)}\n`);
      return lines.length > 0 ? lines.join('') : 'The server did not list its models.\n';
    }
    default:
      return `There is no ${command}. /help lists the commands.\n`;
  }
}
