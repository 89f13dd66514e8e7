import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { streamChat } from '../chat/stream-chat.ts';
import type { ChatMessage, ServerOptions } from '../chat/types.ts';
import { DEFAULT_BASE_URL } from '../defaults.ts';
import { listModels } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import type { ReplayServer } from '../replay/server.ts';
import { readAddress } from './address.ts';
import { adviceFor } from './advice.ts';
import { type Command, type Terminal, UsageError } from './command.ts';
import { DEMO_QUESTION, startDemo } from './demo.ts';
import { showAnswer } from './show-answer.ts';

/** `local-llm chat`, which is also `npm start`. */
export const chat: Command = {
  summary: 'talk to a local model',
  usage: `Usage: local-llm chat ["QUESTION"] [--base-url URL] [--model NAME] [--system TEXT]

With a question, one answer; without, a chat of several turns. Without a terminal the
question is read from stdin. The answer alone goes to stdout.
Ctrl-C stops the answer, a second one leaves.

  --base-url URL  default ${DEFAULT_BASE_URL}; without a server there, a recorded
                  answer is played, and it says so
  --model NAME    default: the one that the server has loaded
  --system TEXT   a system message
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
      },
    });
    if (positionals.length > 1) {
      throw new UsageError('put the question in quotes: it came as several words');
    }
    const baseURL = values['base-url'];
    if (baseURL !== undefined) readAddress(baseURL);
    const session = createSession(terminal, {
      baseURL,
      model: values.model,
      system: values.system,
    });
    const [question] = positionals;
    try {
      if (question === undefined && terminal.stdin.isTTY) return await session.converse();
      return await session.once(question);
    } finally {
      await session.close();
    }
  },
};

interface SessionOptions {
  baseURL: string | undefined;
  model: string | undefined;
  system: string | undefined;
}

function createSession(terminal: Terminal, options: SessionOptions) {
  const { stdin, stdout, stderr, env } = terminal;
  const messages: ChatMessage[] = [];
  if (options.system !== undefined) messages.push({ role: 'system', content: options.system });
  let demo: ReplayServer | undefined;
  let announced: string | undefined;
  let stop: AbortController | undefined;

  /** Stops the answer that is being shown; tells whether there was one. */
  function interrupt(): boolean {
    const answering = stop !== undefined && !stop.signal.aborted;
    if (answering) stop?.abort();
    return answering;
  }

  /** Where to ask, looked up anew each turn: a server may have been started meanwhile. */
  async function findServer(): Promise<ServerOptions & { model: string | undefined }> {
    const baseURL = options.baseURL ?? DEFAULT_BASE_URL;
    const server = { baseURL, apiKey: env.LOCAL_LLM_API_KEY, fetch: nodeFetch };
    let { model } = options;
    try {
      const models = await listModels(server);
      model ??= models.find((one) => one.loaded && one.type === 'chat')?.id;
      announce(`${baseURL}${model === undefined ? '' : `, model ${model}`}`);
    } catch (error) {
      const refused = error instanceof Error && 'reason' in error && error.reason === 'refused';
      if (!refused || options.baseURL !== undefined) return { ...server, model };
      demo ??= await startDemo();
      announce(
        `No server answers at ${DEFAULT_BASE_URL}. What follows is a RECORDING of a llama.cpp server's answer\n` +
          `to another question ("${DEMO_QUESTION}"), played at its own pace.\n` +
          "For a real answer start LM Studio's server (`lms server start`), or give --base-url URL.\n",
      );
      return { ...server, baseURL: `${demo.url}/v1`, model: undefined };
    }
    return { ...server, model };
  }

  function announce(text: string): void {
    if (text !== announced) stderr.write(`${text}\n`);
    announced = text;
  }

  /** One turn; tells whether it went well. What failed is taken out of the conversation. */
  async function ask(question: string): Promise<boolean> {
    const { model, ...server } = await findServer();
    messages.push({ role: 'user', content: question });
    stop = new AbortController();
    const reply = streamChat({ messages, ...(model !== undefined && { model }) }, server);
    try {
      const { text } = await showAnswer(reply, terminal, stop.signal);
      messages.push({ role: 'assistant', content: text });
      return true;
    } catch (error) {
      messages.pop();
      if (!(error instanceof Error)) throw error;
      const advice = adviceFor(error);
      stderr.write(`${error.message}\n${advice === undefined ? '' : `${advice}\n`}`);
      return false;
    } finally {
      stop = undefined;
    }
  }

  return {
    async once(given: string | undefined): Promise<number> {
      const onInterrupt = () => interrupt() || process.exit(130);
      process.on('SIGINT', onInterrupt);
      try {
        // A recording needs no question, so nobody is waited for.
        await findServer();
        const piped = given ?? (demo === undefined ? (await text(stdin)).trim() : DEMO_QUESTION);
        if (piped === '')
          throw new UsageError('there is no question, neither in quotes nor on stdin');
        return (await ask(piped)) ? 0 : 1;
      } finally {
        process.off('SIGINT', onInterrupt);
      }
    },

    async converse(): Promise<number> {
      await findServer();
      stderr.write('Ctrl-C stops an answer; Ctrl-C or Ctrl-D without one leaves.\n');
      const lines = createInterface({ input: stdin, output: stdout });
      const leave = new AbortController();
      lines.on('SIGINT', () => {
        if (!interrupt()) leave.abort();
      });
      lines.on('close', () => leave.abort());
      try {
        for (;;) {
          const question = (await lines.question('> ', { signal: leave.signal })).trim();
          if (question !== '') await ask(question);
          if (leave.signal.aborted) break;
        }
      } catch (error) {
        if (!leave.signal.aborted) throw error;
      } finally {
        lines.close();
      }
      stdout.write('\n');
      return 0;
    },

    close: async () => demo?.close(),
  };
}
