/**
 * The shapes that go in. They follow OpenAI's chat completions API, with what local servers add to it; every name is the
 * wire's own. Whatever a program already has fits: no type here asks for an index signature, and if a server may
 * know more words than these, any string is taken.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 * @see https://lmstudio.ai/docs/developer/openai-compat/chat-completions
 */

/** These words are known, so that an editor can offer them; any other string is sent unchanged. */
type Known<Words extends string> = Words | (string & Record<never, never>);

/**
 * One message of the conversation. A field that is not named here is sent, too: declare it in an interface of your own
 * that extends this one.
 */
export interface ChatMessage {
  /** Who speaks. Many chat templates take one `system` message, first, then `user` and `assistant` in turn. */
  role: Known<'system' | 'user' | 'assistant' | 'tool' | 'developer'>;
  /** Text, or a list of parts if there are images. Some servers require it in every message: `''` beside `tool_calls`. */
  content?: string | readonly ContentPart[] | null | undefined;
  /** Tells apart those who speak in one role; most templates pass over it. */
  name?: string | undefined;
  /** In an assistant's message: the calls it made. */
  tool_calls?: readonly MessageToolCall[] | undefined;
  /** In a tool's message: the `id` of the call that `content` answers. */
  tool_call_id?: string | undefined;
  /** In an assistant's message: what it thought, for templates that want it back. gpt-oss has it as `reasoning`. */
  reasoning_content?: string | null | undefined;
  /** The same, under the name that gpt-oss, Ollama and mlx use. */
  reasoning?: string | null | undefined;
}

/** A piece of a message. LM Studio takes `text` and `image_url`. */
export interface ContentPart {
  type: Known<'text' | 'image_url' | 'input_audio' | 'file'>;
  /** Of type `text`. */
  text?: string | undefined;
  /** Of type `image_url`. LM Studio takes PNG or JPEG as data URL (`data:image/png;base64,…`) and no web address. */
  image_url?: { url: string; detail?: Known<'auto' | 'low' | 'high'> | undefined } | undefined;
  /** Of type `input_audio`: `data` is base64. */
  input_audio?: { data: string; format: Known<'wav' | 'mp3'> } | undefined;
  /** Of type `file`. */
  file?: object | undefined;
}

/** A call as an assistant's message has it. `result.message` has those of a reply. */
export interface MessageToolCall {
  id: string;
  type: Known<'function' | 'custom'>;
  /** `arguments` is JSON text. */
  function?: { name: string; arguments: string } | undefined;
  /** Of type `custom`: `input` is any text. */
  custom?: { name: string; input: string } | undefined;
}

/** A tool that the model may call. */
export interface ChatTool {
  type: Known<'function'>;
  function?:
    | {
        name: string;
        /** What it does and when to use it, for the model. */
        description?: string | undefined;
        /** The parameters as JSON schema; left out, there are none. */
        parameters?: object | null | undefined;
        /** The arguments have to follow the schema, if the server can enforce that. */
        strict?: boolean | null | undefined;
      }
    | undefined;
}

/** Whether the model may, must or must not call tools; or which one it has to call. LM Studio takes no object. */
export type ToolChoice =
  | Known<'none' | 'auto' | 'required'>
  | { type: Known<'function'>; function?: { name: string } | undefined };

/** The form that the answer has to have. LM Studio takes `text` and `json_schema`, and not `json_object`. */
export interface ResponseFormat {
  type: Known<'text' | 'json_schema' | 'json_object'>;
  /** Of type `json_schema`. */
  json_schema?:
    | {
        name: string;
        description?: string | undefined;
        /** The JSON schema. */
        schema?: object | undefined;
        strict?: boolean | null | undefined;
      }
    | undefined;
}

/**
 * The request's body: sent unchanged, with `stream` and `stream_options` filled in unless given. What is left out is the
 * server's or the model's to decide.
 *
 * A field that is not named here goes into `options.extraBody`; a wrong name is an error, since a server would pass over
 * it without a word.
 */
export interface ChatRequest {
  /** The conversation, in order. A prompt cache serves what begins as the turn before did, byte for byte. */
  messages: readonly ChatMessage[];
  /** May be left out: a local server then answers with the model that it has loaded. See `listModels()`. */
  model?: string | undefined;
  /** 0 for the likeliest token each time, 1 for the model's own distribution, more for surprise. */
  temperature?: number | null | undefined;
  /** Draws from the likeliest tokens whose probabilities add up to this, 0 to 1. */
  top_p?: number | null | undefined;
  /** Draws from so many of the likeliest tokens. Not OpenAI's; local servers have it. */
  top_k?: number | null | undefined;
  /** Leaves out tokens less probable than this part, 0 to 1, of the likeliest one's probability. Not OpenAI's. */
  min_p?: number | null | undefined;
  /** The most tokens of the answer, reasoning counted. LM Studio's documentation has -1 for no limit. */
  max_tokens?: number | null | undefined;
  /** OpenAI's newer name of `max_tokens`; not every local server knows it. */
  max_completion_tokens?: number | null | undefined;
  /** Ends the answer before any of these texts. */
  stop?: string | readonly string[] | null | undefined;
  /** The same seed and request give the same answer, as far as the server can. */
  seed?: number | null | undefined;
  /** -2 to 2: above 0 tokens that have come at all come less. */
  presence_penalty?: number | null | undefined;
  /** -2 to 2: above 0 tokens come less the more often they have come. */
  frequency_penalty?: number | null | undefined;
  /** Above 1 what has come is repeated less. Not OpenAI's; LM Studio and llama.cpp have it. */
  repeat_penalty?: number | null | undefined;
  /** By token id: -100 (never) to 100 (always). */
  logit_bias?: { readonly [token: string]: number } | null | undefined;
  /** Sends each token's log probability; read it in `onChunk`. */
  logprobs?: boolean | null | undefined;
  /** With `logprobs`: so many alternatives of each token, 0 to 20. */
  top_logprobs?: number | null | undefined;
  /** How many answers. A reply reads the first; the others are seen by `onChunk` alone. LM Studio makes one. */
  n?: number | null | undefined;
  /** What the model may call. */
  tools?: readonly ChatTool[] | null | undefined;
  tool_choice?: ToolChoice | null | undefined;
  /** Whether it may call several tools in one turn. */
  parallel_tool_calls?: boolean | null | undefined;
  response_format?: ResponseFormat | null | undefined;
  /** How much it thinks; `none` switches that off. For LM Studio `reasoning` of `listModels()` has the efforts that a model knows. */
  reasoning_effort?:
    | Known<'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'>
    | null
    | undefined;
  /** Default true. With false the answer comes in one piece, which is read all the same. */
  stream?: boolean | null | undefined;
  /** Default `{ include_usage: true }`. `null` leaves it out, for servers that refuse the field. */
  stream_options?:
    | { include_usage?: boolean | undefined; include_obfuscation?: boolean | undefined }
    | null
    | undefined;
  /** LM Studio: seconds without a request after which a model that this request loads is unloaded. */
  ttl?: number | null | undefined;
  /** Who asks, for servers that keep account. */
  user?: string | null | undefined;
  /** What the server is to note with the request. */
  metadata?: object | null | undefined;
}
