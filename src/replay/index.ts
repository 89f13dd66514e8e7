export { readExchange } from './folder.ts';
export type { Chunk, End, Exchange, Head, Provenance, StoredRequest } from './format.ts';
export type { Running } from './http.ts';
export { type MatchOptions, ReplayMiss } from './match.ts';
export { type ModelReplyOptions, type ModelToolCall, modelReply } from './model-reply.ts';
export type { PlayOptions } from './play-options.ts';
export {
  type RecordingProxy,
  type RecordingProxyOptions,
  startRecordingProxy,
} from './proxy.ts';
export {
  type RecordingFetch,
  type RecordMode,
  type RecordOptions,
  recordFetch,
} from './record-fetch.ts';
export type { Recorded } from './recorder.ts';
export type { Outcome } from './recording.ts';
export { type ReplayFetch, type ReplayOptions, replayFetch } from './replay-fetch.ts';
export type { AnyFetch } from './request.ts';
export { type ReplayServer, type ReplayServerOptions, startReplayServer } from './server.ts';
