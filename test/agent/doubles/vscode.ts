import Module from 'node:module';
import type { DocumentChange, TextChange } from '../../../src/agent/editor/vscode.ts';

/** One document in VS Code, as far as an agent can tell it from a real one. */
export interface EditorDouble {
  /** What the document holds. */
  text(): string;
  /** The user types. */
  type(offset: number, text: string, removed?: number): void;
  /** One undo. */
  undo(): void;
  /** The editor is closed; the document stays. */
  closeEditor(): void;
  /** The messages that were shown. */
  errors: string[];
  /** Cancel is pressed in the notification. */
  cancel(): void;
  /** Whether the notification is still there. */
  isBusy(): boolean;
}

/** Makes `require('vscode')` give a double, in the way in which the extension host does it. */
export function installVSCode(initial: string, eol = 1): EditorDouble {
  let content = initial;
  let isEditorOpen = true;
  let isBusy = false;
  let cancel = () => {};
  const errors: string[] = [];
  const undoStack: string[] = [];
  const listeners = new Set<(event: DocumentChange) => void>();
  const uri = { toString: () => 'file:///a.ts' };
  const document = {
    uri,
    fileName: '/work/a.ts',
    languageId: 'typescript',
    eol,
    getText: () => content,
    offsetAt(position: unknown) {
      if (!(position instanceof Position)) throw new Error('Invalid argument');
      const { line, character } = position;
      return content.split('\n').slice(0, line).join('\n').length + (line > 0 ? 1 : 0) + character;
    },
    positionAt: (offset: number) => offset,
  };

  function change(changes: TextChange[]): void {
    for (const { rangeOffset, rangeLength, text } of changes) {
      content = content.slice(0, rangeOffset) + text + content.slice(rangeOffset + rangeLength);
    }
    for (const listen of listeners) listen({ document, contentChanges: changes });
  }

  function replace(start: number, end: number, text: string): void {
    change([{ rangeOffset: start, rangeLength: end - start, text }]);
  }

  class Position {
    readonly line: number;
    readonly character: number;
    constructor(line: number, character: number) {
      this.line = line;
      this.character = character;
    }
  }
  class Range {
    readonly start: number;
    readonly end: number;
    constructor(start: number, end: number) {
      this.start = start;
      this.end = end;
    }
  }
  class WorkspaceEdit {
    readonly edits: [Range, string][] = [];
    replace(_: unknown, range: Range, text: string) {
      this.edits.push([range, text]);
    }
  }
  const editor = {
    document,
    async edit(
      callback: (builder: { replace(range: Range, text: string): void }) => void,
      { undoStopBefore }: { undoStopBefore: boolean },
    ) {
      const before = content;
      await new Promise((resolve) => setImmediate(resolve));
      // An edit of a document that has changed meanwhile is refused.
      if (content !== before) return false;
      if (undoStopBefore) undoStack.push(content);
      callback({ replace: (range, text) => replace(range.start, range.end, text) });
      return true;
    },
  };
  const vscode = {
    Uri: { parse: (text: string) => text },
    Position,
    Range,
    WorkspaceEdit,
    ProgressLocation: { Notification: 15 },
    workspace: {
      async openTextDocument(name: string) {
        if (name !== String(uri)) throw new Error('cannot open');
        return document;
      },
      async applyEdit({ edits }: WorkspaceEdit) {
        undoStack.push(content);
        for (const [range, text] of edits) replace(range.start, range.end, text);
        return true;
      },
      onDidChangeTextDocument(listen: (event: DocumentChange) => void) {
        listeners.add(listen);
        return { dispose: () => listeners.delete(listen) };
      },
    },
    window: {
      get visibleTextEditors() {
        return isEditorOpen ? [editor] : [];
      },
      showErrorMessage: (message: string) => errors.push(message),
      withProgress(_: unknown, task: (progress: unknown, token: object) => PromiseLike<void>) {
        isBusy = true;
        const token = {
          onCancellationRequested(listen: () => void) {
            cancel = listen;
          },
        };
        return task({}, token).then(() => {
          isBusy = false;
        });
      },
    },
  };
  const load = Reflect.get(Module, '_load');
  Reflect.set(Module, '_load', (name: string, ...more: unknown[]) =>
    name === 'vscode' ? vscode : load(name, ...more),
  );
  return {
    text: () => content,
    type: (offset, text, removed = 0) => replace(offset, offset + removed, text),
    undo() {
      const before = undoStack.pop();
      if (before === undefined) return;
      // VS Code tells the smallest change.
      let start = 0;
      while (start < before.length && content[start] === before[start]) start++;
      let end = 0;
      while (
        end < Math.min(before.length, content.length) - start &&
        content.at(-1 - end) === before.at(-1 - end)
      ) {
        end++;
      }
      replace(start, content.length - end, before.slice(start, before.length - end));
    },
    closeEditor() {
      isEditorOpen = false;
    },
    errors,
    cancel: () => cancel(),
    isBusy: () => isBusy,
  };
}
