// The replay kit: requests come in; what a server once said to them goes out, from files.
//
//   fetch, HTTP ─▶ match/request.ts ─▶ record/ ─▶ the server, and back chunk by chunk; at its end ─▶ exchange/ ─▶ disk
//                         └─▶ match/ ─▶ play/ ─▶ a Response with the same bytes, pauses and end
//
// exchange/  files in, exchanges out, and the reverse: the format, folders, names, frames
// match/     a request in, the exchange that answers it out, or a miss that shows the nearest one
// play/      an exchange and faults in, a Response out; replayFetch, modelReply
// record/    a fetch in, one that records out; what holds a secret is left out
// serve/     the same two over HTTP: the replay server with its page, and the recording proxy
//
// Each room reads the ones above it. Of the client the kit uses its JSON helpers, its search for secrets and nodeFetch.

export type { Chunk, End, Exchange, Head, Provenance, StoredRequest } from './exchange/exchange.ts';
export { readExchange } from './exchange/folder.ts';
export type { MatchOptions } from './match/comparison.ts';
export { ReplayMiss } from './match/match.ts';
export type { AnyFetch } from './match/request.ts';
export { type ModelReplyOptions, type ModelToolCall, modelReply } from './play/model-reply.ts';
export type { PlayOptions } from './play/play-options.ts';
export {
  type ReplayFetch,
  type ReplayOptions,
  type ReplaySource,
  replayFetch,
} from './play/replay-fetch.ts';
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
