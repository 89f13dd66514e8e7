import type { Client } from './client.ts';

/** Every client of the sheet, loaded only when it is run: each has a process of its own. */
export const clients: Record<string, () => Promise<Client>> = {
  streamChat: async () => (await import('./ours.ts')).ours('streamChat'),
  'streamChat-nodeFetch': async () => {
    const { nodeFetch } = await import('../../../../src/node-fetch.ts');
    return (await import('./ours.ts')).ours('streamChat, nodeFetch', nodeFetch);
  },
  'openai-7': async () => (await import('./openai.ts')).openai('openai'),
  'openai-7-stream': async () => (await import('./openai-helper.ts')).openaiHelper,
  'openai-4': async () => (await import('./openai.ts')).openai('openai-4'),
  'ai-sdk': async () => (await import('./ai-sdk.ts')).aiSdk,
  xsai: async () => (await import('./xsai.ts')).xsai,
  'hugging-face': async () => (await import('./hugging-face.ts')).huggingFace,
  'eventsource-client': async () => (await import('./eventsource-client.ts')).eventsourceClient,
};
