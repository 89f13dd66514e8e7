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
 *   the answer's deltas ─ write ─ insertion.ts (without its fence) ─ text-writer.ts (edits) ─ the document
 *   the user's own edits ─ place.ts ─ where the place is now
 *
 * vscode.ts has the shapes of VS Code's API, and finds it.
 */
export interface Insertion {
  /** Adds to the request what the model has to know about the place. */
  instruct(messages: ChatMessage[]): ChatMessage[];
  /** The answer goes on. */
  write(delta: string): void;
  /** What was written so far does not belong to the answer. */
  restart(): void;
  /** The answer is whole. */
  finish(): Promise<void>;
  /** There is none: the document is left as it was, and the user reads why. */
  fail(reason: string): Promise<void>;
  /** The user does not want it any more. */
  onCancel(cancel: () => void): void;
}

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
  target: InsertionTarget,
  phrases: Phrases,
  clock: TurnClock,
): Promise<Insertion> {
  const document = await openDocument(vscode, target);
  const offset = document?.offsetAt(new vscode.Position(target.line, target.character)) ?? 0;
  const writer = document && new TextWriter(vscode, document, offset, clock);
  const notification = showProgress(vscode, phrases);
  let answer = '';
  let isOver = false;

  function close(): void {
    isOver = true;
    writer?.leave();
    notification.close();
  }

  async function fail(reason: string): Promise<void> {
    if (isOver) return;
    await writer?.write(() => '');
    close();
    vscode.window.showErrorMessage(phrases.insertionFailed(reason));
  }

  return {
    instruct: (messages) => (document ? withPlace(messages, document, offset) : messages),
    write(delta) {
      answer += delta;
      void writer?.write(() => textSoFar(answer));
    },
    restart() {
      answer = '';
      void writer?.write(() => '');
    },
    async finish() {
      if (isOver) return;
      if (await writer?.write(() => textToKeep(answer))) close();
      else await fail(phrases.documentGone());
    },
    fail,
    onCancel(run) {
      const cancel = () => {
        close();
        run();
      };
      notification.onCancel(cancel);
      if (writer) writer.onTakenBack = cancel;
    },
  };
}

/** @returns `undefined` if there is no such document any more; the user reads so when the answer comes */
async function openDocument(
  vscode: VSCode,
  { documentUri }: InsertionTarget,
): Promise<TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(vscode.Uri.parse(documentUri));
  } catch {
    return undefined;
  }
}

/** A notification with a button to cancel, until it is closed. */
function showProgress(vscode: VSCode, phrases: Phrases) {
  let cancel = () => {};
  let close = () => {};
  const progress = new Promise<void>((resolve) => {
    close = resolve;
  });
  void vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: phrases.generating(),
      cancellable: true,
    },
    (_, token) => {
      token.onCancellationRequested(() => cancel());
      return progress;
    },
  );
  return {
    close: () => close(),
    onCancel(run: () => void) {
      cancel = run;
    },
  };
}

/** The question, with what is around the place, and how to answer. */
function withPlace(messages: ChatMessage[], document: TextDocument, offset: number): ChatMessage[] {
  const text = document.getText();
  const before = text.slice(Math.max(offset - BEFORE_PLACE, 0), offset);
  const after = text.slice(offset, offset + AFTER_PLACE);
  const name = document.fileName.replace(/.*[\\/]/, '');
  const instruction = `You write into the file ${name} (${document.languageId}), at the cursor. Answer with the text that is to stand there and nothing else: no explanation, no code fence, no repetition of what is there already.`;
  const [first, ...others] = messages;
  const isSystem = first?.role === 'system';
  const system = isSystem ? `${first.content}\n\n${instruction}` : instruction;
  const rest = isSystem ? others : messages;
  return [
    { role: 'system', content: system },
    ...rest.map((message, i) => {
      if (i < rest.length - 1 || typeof message.content !== 'string') return message;
      const around = `Before the cursor:\n${before}\n\nBehind the cursor:\n${after}`;
      return { ...message, content: `${around}\n\n${message.content}` };
    }),
  ];
}
