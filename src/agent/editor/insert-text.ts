import { fieldsOf } from '../../client/json.ts';
import type { ChatMessage } from '../../client/types.ts';
import type { Meta } from '../host.ts';
import type { Phrases } from '../say/phrases.ts';
import type { TurnClock } from '../turn/clock.ts';
import { textSoFar, textToKeep } from './inserted-text.ts';
import { TextWriter } from './text-writer.ts';
import type { TextDocument, VSCode } from './vscode.ts';

/**
 * 'Generate Text at Cursor': an answer that is written into a document.
 *
 *   the question's meta ─ targetOf ─ the place
 *   the request ─ instruct ─ the request with what is around the place
 *   the answer's deltas ─ write ─ inserted-text.ts (without its fence) ─ text-writer.ts (edits; where the place is now) ─ the document
 *
 * vscode.ts has the shapes of VS Code's API, and finds it.
 */
export type Insertion = Awaited<ReturnType<typeof createTextInsertion>>;

/** How many characters before and after the place the model reads. */
const BEFORE_PLACE = 4000;
const AFTER_PLACE = 1000;

/** Where a text goes. */
interface InsertionTarget {
  documentUri: string;
  line: number;
  character: number;
}

/** What 'Generate Text at Cursor' says of the place, in the question's meta. */
export function targetOf(meta: Meta | null | undefined): InsertionTarget | undefined {
  const { documentUri, position } = fieldsOf(meta?.targetEditor);
  const { line, character } = fieldsOf(position);
  if (meta?.insertMode !== true || typeof documentUri !== 'string') return undefined;
  return { documentUri, line: Number(line) || 0, character: Number(character) || 0 };
}

/** Writes an answer into a document, as it comes. What the user types elsewhere in it stays where it is. */
export async function createTextInsertion(
  vscode: VSCode,
  { documentUri, line, character }: InsertionTarget,
  phrases: Phrases,
  clock: TurnClock,
) {
  let answer = '';
  let isOver = false;
  let stop = () => {};
  const document = await openDocument(vscode, documentUri);
  const offset = document?.offsetAt(new vscode.Position(line, character)) ?? 0;
  const writer = document && new TextWriter(vscode, document, offset, clock, cancel);
  const closeNotification = showProgress(vscode, phrases, cancel);

  function close(): void {
    isOver = true;
    writer?.leave();
    closeNotification();
  }

  function cancel(): void {
    close();
    stop();
  }

  /** There is no answer: the document is left as it was, and the user reads why. */
  async function fail(reason: string): Promise<void> {
    if (isOver) return;
    await writer?.write(() => '');
    close();
    vscode.window.showErrorMessage(phrases.insertionFailed(reason));
  }

  return {
    /** Adds to the request what the model has to know about the place. */
    instruct: (messages: ChatMessage[]) =>
      document ? withPlace(messages, document, offset) : messages,
    /** The answer goes on. */
    write(delta: string): void {
      answer += delta;
      void writer?.write(() => textSoFar(answer));
    },
    /** What was written so far does not belong to the answer. */
    restart(): void {
      answer = '';
      void writer?.write(() => textSoFar(answer));
    },
    /** The answer is whole. */
    async finish(): Promise<void> {
      if (isOver) return;
      if (await writer?.write(() => textToKeep(answer))) close();
      else await fail(phrases.documentGone);
    },
    fail,
    /** The user may cancel it, or take it back. */
    onCancel(run: () => void): void {
      stop = run;
    },
  };
}

/** @returns `undefined` if there is no such document any more; the user reads so when the answer comes */
const openDocument = (vscode: VSCode, uri: string): PromiseLike<TextDocument | undefined> =>
  vscode.workspace.openTextDocument(vscode.Uri.parse(uri)).then(undefined, () => undefined);

/** A notification with a button to cancel, until it is closed by the function that is returned. */
function showProgress(vscode: VSCode, phrases: Phrases, cancel: () => void): () => void {
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const location = vscode.ProgressLocation.Notification;
  void vscode.window.withProgress(
    { location, title: phrases.generating, cancellable: true },
    (_, token) => {
      token.onCancellationRequested(cancel);
      return closed;
    },
  );
  return close;
}

/** The question, with what is around the place, and how to answer. */
function withPlace(messages: ChatMessage[], document: TextDocument, offset: number): ChatMessage[] {
  const last = messages.at(-1);
  if (typeof last?.content !== 'string') return messages;
  const text = document.getText();
  const before = text.slice(Math.max(offset - BEFORE_PLACE, 0), offset);
  const after = text.slice(offset, offset + AFTER_PLACE);
  const name = document.fileName.replace(/.*[\\/]/, '');
  const content = `You write into the file ${name} (${document.languageId}), at the cursor. Answer with the text that is to stand there and nothing else: no explanation, no code fence, no repetition of what is there already.

Before the cursor:
${before}

Behind the cursor:
${after}

${last.content}`;
  return [...messages.slice(0, -1), { ...last, content }];
}
