export { ChatError, type ErrorKind, type ErrorReason, isChatError } from './chat/errors.ts';
export { streamChat } from './chat/stream-chat.ts';
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
  ServerOptions,
  StreamOptions,
  Timeouts,
  Timing,
  ToolCall,
  ToolChoice,
  Usage,
  Verdict,
} from './chat/types.ts';
export {
  defaultChatModel,
  listModels,
  loadedChatModel,
  type Model,
  type ModelState,
} from './models.ts';
