import type { Language } from '../../advice/index.ts';
import type { Place } from './agents-json.ts';

const installEnglish = {
  workspace: (folder: string) => `The workspace is ${folder}, the current folder.`,
  noFolder: (path: string) => `There is no folder '${path}'.`,
  leftAlone: (file: string, place: Place | undefined) =>
    place === undefined
      ? `${file} must be an object with one list: { "agents": [] }. Nothing was changed.`
      : `${file}, line ${place.line}, column ${place.column}: this is not valid JSON, in which comments and a comma behind the last item are not allowed. Nothing was changed.`,
  noV1: (given: string, right: string) =>
    `${given} does not end with /v1, as the addresses of LM Studio, llama.cpp and Ollama do. It was saved as given. To change it, run this again with --base-url ${right}`,
  kept: (file: string) => `The agent that was there is kept as ${file}`,
  written: (file: string) => `Written: ${file}`,
  unchanged: (file: string) => `Unchanged: ${file}`,
  agent: (name: string) => `, agent '${name}'`,
  becauseOfModule: ', because this project\'s package.json says "type": "module"',
  moduleInTheWay: (file: string) =>
    `${file} says "type": "module", so the agent cannot be loaded. Remove that line, then try again.`,
  choose: (name: string) =>
    `In VS Code: press Refresh in My Assistant's chat list, then New Chat, and choose '${name}'.`,
  reload: "In VS Code: run 'Developer: Reload Window'. Until then the old file stays in use.",
  nothingChanged:
    "Nothing has changed. If VS Code was open at the last update: run 'Developer: Reload Window'.",
  textGeneration: "The command 'Generate Text at Cursor' now uses this agent.",
};

export type InstallWords = typeof installEnglish;

const installChinese: InstallWords = {
  workspace: (folder) => `工作区是当前目录 ${folder}。`,
  noFolder: (path) => `没有“${path}”这个文件夹。`,
  leftAlone: (file, place) =>
    place === undefined
      ? `${file} 应当是一个对象，里面有一个列表：{ "agents": [] }。什么都没有改动。`
      : `${file} 第 ${place.line} 行第 ${place.column} 列：这里不是合法的 JSON（不能有注释，最后一项后面也不能有逗号）。什么都没有改动。`,
  noV1: (given, right) =>
    `${given} 末尾没有 /v1，而 LM Studio、llama.cpp、Ollama 的地址都有。已按你给的写入；要改的话，请加上 --base-url ${right} 再运行一次。`,
  kept: (file) => `原来的智能体已另存为 ${file}`,
  written: (file) => `已写入：${file}`,
  unchanged: (file) => `没有变化：${file}`,
  agent: (name) => `，智能体“${name}”`,
  becauseOfModule: '，因为这个项目的 package.json 写着 "type": "module"',
  moduleInTheWay: (file) => `${file} 写着 "type": "module"，这样智能体加载不了。请删掉那一行再试。`,
  choose: (name) =>
    `在 VS Code 里：在 My Assistant 的对话列表里点 Refresh，再点 New Chat，选择“${name}”。`,
  reload:
    '在 VS Code 里：运行命令“Developer: Reload Window”（重新加载窗口）；在那之前用的还是旧文件。',
  nothingChanged:
    '什么都没有变。如果上次更新时 VS Code 开着：请运行命令“Developer: Reload Window”（重新加载窗口）。',
  textGeneration: '命令“Generate Text at Cursor”以后会用这个智能体。',
};

export const installWords: Readonly<Record<Language, InstallWords>> = {
  en: installEnglish,
  zh: installChinese,
};
