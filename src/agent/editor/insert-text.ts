import { setTimeout } from 'node:timers/promises';
import { fieldsOf } from '../../client/json.ts';
import type { ChatMessage } from '../../client/types.ts';
import type { Meta } from '../host.ts';
import type { Phrases } from '../say/phrases.ts';
import { type Insertion, withoutOuterFence } from './insertion.ts';
import type { TextChange, TextDocument, VSCode } from './vscode.ts';

/** The least time between two edits, in ms. */
const BETWEEN_EDITS_MS = 100;

/** How often an edit is tried that fails because the document has just changed. */
const TRIES = 20;

/** How many characters before and behind the place the model reads. */
const BEFORE = 4000;
const BEHIND = 1000;

/** Where a text goes. */
interface Target {
  documentUri: string;
  line: number;
  character: number;
}

/** What 'Generate Text at Cursor' says of the place, in the question's meta; `undefined` where it says nothing. */
export function targetOf(meta: Meta | null | undefined): Target | undefined {
  const { documentUri, position } = fieldsOf(meta?.targetEditor);
  const { line, character } = fieldsOf(position);
  if (meta?.insertMode !== true || typeof documentUri !== 'string') return undefined;
  return { documentUri, line: Number(line) || 0, character: Number(character) || 0 };
}

/** Writes an answer into a document, as it comes. What the user types elsewhere in it stays where it is. */
export async function createTextInsertion(
  vscode: VSCode,
  target: Target,
  phrases: Phrases,
): Promise<Insertion> {
  let document: TextDocument | undefined;
  try {
    document = await vscode.workspace.openTextDocument(vscode.Uri.parse(target.documentUri));
  } catch {
    // Told when the answer comes.
  }
  const offset = document?.offsetAt(new vscode.Position(target.line, target.character)) ?? 0;
  const place = document && createPlace(vscode, document, offset);
  let text = '';
  let isOver = false;
  let cancel = () => {};
  let stopProgress = () => {};
  const progress = new Promise<void>((resolve) => {
    stopProgress = resolve;
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

  async function end(problem?: string): Promise<void> {
    if (isOver) return;
    isOver = true;
    const isWritten = problem === undefined && (await place?.write(withoutOuterFence(text, true)));
    if (!isWritten) {
      await place?.write('');
      vscode.window.showErrorMessage(phrases.insertionFailed(problem ?? phrases.documentGone()));
    }
    place?.leave();
    stopProgress();
  }

  return {
    instruct: (messages) => (document ? withPlace(messages, document, offset) : messages),
    write(delta) {
      text += delta;
      void place?.write(withoutOuterFence(text, false));
    },
    restart() {
      text = '';
      void place?.write('');
    },
    finish: () => end(),
    fail: (happened) => end(happened),
    onCancel(run) {
      cancel = () => {
        isOver = true;
        place?.leave();
        stopProgress();
        run();
      };
      place?.onTakenBack(() => cancel());
    },
  };
}

/** The part of a document that the agent writes. */
interface Place {
  /** Makes it this text; resolves when it is, or with false where that cannot be. */
  write(text: string): Promise<boolean>;
  /** The user has removed all of what was written, as undo does. */
  onTakenBack(run: () => void): void;
  /** No more of it. */
  leave(): void;
}

function createPlace(vscode: VSCode, document: TextDocument, offset: number): Place {
  let start = offset;
  let length = 0;
  let written = '';
  let wanted = '';
  let isFirst = true;
  let isLeft = false;
  let takenBack = () => {};
  /** The change that this is making now. */
  let own: TextChange | undefined;
  let writing: Promise<boolean> | undefined;

  const isSame = (one: TextChange, other: TextChange | undefined) =>
    one.rangeOffset === other?.rangeOffset &&
    one.rangeLength === other.rangeLength &&
    one.text === other.text;

  const listener = vscode.workspace.onDidChangeTextDocument((event) => {
    if (event.document.uri.toString() !== document.uri.toString()) return;
    for (const change of event.contentChanges) {
      if (isSame(change, own)) own = undefined;
      else follow(change);
    }
  });

  /** Somebody else has changed the document. */
  function follow({ rangeOffset, rangeLength, text }: TextChange): void {
    const growth = text.length - rangeLength;
    const end = rangeOffset + rangeLength;
    if (end <= start && (rangeLength > 0 || rangeOffset < start || length === 0)) start += growth;
    else if (rangeOffset < start + length) {
      const isTakenBack = rangeOffset <= start && end >= start + length && text === '';
      start = Math.min(start, rangeOffset);
      length = Math.max(length + growth, 0);
      if (isTakenBack && written !== '') takenBack();
    }
  }

  async function edit(offset: number, removed: number, text: string): Promise<boolean> {
    const range = new vscode.Range(
      document.positionAt(offset),
      document.positionAt(offset + removed),
    );
    own = { rangeOffset: offset, rangeLength: removed, text };
    const editor = vscode.window.visibleTextEditors.find(
      (one) => one.document.uri.toString() === document.uri.toString(),
    );
    let isDone: boolean;
    if (editor) {
      // One undo takes back all of it.
      const options = { undoStopBefore: isFirst, undoStopAfter: false };
      isDone = await editor.edit((builder) => builder.replace(range, text), options);
    } else {
      const workspaceEdit = new vscode.WorkspaceEdit();
      workspaceEdit.replace(document.uri, range, text);
      isDone = await vscode.workspace.applyEdit(workspaceEdit);
    }
    own = undefined;
    if (isDone) isFirst = false;
    return isDone;
  }

  async function catchUp(): Promise<boolean> {
    let tries = 0;
    while (written !== wanted && !isLeft && tries < TRIES) {
      const next = wanted;
      // At the end of a line VS Code wants the document's own sign.
      const [whole, old] = [next, written].map((text) =>
        document.eol === 2 ? text.replace(/\r?\n/g, '\r\n') : text,
      );
      if (whole === undefined || old === undefined) return false;
      const isLonger = whole.startsWith(old);
      const isDone = isLonger
        ? await edit(start + length, 0, whole.slice(old.length))
        : await edit(start, length, whole);
      if (isDone) {
        length = isLonger ? length + whole.length - old.length : whole.length;
        written = next;
        tries = 0;
      } else tries++;
      if (written !== wanted || !isDone) await setTimeout(BETWEEN_EDITS_MS);
    }
    return written === wanted;
  }

  return {
    async write(text) {
      wanted = text;
      // One at a time. What was wanted last may have come behind the last look.
      for (let round = 0; written !== wanted && !isLeft && round < 2; round++) {
        writing ??= catchUp()
          .catch(() => false)
          .finally(() => {
            writing = undefined;
          });
        await writing;
      }
      return written === wanted;
    },
    onTakenBack(run) {
      takenBack = run;
    },
    leave() {
      isLeft = true;
      listener.dispose();
    },
  };
}

/** The question, with what is around the place, and how to answer. */
function withPlace(messages: ChatMessage[], document: TextDocument, offset: number): ChatMessage[] {
  const text = document.getText();
  const before = text.slice(Math.max(offset - BEFORE, 0), offset);
  const behind = text.slice(offset, offset + BEHIND);
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
      const around = `Before the cursor:\n${before}\n\nBehind the cursor:\n${behind}`;
      return { ...message, content: `${around}\n\n${message.content}` };
    }),
  ];
}
