export type { Chunk, End, Exchange, Head, Provenance, StoredRequest } from './exchange/exchange.ts';
export { readExchange } from './exchange/folder.ts';
export type { MatchOptions } from './match/comparison.ts';
export { ReplayMiss } from './match/match.ts';
export type { AnyFetch } from './match/request.ts';
export { type ModelReplyOptions, type ModelToolCall, modelReply } from './play/model-reply.ts';
export type { PlayOptions } from './play/play-options.ts';
export { type ReplayFetch, type ReplayOptions, replayFetch } from './play/replay-fetch.ts';
export type { Recorded } from './record/record.ts';
export {
  type RecordingFetch,
  type RecordMode,
  type RecordOptions,
  recordFetch,
} from './record/record-fetch.ts';
export type { RecordingOutcome } from './record/recording.ts';
export type { Running } from './serve/http.ts';
export {
  type RecordingProxy,
  type RecordingProxyOptions,
  startRecordingProxy,
} from './serve/proxy.ts';
export { type ReplayServer, type ReplayServerOptions, startReplayServer } from './serve/serve.ts';
