export {
  ChatError,
  type ErrorKind,
  type ErrorReason,
  isChatError,
} from './client/errors/errors.ts';
export {
  chatModelsOf,
  defaultChatModel,
  listModels,
  loadedChatModel,
  type Model,
  type ModelState,
} from './client/models/models.ts';
export { resumeChat, streamChat } from './client/stream-chat.ts';
export type {
  ChatChunk,
  ChatMessage,
  ChatReply,
  ChatRequest,
  ChatResult,
  ChatTool,
  ContentPart,
  Fetch,
  MessageToolCall,
  PartialResult,
  ReplyEvent,
  ResponseFormat,
  ResumePoint,
  ServerOptions,
  StreamOptions,
  Timeouts,
  Timing,
  ToolCall,
  ToolChoice,
  Usage,
  Verdict,
} from './client/types.ts';
