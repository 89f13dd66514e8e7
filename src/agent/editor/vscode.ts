import { createRequire } from 'node:module';
import { isObject } from '../../client/json.ts';

/** What of VS Code's API 'Generate Text at Cursor' needs. See https://code.visualstudio.com/api/references/vscode-api */
export interface VSCode {
  Uri: { parse(text: string): unknown };
  Position: new (line: number, character: number) => unknown;
  Range: new (start: unknown, end: unknown) => unknown;
  WorkspaceEdit: new () => { replace(uri: unknown, range: unknown, text: string): void };
  ProgressLocation: { Notification: unknown };
  workspace: {
    openTextDocument(uri: unknown): PromiseLike<TextDocument>;
    applyEdit(edit: unknown): PromiseLike<boolean>;
    onDidChangeTextDocument(
      listener: (event: { document: TextDocument; contentChanges: readonly TextChange[] }) => void,
    ): { dispose(): void };
  };
  window: {
    visibleTextEditors: readonly TextEditor[];
    showErrorMessage(message: string): unknown;
    withProgress(
      options: { location: unknown; title: string; cancellable: boolean },
      task: (
        progress: unknown,
        token: { onCancellationRequested(listener: () => void): unknown },
      ) => PromiseLike<void>,
    ): unknown;
  };
}

export interface TextDocument {
  readonly uri: { toString(): string };
  readonly fileName: string;
  readonly languageId: string;
  /** 1 is LF, 2 is CRLF. */
  readonly eol: number;
  getText(): string;
  /** @param position - a `Position`, nothing that looks like one */
  offsetAt(position: unknown): number;
  positionAt(offset: number): unknown;
}

interface TextEditor {
  readonly document: TextDocument;
  edit(
    change: (builder: { replace(range: unknown, text: string): void }) => void,
    options: { undoStopBefore: boolean; undoStopAfter: boolean },
  ): PromiseLike<boolean>;
}

/** The offsets are those of the document before the change. */
export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** In the built file, which is CommonJS: the module that Node made for it. */
declare const module: { parent?: { filename?: string } | null } | undefined;

/**
 * VS Code's API, if this runs in its extension host; `undefined` elsewhere. Asked for only when it is needed: the
 * agent's file loads without it. The host looks which extension the asking file belongs to, and signs notifications with its
 * name, so the file that has required the agent asks.
 */
export function loadVSCode(): VSCode | undefined {
  const parent = typeof module === 'undefined' ? undefined : module.parent?.filename;
  try {
    const found: unknown = createRequire(parent ?? process.execPath)('vscode');
    const isVSCode = (value: unknown): value is VSCode => isObject(value) && 'workspace' in value;
    return isVSCode(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
