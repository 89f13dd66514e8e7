import { EventReader, type ServerEvent } from '../read/sse.ts';
import type { Source } from '../send/connection.ts';

/** Why no more bytes will come, if there is a reason, and the lines that were no event. */
export interface BodyEnd {
  cause: unknown;
  strayLines: string;
}

/** The events of a response, read from its source when they are asked for. */
export class IncomingEvents {
  isReading = false;
  /** Set when no more bytes will come. */
  bodyEnd: BodyEnd | undefined;

  readonly #source: Source;
  readonly #reader: EventReader;
  readonly #onBack: () => void;

  /** @param onBack - called when a read has come back, with events or with the end */
  constructor(source: Source, maxEventBytes: number, onBack: () => void) {
    this.#source = source;
    this.#reader = new EventReader(maxEventBytes);
    this.#onBack = onBack;
  }

  /** The next event; `undefined` if the network has to be read first, or if the body is over. */
  take(): ServerEvent | undefined {
    return this.#reader.events.take();
  }

  /** Reads once. By callbacks, of which a read needs fewer promises than of `await`. */
  read(): void {
    this.isReading = true;
    try {
      this.#source.read().then(this.#onRead, this.#onBodyEnd);
    } catch (thrown) {
      // A body that somebody else made.
      this.#onBodyEnd(thrown);
    }
  }

  readonly #onRead = (read: ReadableStreamReadResult<Uint8Array>): void => {
    try {
      if (read.done) return this.#onBodyEnd();
      this.#reader.push(read.value);
    } catch (thrown) {
      return this.#onBodyEnd(thrown);
    }
    this.#comeBack();
  };

  readonly #onBodyEnd = (cause?: unknown): void => {
    let strayLines = '';
    try {
      strayLines = this.#reader.end().trim();
    } catch (thrown) {
      // The text is longer than a string can be.
      cause ??= thrown;
    }
    this.bodyEnd = { cause, strayLines };
    this.#comeBack();
  };

  #comeBack(): void {
    this.isReading = false;
    this.#onBack();
  }
}
