/** The agents.json in which the extension looks for the agent of 'Generate Text at Cursor', from the workspace on. */
export const TEXT_GEN_AGENTS_JSON = '.ai_helper/agent/internal_chat/agents.json';

/** What of an entry of agents.json is the same for the chat's agent and for this one. */
interface Llm {
  baseURL?: string;
  model?: string;
}

/**
 * The entry that makes the chat's file answer 'Generate Text at Cursor'. The extension asks for the name; the path is
 * relative to the folder of {@link TEXT_GEN_AGENTS_JSON}, and leads to the one copy of the file.
 * @param llm - what the chat's own entry has
 */
export function textGenEntry(llm: Llm): { name: string; path: string; llm: Llm } {
  return {
    name: 'TextGenAgent',
    path: '../chat/llm_chat_agent/LocalLLMStreamAgent.js',
    llm,
  };
}
