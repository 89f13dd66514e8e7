/** A program for Node, without the DOM's types. */
import { type Fetch, listModels, streamChat } from 'local-llm-stream-agent';
import { nodeFetch } from 'local-llm-stream-agent/node';
import { replayFetch } from 'local-llm-stream-agent/replay';

const fetches: Fetch[] = [nodeFetch, replayFetch('folder'), fetch];
for (const given of fetches) {
  const headers = new Headers({ 'x-a': 'b' });
  streamChat({ messages: [] }, { fetch: given, headers, extraBody: { return_progress: true } });
}
export const models = listModels({ fetch: nodeFetch, headers: [['x-a', 'b']] });
