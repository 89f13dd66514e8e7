import { mkdir, stat } from 'node:fs/promises';
import path, { dirname, isAbsolute, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_BASE_URL, parseHttpURL } from '../../client/option-values.ts';
import { type Command, chooseLanguage, readAddress, UsageError } from '../args.ts';
import { findPackageFile } from '../package-files.ts';
import { AGENT_FILE, agentPlaces } from './agent-places.ts';
import { type AgentEntry, readAgent } from './agents-json.ts';
import { type InstallWords, installWords } from './install-words.ts';
import { withV1 } from './look-at-server.ts';
import { changeList, placeAgentFile, readIfThere } from './place-agent.ts';
import { alone } from './replace-file.ts';

/*
 * `local-llm-stream-agent install`: from a workspace to an agent that My Assistant finds there.
 *
 *   install.ts       the options, and what to do in VS Code. It asks no server: doctor does
 *   agent-places.ts  where the agent's file and the lists of agents are
 *   place-agent.ts   copies the file, changes a list
 *   agents-json.ts   the text of a list with one entry more, every other character unchanged
 *   replace-file.ts  writes a file in one step, one process at a time
 */

const DEFAULT_NAME = 'LocalLLMStreamAgent';

/** The name under which the extension's command 'Generate Text at Cursor' looks for an agent. */
const TEXT_GENERATION_NAME = 'TextGenAgent';

/** `local-llm-stream-agent install`. */
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
    const places = agentPlaces(workspace, path);
    const before = await readIfThere(places.list);
    const baseURL = chooseBaseURL(options.baseURL, readAgent(before, name).baseURL);
    const llm = { ...(model !== undefined && { model }), baseURL };
    const entries = [{ list: places.list, entry: { name, path: places.pathInList, llm } }];
    if (hasTextGeneration) {
      const entry = { name: TEXT_GENERATION_NAME, path: places.pathInInternalList, llm };
      entries.push({ list: places.internalList, entry });
    }
    // Everything is read and checked before anything is written.
    for (const { list, entry } of entries) await changeList(list, entry, words, false);

    const report = { words, say, show: (file: string) => relative(workspace, file) };
    await mkdir(dirname(places.file), { recursive: true });
    const file = await alone(places.file, () => placeAgentFile(source, places.file, report));
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
  const isFolder = (await stat(workspace).catch(() => undefined))?.isDirectory();
  if (isFolder) return workspace;
  const where = given !== undefined && !isAbsolute(given) ? `${words.in}${process.cwd()}` : '';
  throw new Error(words.noFolder(given ?? workspace, where));
}

/**
 * Writes the entries.
 * @returns whether anything in them was new
 */
async function enter(
  entries: readonly { list: string; entry: AgentEntry }[],
  { words, say, show }: Parameters<typeof placeAgentFile>[2],
): Promise<boolean> {
  let isNew = false;
  for (const { list, entry } of entries) {
    await mkdir(dirname(list), { recursive: true });
    const change = await alone(list, () => changeList(list, entry, words, true));
    isNew ||= change.isChanged;
    if (change.hadByteOrderMark) say(words.hadByteOrderMark(show(list)));
    const line = change.isChanged ? words.written(show(list)) : words.unchanged(show(list));
    say(line + words.agent(entry.name));
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
  return hasNewEntry ? words.refresh(name) : words.nothingChanged;
}

/** The built file: beside the built command line, or in `dist` beside the sources. */
function findAgentFile(): string {
  const file = findPackageFile(`dist/${AGENT_FILE}`);
  if (file !== undefined) return file;
  throw new Error(`${AGENT_FILE} is not built. Run: npm run build`);
}

function chooseBaseURL(given: string | undefined, old: unknown): string {
  return given ?? (typeof old === 'string' && parseHttpURL(old) ? old : DEFAULT_BASE_URL);
}
