import { sleep, type TurnClock } from '../turn/clock.ts';
import type { TextChange, TextDocument, VSCode } from './vscode.ts';

/** A stretch of a document, by the offsets of its characters. */
interface Stretch {
  readonly start: number;
  readonly length: number;
}

/** The least time between two edits, in ms. */
const BETWEEN_EDITS_MS = 100;

/** How often an edit is tried that fails because the document has just changed. */
const TRIES = 20;

/** Keeps a text in a document, at a place that follows the edits of others. */
export class TextWriter {
  readonly #vscode: VSCode;
  readonly #document: TextDocument;
  readonly #clock: TurnClock;
  readonly #onTakenBack: () => void;
  readonly #listener: { dispose(): void };
  #place: Stretch;
  #written = '';
  #wanted = () => '';
  /** The change that this is making now. */
  #own: TextChange | undefined;
  #state: 'new' | 'begun' | 'left' = 'new';
  #writing: Promise<boolean> | undefined;

  /** @param onTakenBack - the user has removed all of what was written, as undo does */
  constructor(
    vscode: VSCode,
    document: TextDocument,
    offset: number,
    clock: TurnClock,
    onTakenBack: () => void,
  ) {
    this.#vscode = vscode;
    this.#document = document;
    this.#clock = clock;
    this.#onTakenBack = onTakenBack;
    this.#place = { start: offset, length: 0 };
    this.#listener = vscode.workspace.onDidChangeTextDocument((event) => {
      if (!isSameDocument(event.document, document)) return;
      for (const change of event.contentChanges) this.#follow(change);
    });
  }

  /**
   * Makes the place this text. Edits are made one at a time; a late one writes the newest text.
   * @returns whether the document has it
   */
  write(text: () => string): Promise<boolean> {
    this.#wanted = () => this.#inLineEnds(text());
    this.#writing ??= this.#catchUp();
    return this.#writing;
  }

  leave(): void {
    this.#state = 'left';
    this.#listener.dispose();
  }

  #follow(change: TextChange): void {
    const own = this.#own;
    if (
      change.rangeOffset === own?.rangeOffset &&
      change.rangeLength === own.rangeLength &&
      change.text === own.text
    ) {
      this.#own = undefined;
      return;
    }
    const place = placeAfter(this.#place, change);
    this.#place = place ?? { start: change.rangeOffset, length: 0 };
    if (!place && this.#written !== '') this.#onTakenBack();
  }

  async #catchUp(): Promise<boolean> {
    // Whoever writes meanwhile waits for the same promise, so it has to be there first.
    await undefined;
    let wanted = this.#wanted();
    for (let tries = 0; tries < TRIES && this.#state !== 'left' && wanted !== this.#written; ) {
      tries = (await this.#change(wanted)) ? 0 : tries + 1;
      await sleep(BETWEEN_EDITS_MS, this.#clock);
      wanted = this.#wanted();
    }
    this.#writing = undefined;
    return wanted === this.#written;
  }

  /** Appends what is new, or puts the whole in the place of what is there. */
  async #change(wanted: string): Promise<boolean> {
    const { start, length } = this.#place;
    const isLonger = wanted.startsWith(this.#written);
    const change = isLonger
      ? { rangeOffset: start + length, rangeLength: 0, text: wanted.slice(this.#written.length) }
      : { rangeOffset: start, rangeLength: length, text: wanted };
    this.#own = change;
    const isDone = await this.#edit(change).catch(() => false);
    this.#own = undefined;
    if (!isDone) return false;
    this.#state = this.#state === 'left' ? 'left' : 'begun';
    const kept = isLonger ? this.#place.length : 0;
    this.#place = { start: this.#place.start, length: kept + change.text.length };
    this.#written = wanted;
    return true;
  }

  async #edit({ rangeOffset, rangeLength, text }: TextChange): Promise<boolean> {
    const document = this.#document;
    const range = new this.#vscode.Range(
      document.positionAt(rangeOffset),
      document.positionAt(rangeOffset + rangeLength),
    );
    const editor = this.#vscode.window.visibleTextEditors.find((one) =>
      isSameDocument(one.document, document),
    );
    if (editor) {
      // One undo takes back all of it.
      const options = { undoStopBefore: this.#state === 'new', undoStopAfter: false };
      return editor.edit((builder) => builder.replace(range, text), options);
    }
    const workspaceEdit = new this.#vscode.WorkspaceEdit();
    workspaceEdit.replace(document.uri, range, text);
    return this.#vscode.workspace.applyEdit(workspaceEdit);
  }

  /** VS Code expects the document's own line ends. */
  #inLineEnds(text: string): string {
    return this.#document.eol === 2 ? text.replace(/\r?\n/g, '\r\n') : text;
  }
}

function isSameDocument(one: { uri: { toString(): string } }, other: TextDocument): boolean {
  return one.uri.toString() === other.uri.toString();
}

/**
 * Where a stretch is after somebody has changed the document. What is typed at its borders stays outside of it.
 * @returns `undefined` if the change has removed all of it, as undo does
 */
export function placeAfter(
  { start, length }: Stretch,
  { rangeOffset, rangeLength, text }: TextChange,
): Stretch | undefined {
  const end = start + length;
  const rangeEnd = rangeOffset + rangeLength;
  const growth = text.length - rangeLength;
  if (rangeEnd <= start) return { start: start + growth, length };
  if (rangeOffset >= end) return { start, length };
  const coversAll = rangeOffset <= start && rangeEnd >= end;
  if (coversAll && text === '') return undefined;
  if (coversAll) return { start: rangeOffset + text.length, length: 0 };
  // It takes away the beginning, the end, or a part in the middle, to which the new text then belongs.
  if (rangeOffset < start) return { start: rangeOffset + text.length, length: end - rangeEnd };
  if (rangeEnd > end) return { start, length: rangeOffset - start };
  return { start, length: length + growth };
}
