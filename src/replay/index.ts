export type { Chunk, End, Exchange, Head, Provenance } from './exchange.ts';
export { readExchange } from './exchange.ts';
export type { AnyFetch } from './fetch-request.ts';
export { ReplayMiss } from './match.ts';
export type { PlayOptions } from './play.ts';
export {
  type RecordingProxy,
  type RecordingProxyOptions,
  startRecordingProxy,
} from './proxy.ts';
export { type RecordOptions, recordFetch } from './record-fetch.ts';
export { type ReplayOptions, replayFetch } from './replay-fetch.ts';
export { type ReplayServer, type ReplayServerOptions, startReplayServer } from './server.ts';
