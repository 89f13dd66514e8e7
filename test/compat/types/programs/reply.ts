/** What comes out: a reply's three ways to be read, and errors that are told apart. */
import {
  type ChatError,
  type ChatResult,
  type ErrorKind,
  type ErrorReason,
  isChatError,
  type Model,
  streamChat,
  type Verdict,
} from 'local-llm-stream-agent';

/** A verdict that is new is an error here until somebody has thought of it. */
export function told(verdict: Verdict): string {
  switch (verdict) {
    case 'complete':
    case 'stopped':
      return '';
    case 'length':
    case 'content_filter':
      return 'It was cut.';
    case 'tool_calls':
      return 'It waits for tools.';
    case 'empty':
      return 'It said nothing.';
    default:
      return verdict satisfies never;
  }
}

export function advise(error: unknown): string {
  if (!isChatError(error)) return '';
  error satisfies ChatError;
  const kind: ErrorKind = error.kind;
  const reason: ErrorReason | undefined = error.reason;
  if (reason === 'refused') return error.hint ?? 'Start the server.';
  // @ts-expect-error no such reason
  if (reason === 'REFUSED') return '';
  // @ts-expect-error no such kind
  if (kind === 'network') return '';
  return error.partial?.text ?? error.serverMessage ?? '';
}

export const efforts = ({ reasoning = [] }: Model): string[] => reasoning.map((effort) => effort);

export async function read() {
  const reply = streamChat({ messages: [{ role: 'user', content: 'Hello' }] });
  for await (const text of reply) text.toUpperCase();
  for await (const event of reply.events()) {
    if (event.type === 'text') event.text.trim();
    if (event.type === 'finish') event.result.verdict satisfies Verdict;
    // @ts-expect-error no such event
    if (event.type === 'done') break;
  }
  const { verdict, toolCalls }: ChatResult = await reply.result;
  // @ts-expect-error no such verdict
  if (verdict === 'done') toolCalls.pop();
  // An answer's calls go back as a message.
  return streamChat({
    messages: [
      {
        role: 'assistant',
        content: '',
        tool_calls: toolCalls.map(({ id, name, arguments: json }) => ({
          id,
          type: 'function',
          function: { name, arguments: json },
        })),
      },
    ],
  });
}
