import Module from 'node:module';
import type { TextChange, VSCode } from '../../../src/agent/editor/vscode.ts';

type ChangeListener = Parameters<VSCode['workspace']['onDidChangeTextDocument']>[0];

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

/** A document that several hands write to. */
class TextDocument {
  readonly uri = { toString: () => 'file:///a.ts' };
  readonly fileName = '/work/a.ts';
  readonly languageId = 'typescript';
  readonly eol: number;
  readonly listeners = new Set<ChangeListener>();
  #content: string;
  readonly #undoStack: string[] = [];

  constructor(content: string, eol: number) {
    this.#content = content;
    this.eol = eol;
  }

  getText = () => this.#content;

  offsetAt(position: unknown) {
    if (!(position instanceof Position)) throw new Error('Invalid argument');
    const { line, character } = position;
    const before = this.#content.split('\n').slice(0, line).join('\n');
    return before.length + (line > 0 ? 1 : 0) + character;
  }

  positionAt(offset: number) {
    return offset;
  }

  /** What comes next is undone apart. */
  stopUndo(): void {
    this.#undoStack.push(this.#content);
  }

  replace(start: number, end: number, text: string): void {
    this.#content = this.#content.slice(0, start) + text + this.#content.slice(end);
    const contentChanges: TextChange[] = [{ rangeOffset: start, rangeLength: end - start, text }];
    for (const listen of this.listeners) listen({ document: this, contentChanges });
  }

  undo(): void {
    const before = this.#undoStack.pop();
    if (before === undefined) return;
    const content = this.#content;
    // VS Code reports the smallest change.
    let start = 0;
    while (start < before.length && content[start] === before[start]) start++;
    let end = 0;
    const most = Math.min(before.length, content.length) - start;
    while (end < most && content.at(-1 - end) === before.at(-1 - end)) end++;
    this.replace(start, content.length - end, before.slice(start, before.length - end));
  }
}

/** An editor of a document, as VS Code gives it to an extension. */
function createEditor(document: TextDocument) {
  return {
    document,
    async edit(
      callback: (builder: { replace(range: Range, text: string): void }) => void,
      { undoStopBefore }: { undoStopBefore: boolean },
    ) {
      const before = document.getText();
      await new Promise((resolve) => setImmediate(resolve));
      // An edit of a document that has changed meanwhile is refused.
      if (document.getText() !== before) return false;
      if (undoStopBefore) document.stopUndo();
      callback({ replace: ({ start, end }, text) => document.replace(start, end, text) });
      return true;
    },
  };
}

/** `vscode.workspace` with one document. */
function createWorkspace(document: TextDocument) {
  return {
    async openTextDocument(name: string) {
      if (name !== String(document.uri)) throw new Error('cannot open');
      return document;
    },
    async applyEdit({ edits }: WorkspaceEdit) {
      document.stopUndo();
      for (const [{ start, end }, text] of edits) document.replace(start, end, text);
      return true;
    },
    onDidChangeTextDocument(listen: ChangeListener) {
      document.listeners.add(listen);
      return { dispose: () => document.listeners.delete(listen) };
    },
  };
}

/** Makes `require('vscode')` give a double, in the way in which the extension host does it. */
export function installVSCode(initial: string, eol = 1): EditorDouble {
  const document = new TextDocument(initial, eol);
  const editor = createEditor(document);
  let isEditorOpen = true;
  let isBusy = false;
  let cancel = () => {};
  const errors: string[] = [];
  const window = {
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
  };
  const vscode = {
    ...{ Position, Range, WorkspaceEdit, window, workspace: createWorkspace(document) },
    Uri: { parse: (text: string) => text },
    ProgressLocation: { Notification: 15 },
  };
  const load = Reflect.get(Module, '_load');
  Reflect.set(Module, '_load', (name: string, ...more: unknown[]) =>
    name === 'vscode' ? vscode : load(name, ...more),
  );
  return {
    text: document.getText,
    type: (offset, text, removed = 0) => document.replace(offset, offset + removed, text),
    undo: () => document.undo(),
    closeEditor() {
      isEditorOpen = false;
    },
    errors,
    cancel: () => cancel(),
    isBusy: () => isBusy,
  };
}
