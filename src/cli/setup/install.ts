import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import path, { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Language } from '../../advice/index.ts';
import { isObject, parseJson } from '../../client/json.ts';
import { DEFAULT_BASE_URL } from '../../client/option-values.ts';
import { isChatError, loadedChatModel, type Model } from '../../index.ts';
import { parseAddress, readAddress } from '../args/address.ts';
import { type Command, type Terminal, UsageError } from '../args/command.ts';
import { chooseLanguage } from '../args/language.ts';
import { findPackageFile } from '../args/package-files.ts';
import { explainError } from '../failure.ts';
import { onOneLine } from '../terminal/printable.ts';
import { AGENT_FILE, agentPlaces } from './agent-places.ts';
import { AgentsFileError, hasByteOrderMark, readAgent, setAgent } from './agents-json.ts';
import { type InstallWords, installWords } from './install-words.ts';
import { lookAtServer, withV1 } from './look-at-server.ts';
import { alone, replaceFile } from './replace-file.ts';

const DEFAULT_NAME = 'LocalLLMStreamAgent';

/** The name under which the extension's command 'Generate Text at Cursor' looks for an agent. */
const TEXT_GENERATION_NAME = 'TextGenAgent';

/** `local-llm-stream-agent install`. */
export const install: Command = {
  summary: "put the chat agent into My Assistant's folder of a workspace",
  usage: `Usage: local-llm-stream-agent install [WORKSPACE] [--name NAME]
       [--model MODEL] [--base-url URL] [--text-gen] [--lang en|zh]

Copies the agent's one file into WORKSPACE/.ai_helper/agent/chat/llm_chat_agent/ and
adds it to agents.json beside it, or brings its entry up to date; everything else in
that file stays as it is. It can be repeated.

  WORKSPACE       the folder that is opened in VS Code; default: the one you are in
  --name NAME     the agent's name in the chat list; default ${DEFAULT_NAME}
  --model MODEL   is written down as the agent's model; without it the agent uses the
                  model that is loaded when you ask
  --base-url URL  default ${DEFAULT_BASE_URL}
  --text-gen      lets it also do the command 'Generate Text at Cursor'
  --lang en|zh    default: that of your system
  LOCAL_LLM_API_KEY in the environment is sent when the server is asked; it is not stored.
`,
  async run(args, terminal) {
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
    const language = chooseLanguage(values.lang, terminal.env);
    const words = installWords[language];
    const [given, ...more] = positionals;
    if (more.length > 0) {
      throw new UsageError('give one WORKSPACE at most, in quotes where its name has blanks');
    }
    const { name, model } = values;
    if (name.trim() === '') throw new UsageError('--name must not be empty');
    if (model?.trim() === '') throw new UsageError('--model must not be empty');
    if (values['base-url'] !== undefined) readAddress(values['base-url']);
    const workspace = resolve(given ?? '.');
    if (!(await stat(workspace).catch(() => undefined))?.isDirectory()) {
      const where = given !== undefined && !isAbsolute(given) ? `${words.in}${process.cwd()}` : '';
      throw new Error(words.noFolder(given ?? workspace, where));
    }
    if (given === undefined) terminal.stdout.write(`${words.workspace(workspace)}\n`);

    const source = await findAgentFile();
    const places = agentPlaces(workspace, path);
    const before = await readIfThere(places.list);
    const baseURL = chooseBaseURL(values['base-url'], readAgent(before, name).baseURL);
    const found = await lookAround({ baseURL, model, terminal, language });
    const llm = { ...(model !== undefined && { model }), baseURL: found.baseURL };

    const entries = [{ list: places.list, entry: { name, path: places.pathInList, llm } }];
    if (values['text-gen']) {
      const entry = { name: TEXT_GENERATION_NAME, path: places.pathInInternalList, llm };
      entries.push({ list: places.internalList, entry });
    }
    // Everything is read and checked before anything is written.
    for (const { list, entry } of entries) await changeList(list, entry, words, false);

    const say = (line: string) => terminal.stdout.write(`${line}\n`);
    const show = (file: string) => relative(workspace, file);
    await mkdir(dirname(places.file), { recursive: true });
    const file = await alone(places.file, () =>
      placeAgentFile(source, places.file, words, say, show),
    );
    let hasNewEntry = false;
    for (const { list, entry } of entries) {
      await mkdir(dirname(list), { recursive: true });
      const change = await alone(list, () => changeList(list, entry, words, true));
      hasNewEntry ||= change.isChanged;
      if (change.hadByteOrderMark) say(words.hadByteOrderMark(show(list)));
      const line = change.isChanged ? words.written(show(list)) : words.unchanged(show(list));
      say(line + words.agent(entry.name));
    }
    for (const line of found.lines) say(line);
    say('');
    if (values['text-gen']) say(words.textGeneration);
    say(nextStep(words, name, { ...file, hasNewEntry }));
    return 0;
  },
};

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
async function findAgentFile(): Promise<string> {
  const file = findPackageFile(`dist/${AGENT_FILE}`);
  if (file !== undefined) return file;
  throw new Error(`${AGENT_FILE} is not built. Run: npm run build`);
}

function chooseBaseURL(given: string | undefined, old: unknown): string {
  return given ?? (parseAddress(old) ? String(old) : DEFAULT_BASE_URL);
}

/** Looks at the server, if there is one: is the address right, is the model there. */
async function lookAround({
  baseURL,
  model,
  terminal,
  language,
}: {
  baseURL: string;
  model: string | undefined;
  terminal: Terminal;
  language: Language;
}): Promise<{ baseURL: string; lines: string[] }> {
  const words = installWords[language];
  const apiKey = terminal.env.LOCAL_LLM_API_KEY;
  const url = readAddress(baseURL);
  const right = withV1(url);
  if (right !== undefined && 'models' in (await lookAtServer({ baseURL: right, apiKey }))) {
    const seen = await lookAround({ baseURL: right, model, terminal, language });
    return { baseURL: right, lines: [words.v1Added(baseURL, right), ...seen.lines] };
  }
  const found = await lookAtServer({ baseURL, apiKey });
  if ('models' in found) return { baseURL, lines: aboutModels(found.models, model, words) };
  const isRefused = isChatError(found.error) && found.error.reason === 'refused';
  const { happened } = explainError(found.error, { url, hasKey: Boolean(apiKey) }, language);
  const aboutModel =
    model === undefined ? [isRefused ? words.notRunning : words.notAsked(happened)] : [];
  const aboutV1 = right === undefined ? [] : [words.noV1(baseURL, right)];
  return { baseURL, lines: [...aboutV1, ...aboutModel] };
}

/** What the server's models say about the one that was written down, or was not. */
function aboutModels(
  models: readonly Model[],
  model: string | undefined,
  words: InstallWords,
): string[] {
  if (model !== undefined) {
    return models.some(({ id }) => id === model) ? [] : [words.notListed(onOneLine(model))];
  }
  const loaded = loadedChatModel(models);
  if (loaded) return [words.loaded(onOneLine(loaded.id))];
  return models.some((one) => one.loaded !== undefined) ? [words.noneLoaded] : [];
}

/** Puts the file where it belongs, and keeps another maker's file of that name. */
async function placeAgentFile(
  source: string,
  target: string,
  words: InstallWords,
  say: (line: string) => void,
  show: (file: string) => string,
): Promise<{ isNew: boolean; isChanged: boolean }> {
  const old = await readIfThere(target);
  const manifest = await missingManifest(dirname(target), words);
  if (old !== '' && !old.includes('local-llm-stream-agent')) {
    const kept = await freeName(target.replace(/\.js$/, '.previous'));
    await copyFile(target, kept);
    say(words.kept(show(kept)));
  }
  const built = await readFile(source, 'utf8');
  const isChanged = built !== old;
  if (isChanged) await replaceFile(target, built);
  say(isChanged ? words.written(show(target)) : words.unchanged(show(target)));
  if (manifest !== undefined) {
    await replaceFile(manifest, '{ "type": "commonjs" }\n');
    say(words.written(show(manifest)) + words.becauseOfModule);
  }
  return { isNew: old === '', isChanged };
}

/**
 * Adds an entry to a list, or brings it up to date.
 * @param isWritten - else it is only tried
 */
async function changeList(
  list: string,
  entry: Parameters<typeof setAgent>[1],
  words: InstallWords,
  isWritten: boolean,
): Promise<{ isChanged: boolean; hadByteOrderMark: boolean }> {
  const before = await readIfThere(list);
  try {
    const after = setAgent(before, entry);
    const isChanged = after !== before;
    if (isChanged && isWritten) await replaceFile(list, after);
    return { isChanged, hadByteOrderMark: hasByteOrderMark(before) };
  } catch (error) {
    if (!(error instanceof AgentsFileError)) throw error;
    throw new Error(words.leftAlone(list, error));
  }
}

/** Like `NAME.js`, or `NAME-2.js` and so on where that is taken: a file that is kept is never overwritten. */
async function freeName(name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const file = `${name}${number === 1 ? '' : `-${number}`}.js`;
    if ((await readIfThere(file)) === '') return file;
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/**
 * The nearest package.json decides how the agent's file is loaded; under `"type": "module"` the extension's
 * `require` of it fails, so the file then needs one of its own.
 * @returns the one that has to be written, if any
 */
async function missingManifest(folder: string, words: InstallWords): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'package.json');
    const text = await readIfThere(file);
    if (text !== '') {
      const manifest = parseJson(text);
      if (!isObject(manifest) || manifest.type !== 'module') return undefined;
      if (at !== folder) return join(folder, 'package.json');
      throw new Error(words.moduleInTheWay(file));
    }
    if (dirname(at) === at) return undefined;
  }
}
