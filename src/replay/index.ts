export type { Chunk, End, Exchange, Head, Provenance } from './exchange.ts';
export { readExchange } from './exchange.ts';
export type { Running } from './http.ts';
export { ReplayMiss } from './match.ts';
export type { PlayOptions } from './play.ts';
export { type RecordingProxyOptions, startRecordingProxy } from './proxy.ts';
export { type RecordOptions, recordFetch } from './record-fetch.ts';
export { type AnyFetch, type ReplayOptions, replayFetch } from './replay-fetch.ts';
export { type ReplayServer, type ReplayServerOptions, startReplayServer } from './server.ts';
