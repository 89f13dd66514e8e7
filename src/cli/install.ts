import { copyFile, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULT_BASE_URL } from '../defaults.ts';
import { isObject, parseJson } from '../json.ts';
import { listModels } from '../models.ts';
import { nodeFetch } from '../node-fetch.ts';
import { parseAddress, readAddress } from './address.ts';
import { readAgent, setAgent } from './agents-json.ts';
import { type Command, UsageError } from './command.ts';

const FILE = 'LocalLLMStreamAgent.js';

/** The sample value in My Assistant's tutorial. */
const PLACEHOLDER = 'local-model-name';

/** `local-llm install`. */
export const install: Command = {
  summary: "put the chat agent into My Assistant's folder of a workspace",
  usage: `Usage: local-llm install [WORKSPACE] [--name NAME] [--model MODEL] [--base-url URL]

Copies the agent's one file into WORKSPACE/.ai_helper/agent/chat/llm_chat_agent/ and
adds it to agents.json beside it, or brings its entry up to date; everything else in
that file stays as it is. It can be repeated.

  WORKSPACE       the folder that is opened in VS Code; default: this one
  --name NAME     the agent's name in the chat list; default LocalLLMStreamAgent
  --model MODEL   default: the one that the server has loaded, if it answers
  --base-url URL  default ${DEFAULT_BASE_URL}
  LOCAL_LLM_API_KEY in the environment is sent when the server is asked; it is not stored.
`,
  async run(args, { stdout, env }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        name: { type: 'string', default: 'LocalLLMStreamAgent' },
        model: { type: 'string' },
        'base-url': { type: 'string' },
      },
    });
    const [given = '.', ...more] = positionals;
    if (more.length > 0) throw new UsageError('one WORKSPACE at most');
    if (values.name.trim() === '') throw new UsageError('--name must not be empty');
    const wanted = values['base-url'];
    if (wanted !== undefined) readAddress(wanted);
    const workspace = resolve(given);
    if (!(await stat(workspace).catch(() => undefined))?.isDirectory()) {
      throw new Error(`${workspace} is not a folder`);
    }
    const say = (line: string) => stdout.write(`${line}\n`);
    const show = (path: string) => relative(workspace, path);

    // Everything is read and checked before anything is written.
    const source = await findAgentFile();
    const folder = join(workspace, '.ai_helper', 'agent', 'chat');
    const list = join(folder, 'agents.json');
    const before = await readIfThere(list);
    const { name } = values;
    const entry = { name, path: `./llm_chat_agent/${FILE}`, llm: {} };
    let after: string;
    try {
      setAgent(before, entry);
      const old = readAgent(before, name);
      const baseURL =
        wanted ?? (parseAddress(old.baseURL) ? String(old.baseURL) : DEFAULT_BASE_URL);
      const isSet = typeof old.model === 'string' && !['', PLACEHOLDER].includes(old.model);
      const model =
        values.model ?? (isSet ? undefined : await askModel(baseURL, env.LOCAL_LLM_API_KEY, say));
      after = setAgent(before, {
        ...entry,
        llm: { ...(model !== undefined && { model }), baseURL },
      });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new Error(
        `${list} was left alone, and nothing else was written: ${error.message}. Correct it, then try again.`,
      );
    }

    const target = join(folder, 'llm_chat_agent', FILE);
    const old = await readIfThere(target);
    const isModule = await needsManifest(dirname(target));
    await mkdir(dirname(target), { recursive: true });
    if (old !== '' && !old.includes('local-llm-stream-agent')) {
      const kept = await freeName(target.replace(/\.js$/, '.previous'));
      await copyFile(target, kept);
      say(`The agent that was there is kept as ${show(kept)}`);
    }
    const built = await readFile(source, 'utf8');
    if (built !== old) await replaceFile(target, built);
    say(`${built === old ? 'Unchanged' : 'Written'}: ${show(target)}`);
    if (isModule) {
      const manifest = join(dirname(target), 'package.json');
      await replaceFile(manifest, '{ "type": "commonjs" }\n');
      say(`Written: ${show(manifest)}, because this project's own says "type": "module"`);
    }
    if (after !== before) await replaceFile(list, after);
    say(`${after === before ? 'Unchanged' : 'Written'}: ${show(list)}, agent '${name}'`);
    say(`\n${nextStep(name, old === '', built !== old, after !== before)}`);
    return 0;
  },
};

/** What the user has to do in VS Code, which keeps the code of a file until its window is loaded again. */
function nextStep(name: string, isNew: boolean, hasNewFile: boolean, hasNewEntry: boolean): string {
  const refresh = "press Refresh in My Assistant's chat list";
  if (isNew) return `In VS Code: ${refresh}, then New Chat, and choose '${name}'.`;
  if (hasNewFile) {
    return "In VS Code: run 'Developer: Reload Window'. Until then the old file stays in use.";
  }
  if (hasNewEntry) return `In VS Code: ${refresh}; a new chat can choose '${name}'.`;
  return "Nothing has changed. If VS Code was open at the last update: run 'Developer: Reload Window'.";
}

/** The built file: beside the built command line, or in `dist` beside the sources. */
async function findAgentFile(): Promise<string> {
  for (const place of [`./${FILE}`, `../../dist/${FILE}`]) {
    const path = fileURLToPath(new URL(place, import.meta.url));
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  throw new Error(`${FILE} is not built; run: npm run build`);
}

async function askModel(
  baseURL: string,
  apiKey: string | undefined,
  say: (line: string) => void,
): Promise<string | undefined> {
  try {
    const models = await listModels({ baseURL, apiKey, fetch: nodeFetch });
    const model = models.find(({ loaded, type }) => loaded && type !== 'embedding')?.id;
    if (model !== undefined) say(`The server has ${model} loaded; it becomes the agent's model.`);
    return model;
  } catch {
    say(`No list of models from ${baseURL}; the agent will use whatever is loaded.`);
    return undefined;
  }
}

/** Like `NAME.js`, or `NAME-2.js` and so on where that is taken: a file that is kept is never overwritten. */
async function freeName(name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = `${name}${number === 1 ? '' : `-${number}`}.js`;
    if ((await readIfThere(path)) === '') return path;
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Whoever reads the file meanwhile sees the old text or the new one, whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const mode = (await stat(target).catch(() => undefined))?.mode;
    await writeFile(temporary, text, mode === undefined ? {} : { mode: mode & 0o777 });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * The nearest package.json decides how the agent's file is loaded; under `"type": "module"` the extension's
 * `require` of it fails, so the file then needs one of its own.
 */
async function needsManifest(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'package.json');
    const text = await readIfThere(path);
    if (text !== '') {
      const manifest = parseJson(text);
      if (!isObject(manifest) || manifest.type !== 'module') return false;
      if (at !== folder) return true;
      throw new Error(`${path} says "type": "module": take that line out, then try again`);
    }
    if (dirname(at) === at) return false;
  }
}
