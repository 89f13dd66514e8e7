import LocalLLMStreamAgent from '../../../src/agent/index.ts';
import { clock } from '../doubles/clock.ts';
import { createHost } from '../doubles/host.ts';

/**
 * A VS Code of its own with one chat: asks something, says to its parent process when the first words of the answer are
 * shown and when they are saved, and leaves when it is told to.
 * Arguments: the folder of the threads, the server's base URL, the thread's id.
 */
const [storagePath = '', baseURL = '', threadId = ''] = process.argv.slice(2);

const host = createHost(LocalLLMStreamAgent, {
  storagePath,
  metadata: { llm: { baseURL, model: 'tiny' } },
  threadId,
});

process.on('message', () => process.exit());
void host.send('Tell');
await host.chunk((text) => text.includes('upon'));
process.send?.('shown');
await clock.passUntil(() => host.saved().messages.at(-1)?.text !== '');
process.send?.('saved');
