import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_BASE_URL, parseHttpURL } from '../../client/option-values.ts';
import { type Command, chooseLanguage, readAddress, UsageError } from '../args.ts';
import { findPackageFile } from '../package-files.ts';
import { type AgentEntry, readAgent } from './agents-json.ts';
import { type InstallWords, installWords } from './install-words.ts';
import { withV1 } from './look-at-server.ts';
import { changeList, placeAgentFile, type Reporter, readIfThere } from './place-agent.ts';
import { alone, replaceFile } from './replace-file.ts';

/*
 * `local-llm-stream-agent install`: from a workspace to an agent that My Assistant finds there.
 *
 *   install.ts       the options, and what to do in VS Code. It asks no server: doctor does
 *   place-agent.ts   copies the file, changes a list
 *   agents-json.ts   the text of a list with one entry more, every other character unchanged
 *   replace-file.ts  writes a file in one step, one process at a time
 */

const DEFAULT_NAME = 'LocalLLMStreamAgent';

const AGENT_FILE = 'LocalLLMStreamAgent.js';

/** The name under which the extension's command 'Generate Text at Cursor' looks for an agent. */
const TEXT_GENERATION_NAME = 'TextGenAgent';

export const install: Command = {
  summary: "put the chat agent into My Assistant's folder of a workspace",
  usage: `Usage: local-llm-stream-agent install [WORKSPACE] [--name NAME]
       [--model MODEL] [--base-url URL] [--text-gen] [--lang en|zh]

Copies the agent's file into WORKSPACE/.ai_helper/agent/chat/llm_chat_agent/ and adds
it to agents.json, or updates its entry; everything else in that file is unchanged. It
can be run again at any time.

  WORKSPACE       the folder that is opened in VS Code; default: the current one
  --name NAME     the agent's name in the chat list; default ${DEFAULT_NAME}
  --model MODEL   is saved as the agent's model; without it the agent uses the model
                  that is loaded when you ask
  --base-url URL  default ${DEFAULT_BASE_URL}
  --text-gen      use it for the command 'Generate Text at Cursor' as well
  --lang en|zh    default: that of your system
`,
  async run(args, terminal) {
    const { given, name, model, hasTextGeneration, lang, ...options } = readInstallArgs(args);
    const words = installWords[chooseLanguage(lang, terminal.env)];
    const workspace = await findWorkspace(given, words);
    const say = (line: string) => terminal.stdout.write(`${line}\n`);
    if (given === undefined) say(words.workspace(workspace));

    const source = findAgentFile();
    const root = join(workspace, '.ai_helper', 'agent');
    const list = join(root, 'chat', 'agents.json');
    const saved = readAgent(await readIfThere(list), name).baseURL;
    const baseURL = options.baseURL ?? (isHttpURL(saved) ? saved : DEFAULT_BASE_URL);
    const llm = { ...(model !== undefined && { model }), baseURL };
    // A list names the agent's file from its own folder, with `/` on every system.
    const entries = [{ list, entry: { name, path: `./llm_chat_agent/${AGENT_FILE}`, llm } }];
    if (hasTextGeneration) {
      const path = `../chat/llm_chat_agent/${AGENT_FILE}`;
      const entry = { name: TEXT_GENERATION_NAME, path, llm };
      entries.push({ list: join(root, 'internal_chat', 'agents.json'), entry });
    }
    // Everything is read and checked before anything is written.
    for (const { list, entry } of entries) await changeList(list, entry, words);

    const report = { words, say, show: (file: string) => relative(workspace, file) };
    const target = join(root, 'chat', 'llm_chat_agent', AGENT_FILE);
    const file = await placeAgentFile(source, target, report);
    const hasNewEntry = await enter(entries, report);
    const right = withV1(readAddress(baseURL));
    if (right !== undefined) say(words.noV1(baseURL, right));
    say('');
    if (hasTextGeneration) say(words.textGeneration);
    say(nextStep(words, name, { ...file, hasNewEntry }));
    return 0;
  },
};

/** @throws {UsageError} */
function readInstallArgs(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: 'string', default: DEFAULT_NAME },
      model: { type: 'string' },
      'base-url': { type: 'string' },
      'text-gen': { type: 'boolean', default: false },
      lang: { type: 'string' },
    },
  });
  const { name, model, lang, 'base-url': baseURL, 'text-gen': hasTextGeneration } = values;
  const [given, ...more] = positionals;
  if (more.length > 0) {
    throw new UsageError('give one WORKSPACE at most, in quotes if its name has blanks');
  }
  if (name.trim() === '') throw new UsageError('--name must not be empty');
  if (model?.trim() === '') throw new UsageError('--model must not be empty');
  if (baseURL !== undefined) readAddress(baseURL);
  return { given, name, model, baseURL, hasTextGeneration, lang };
}

/**
 * @returns the full path of the folder
 * @throws {Error} in words for the user, if it is not there
 */
async function findWorkspace(given: string | undefined, words: InstallWords): Promise<string> {
  // The shells of Windows pass "C:\\a b\\" on with its second quotation mark, which no name may hold there.
  const isQuoted = process.platform === 'win32' && given?.endsWith('"');
  const workspace = resolve((isQuoted ? given?.slice(0, -1) : given) ?? '.');
  if ((await stat(workspace).catch(() => undefined))?.isDirectory()) return workspace;
  throw new Error(words.noFolder(workspace));
}

/**
 * Writes the entries.
 * @returns whether anything in them was new
 */
async function enter(
  entries: readonly { list: string; entry: AgentEntry }[],
  { words, say, show }: Reporter,
): Promise<boolean> {
  let isNew = false;
  for (const { list, entry } of entries) {
    await mkdir(dirname(list), { recursive: true });
    const isChanged = await alone(list, async () => {
      const { before, after } = await changeList(list, entry, words);
      if (after !== before) await replaceFile(list, after);
      return after !== before;
    });
    isNew ||= isChanged;
    say((isChanged ? words.written : words.unchanged)(show(list)) + words.agent(entry.name));
  }
  return isNew;
}

/** What the user has to do in VS Code, which keeps the code of a file until its window is loaded again. */
function nextStep(
  words: InstallWords,
  name: string,
  { isNew, isChanged, hasNewEntry }: { isNew: boolean; isChanged: boolean; hasNewEntry: boolean },
): string {
  if (isNew) return words.choose(name);
  if (isChanged) return words.reload;
  return hasNewEntry ? words.choose(name) : words.nothingChanged;
}

/** The built file: beside the built command line, or in `dist` beside the sources. */
function findAgentFile(): string {
  const file = findPackageFile(`dist/${AGENT_FILE}`);
  if (file !== undefined) return file;
  throw new Error(`${AGENT_FILE} is not built. Run: npm run build`);
}

const isHttpURL = (value: unknown): value is string =>
  typeof value === 'string' && parseHttpURL(value) !== undefined;
