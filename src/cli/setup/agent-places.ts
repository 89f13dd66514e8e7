import type { PlatformPath } from 'node:path';

/** The name of the agent's one file. */
export const AGENT_FILE = 'LocalLLMStreamAgent.js';

/** Where My Assistant looks in a workspace. */
interface AgentPlaces {
  /** The agent's file. */
  file: string;
  /** The list of the chat's agents. */
  list: string;
  /** The list of the agents behind the extension's own commands. */
  internalList: string;
  /** The agent's file as each list names it: relative to the list's folder, with `/` on every system. */
  pathInList: string;
  pathInInternalList: string;
}

/**
 * @param workspace - the folder that is opened in VS Code, as a full path
 * @param path - `node:path`, or its `win32` or `posix`
 */
export function agentPlaces(workspace: string, path: PlatformPath): AgentPlaces {
  const root = path.join(workspace, '.ai_helper', 'agent');
  const file = path.join(root, 'chat', 'llm_chat_agent', AGENT_FILE);
  const list = path.join(root, 'chat', 'agents.json');
  const internalList = path.join(root, 'internal_chat', 'agents.json');
  const seenFrom = (from: string) => {
    const way = path.relative(path.dirname(from), file).split(path.sep).join('/');
    return way.startsWith('.') ? way : `./${way}`;
  };
  return {
    file,
    list,
    internalList,
    pathInList: seenFrom(list),
    pathInInternalList: seenFrom(internalList),
  };
}
