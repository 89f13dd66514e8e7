import { parseArgs } from 'node:util';
import { shownURL } from '../../advice/index.ts';
import { DEFAULT_BASE_URL } from '../../client/option-values.ts';
import { type Command, readAddress, UsageError } from '../args.ts';
import { asTypedHere, PROGRAM } from '../package-files.ts';
import { INTERRUPTED, type Terminal } from '../terminal.ts';
import { Conversation, type QuestionEnd } from './conversation.ts';
import { playDemo } from './demo.ts';
import { readTypedQuestion, readWholeInput } from './read-question.ts';

/*
 * `local-llm-stream-agent chat`: one question, or a conversation.
 *
 *   chat.ts           the options, and which of three it will be: one answer, a conversation, a recorded answer
 *   read-question.ts  reads a question at a terminal, or from a pipe
 *   conversation.ts   finds the server, keeps the messages, asks
 *   show-answer.ts    the answer to stdout; reasoning, figures and how it ended to stderr
 *   demo.ts           plays the recorded answer
 */

const usage = `Usage: ${PROGRAM} chat ["QUESTION"] [--base-url URL]
       [--model NAME] [--system TEXT] [--or-demo]
       ${PROGRAM} chat --demo

With a question, one answer; without, a chat of several turns, in which lines that are
pasted at once are one question. Without a terminal the question is read from stdin.
Only the answer goes to stdout, without control characters. Ctrl-C stops the answer; the
exit status is then ${INTERRUPTED}, and 1 if the model ended without an answer.

  --base-url URL  default ${DEFAULT_BASE_URL}
  --model NAME    default: the one that the server has loaded
  --system TEXT   a system message
  --demo          plays a recorded answer; no server is needed
  --or-demo       plays it if no server runs at the default address, or if stdin holds
                  no question; at a terminal the former happens without this option, too
  The API token in LOCAL_LLM_API_KEY (environment) is sent to the server.
`;

/** `local-llm-stream-agent chat`; `npm start` is `chat --or-demo`. */
export const chat: Command = createChat();

/**
 * @param defaultBaseURL - where a server is looked for when no `--base-url` is given
 */
export function createChat(defaultBaseURL: string = DEFAULT_BASE_URL): Command {
  return {
    summary: 'talk to a local model',
    usage,
    async run(args, terminal) {
      const { question, baseURL, isDemo, orDemo, model, system } = readChatArgs(args);
      const demonstrate = async (reason: string, advice: string) => {
        await untilInterrupted((stop) => playDemo(reason, advice, terminal, stop));
        return 0;
      };
      if (isDemo) return demonstrate('This is', '');
      const server = {
        baseURL: baseURL ?? defaultBaseURL,
        apiKey: terminal.env.LOCAL_LLM_API_KEY,
      };
      const address = shownURL(readAddress(server.baseURL));
      const conversation = new Conversation(terminal, server, { model, system });
      const isAtTerminal = Boolean(terminal.stdin.isTTY) && terminal.stdout.isTTY;
      const refusal = await conversation.find();
      if (refusal !== undefined) {
        if (baseURL === undefined && (isAtTerminal || orDemo)) {
          const other = asTypedHere(`${PROGRAM} chat --base-url URL`);
          return demonstrate(
            `No server answers at ${address}, so this is`,
            `To chat, start LM Studio's server (\`lms server start\`), or name another one:\n  ${other}\n`,
          );
        }
        conversation.explain(refusal);
        if (baseURL === undefined) {
          const command = asTypedHere(`${PROGRAM} chat --demo`);
          terminal.stderr.write(`'${command}' plays a recorded answer, without a server.\n`);
        }
        return 1;
      }
      if (question === undefined && isAtTerminal) return converse(conversation, terminal);
      const asked = question ?? (await readWholeInput(terminal, orDemo));
      if (asked !== '') {
        return STATUS[await untilInterrupted((stop) => conversation.ask(asked, stop))];
      }
      if (!orDemo) throw new UsageError('there is no question, neither in quotes nor on stdin');
      return demonstrate(
        'There is no question on stdin, so this is',
        `To ask one: ${asTypedHere(`${PROGRAM} chat "Say hello."${baseURL ? ` --base-url ${address}` : ''}`)}\n`,
      );
    },
  };
}

const STATUS: Readonly<Record<QuestionEnd, number>> = {
  answered: 0,
  failed: 1,
  stopped: INTERRUPTED,
};

/** Asks what is typed, until the user leaves. */
async function converse(conversation: Conversation, terminal: Terminal): Promise<number> {
  terminal.stderr.write('Ctrl-C stops an answer. Press it again, or Ctrl-D, to quit.\n');
  const asked: string[] = [];
  for (;;) {
    const question = await readTypedQuestion(terminal, asked);
    if (question === undefined) break;
    asked.unshift(question);
    await untilInterrupted((stop) => conversation.ask(question, stop));
  }
  terminal.stdout.write('\n');
  return 0;
}

/** Does something that Ctrl-C stops; a second one ends the program. */
async function untilInterrupted<T>(action: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  process.on('SIGINT', onInterrupt);
  try {
    return await action(controller.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

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
