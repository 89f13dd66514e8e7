import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { clock } from '../doubles/clock.ts';
import { createHost } from '../doubles/host.ts';

/**
 * A VS Code of its own with one chat: asks something, or opens the chat that is there; says to its parent process when the first words of
 * the answer are shown and when they are saved, and leaves when it is told to.
 * Arguments: the folder of the threads, the server's base URL, the thread's id, `ask` or `open`.
 */
const [storagePath = '', baseURL = '', threadId = '', task = 'ask'] = process.argv.slice(2);

const host = createHost(LocalLLMStreamAgent, {
  storagePath,
  metadata: { llm: { baseURL, model: 'tiny' } },
  threadId,
  isReopened: task === 'open',
});

process.on('message', () => process.exit());
const turn = task === 'open' ? host.openPanel() : host.send('Tell');
process.send?.('begun');
await clock.passUntil(() => [...host.shown.values()].some((text) => text.includes('upon')));
process.send?.('shown');
await clock.passUntil(() => host.saved().messages.some(({ text }) => text?.includes('upon')));
process.send?.('saved');
await turn;
process.send?.('ended');
process.disconnect?.();
