import type { Meta } from './host.ts';

/**
 * What the host asks a reply, and what a subclass may add to one: the names are those of the npm package
 * `ai-agent-response` 1.1.4, without its plans, which are no answers.
 */
export class AgentResponse {
  message: string;
  /** The host keeps this very object and saves it after the stream, so it is filled and never replaced. */
  readonly meta: Meta = {};
  stream: AsyncIterable<string> | null = null;
  availableTasks: unknown[] = [];
  nextTasks: unknown[] = [];
  #isHtml = false;

  /** @param message - the whole text of a reply that is no stream */
  constructor(message = '') {
    this.message = message;
  }

  getFullMessage(): string {
    return this.message;
  }

  setStream(stream: AsyncIterable<string>): void {
    this.stream = stream;
  }

  isStream(): boolean {
    return this.stream !== null;
  }

  getStream(): AsyncIterable<string> {
    return this.stream ?? single(this.message);
  }

  isPlanResponse(): boolean {
    return false;
  }

  setAsHtml(): void {
    this.#isHtml = true;
  }

  isHtml(): boolean {
    return this.#isHtml;
  }

  addAvailableTask(task: unknown): void {
    this.availableTasks.push(task);
  }

  getAvailableTasks(): unknown[] {
    return this.availableTasks;
  }

  hasAvailableTasks(): boolean {
    return this.availableTasks.length > 0;
  }

  addNextTask(task: unknown): void {
    this.nextTasks.push(task);
  }

  getNextTasks(): unknown[] {
    return this.nextTasks;
  }

  hasNextTasks(): boolean {
    return this.nextTasks.length > 0;
  }

  setMeta(meta: Meta): void {
    Object.assign(this.meta, meta);
  }

  getMeta(): Meta {
    return this.meta;
  }
}

async function* single(message: string): AsyncGenerator<string> {
  yield message;
}
