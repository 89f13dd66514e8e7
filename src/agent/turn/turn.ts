import { setImmediate, setTimeout } from 'node:timers/promises';
import {
  type AvailableTask,
  type HostUtils,
  type Message,
  type Meta,
  postToPanel,
  type Thread,
  textOf,
} from '../host.ts';
import { sleep, type TurnClock } from './clock.ts';
import { EarlierReply } from './earlier-reply.ts';
import { Joiner, type JoinerEnd } from './joiner.ts';
import type { Leaving, OpenReply, ReplyWriter } from './reply.ts';
import { adoptSaved, catchUp, saveReply } from './saved-thread.ts';

/*
 * One turn of a thread, between the host's loop and the one who writes the reply:
 *
 *   beginTurn ─ the older turn ends ─ the panel has heard of it ─ the thread is brought up to date (saved-thread.ts)
 *   Turn.stream ─ write, onto the turn (reply.ts) ─ joiner.ts (deltas → chunks) ─ the host ─ the panel
 *     ├ saved-thread.ts: what would be lost is saved, every 5 s and when the process ends
 *     └ earlier-reply.ts: a reply that goes on in its own bubble
 *   opening.ts has what happens when a chat is opened; response.ts what the host is given; clock.ts the time of all of it
 */

/** By thread. The host makes a new agent when a setting changes, so no agent can hold it. */
const running = new Map<unknown, Turn>();

/** When each thread's last turn ended, for as long as that matters. */
const ended = new Map<unknown, number>();

/** What is saved when the process ends, by one listener: Node warns of a leak when there are more than ten. */
const savings = new Set<() => void>();

function saveAll(): void {
  for (const save of savings) save();
}

const keyOf = (thread: Thread): string | Thread => thread.id ?? thread;

/** The last turn of a thread, until it has ended. */
export const runningTurn = (thread: Thread): Turn | undefined => running.get(keyOf(thread));

/** A host's loop that takes longer than this to notice the end of its stream does not count. */
const LOOP_MS = 1000;

/**
 * The host tells the panel 500 ms after a stream's end that nobody answers any more. A reply that begins before then
 * would lose its Stop button.
 */
const QUIET_MS = 600;

/** How often a reply is saved while it is written: a process that is killed loses no more than that. */
const SAVE_MS = 5000;

/** The second click of a double-click comes within so many ms. The turn of the first may be over by then. */
const DOUBLE_CLICK_MS = 500;

/** The last button that was pressed. */
let press: { key: unknown; button: string; at: number } | undefined;

/** Whether a button was pressed twice: with a double-click, or while the turn that it has begun is still going on. */
export function isPressedTwice(thread: Thread, button: string, clock: TurnClock): boolean {
  const key = keyOf(thread);
  const at = clock.now();
  const isDouble = press?.key === key && press.button === button && at - press.at < DOUBLE_CLICK_MS;
  press = { key, button, at };
  const last = runningTurn(thread);
  return isDouble || (last?.button === button && last.state !== 'ready');
}

/**
 * Begins a turn. The thread's older turn is ended first, and the host is given the time to save it: a stream
 * that ends later would save its old copy of the thread over the new question. What the older one wrote is put
 * into the new thread object, if it is missing there, because the host saves that object next.
 * @param leaving - why the older one is left
 */
export async function beginTurn(
  thread: Thread,
  hostUtils: HostUtils | undefined,
  clock: TurnClock,
  button?: string,
  leaving: Leaving = 'unwanted',
): Promise<Turn> {
  const older = runningTurn(thread);
  const turn = new Turn(thread, hostUtils, clock, button);
  running.set(keyOf(thread), turn);
  await turn.begin(older, leaving);
  return turn;
}

/** One reply in a thread. */
export class Turn implements OpenReply {
  /** Ready for the host, and then read by it, until it is over. */
  state: 'waiting' | 'ready' | 'read' = 'waiting';
  bubble: Message | undefined;
  /** The one that has begun it. */
  readonly button: string | undefined;
  readonly hostUtils: HostUtils | undefined;
  readonly #thread: Thread;
  readonly #clock: TurnClock;
  readonly #leaving = new AbortController();
  readonly signal = this.#leaving.signal;
  readonly #over = new AbortController();
  #begun: Promise<void> | undefined;
  #joiner: Joiner | undefined;
  #writer: ReplyWriter | undefined;
  #earlier: EarlierReply | undefined;
  #written = '';
  #notice = '';
  #isPanelClosed = false;
  #stopClock = () => {};

  constructor(
    thread: Thread,
    hostUtils: HostUtils | undefined,
    clock: TurnClock,
    button: string | undefined,
  ) {
    this.#thread = thread;
    this.hostUtils = hostUtils;
    this.#clock = clock;
    this.button = button;
  }

  get text(): string {
    const joiner = this.#joiner;
    if (joiner?.isOver && this.bubble) return textOf(this.bubble);
    return this.#written + (joiner?.waiting ?? '');
  }

  /** Those under the reply, if the host can still show any. */
  get buttons(): readonly AvailableTask[] {
    return this.#isPanelClosed ? [] : (this.#writer?.buttons() ?? []);
  }

  begin(older: Turn | undefined, leaving: Leaving): Promise<void> {
    const thread = this.#thread;
    const repository = this.hostUtils?.threadRepository;
    this.#begun = (async () => {
      await older?.supersede(leaving);
      await quiet(thread, this.#clock, this.signal);
      // Nothing is awaited between the look at the disk and the host's saving.
      catchUp(thread, repository);
      while (isNextTaken(thread)) {
        await setTimeout(1);
        catchUp(thread, repository);
      }
      forgetButtons(thread, this.hostUtils);
      this.state = 'ready';
    })();
    return this.#begun;
  }

  /**
   * The reply's stream; nothing happens before it is read.
   * @param write - writes the reply onto the turn, which ends when this does
   */
  stream(writer: ReplyWriter, write: () => Promise<void>): Joiner {
    this.#writer = writer;
    const end = () => this.#joiner?.end();
    const onStart = () => {
      this.#start();
      write().then(end, end);
    };
    const onText = (text: string) => {
      this.showBelow('');
      this.#written += text;
    };
    const isOpen = () => this.#isPanelOpen();
    const onEnd = (how: JoinerEnd) => this.#end(how);
    this.#joiner = new Joiner({ onStart, isOpen, onText, onEnd }, this.#clock);
    // A newer turn came before the host has asked for the stream.
    if (this.signal.aborted) end();
    return this.#joiner;
  }

  /** The user does not want the reply any more. */
  cancel(): void {
    this.#leaving.abort('unwanted' satisfies Leaving);
  }

  /** Ends the turn; resolves when it is saved. */
  async supersede(leaving: Leaving): Promise<void> {
    // A turn that still waits for the panel goes on at once, and ends.
    this.#leaving.abort(leaving);
    await this.#begun?.catch(() => {});
    this.#joiner?.end();
    // The host reads a stream within microtasks of getting it, or never.
    await setImmediate();
    if (this.state === 'read') await sleep(LOOP_MS, this.#clock, this.#over.signal);
    await setImmediate();
    this.save();
  }

  /** The turn is over. A turn without a stream is ended by whoever began it. */
  release(): void {
    const key = keyOf(this.#thread);
    const now = this.#clock.now();
    if (running.get(key) === this) running.delete(key);
    for (const [other, at] of ended) if (at + QUIET_MS <= now) ended.delete(other);
    ended.set(key, now);
    this.#over.abort();
  }

  write = (text: string): void => {
    const joiner = this.#joiner;
    if (!joiner?.isOver) return joiner?.push(text);
    if (this.bubble) this.#setText(textOf(this.bubble) + text);
  };

  rewrite = async (text: string): Promise<void> => {
    // The host may have a chunk in hand.
    await setImmediate();
    if (!this.bubble || this.signal.aborted) return;
    this.#setText(text);
    this.#joiner?.replace(text);
  };

  showBelow = (text: string): void => {
    if (text === this.#notice) return;
    this.#notice = text;
    this.#show(this.bubble, this.#written + text);
  };

  /**
   * An earlier reply of the thread goes on, in its own bubble.
   * @param start - what takes the place of its text and meta, once it begins
   */
  goOnWith(message: Message, start: { text: string; meta: Meta }): EarlierReply {
    const show = (text: string) => {
      this.#show(message, text);
      // The panel scrolls to what was shown last. It would jump between the two bubbles. The host may have a chunk in hand.
      if (this.bubble) this.#show(this.bubble, textOf(this.bubble) + this.#notice);
    };
    this.#earlier = new EarlierReply(this, message, start, show, this.#clock);
    return this.#earlier;
  }

  /** Writes what the host would save only after the stream. After a failure it does not try again: the disk is full. */
  save = (): void => {
    const { bubble } = this;
    const writer = this.#writer;
    try {
      const reply = bubble && writer && { ...bubble, ...writer.messageIfEnded(this.text) };
      saveReply(this.#thread, reply, this.#earlier, this.hostUtils?.threadRepository);
    } catch (error) {
      this.#stopSaving();
      writer?.onSavingFailed(error);
    }
  };

  /**
   * Shows the reply in a page that was not there when it began; the host has sent the bubble before it listened, and the Stop
   * button with it.
   */
  showAgain(): void {
    const { bubble } = this;
    if (!bubble || this.signal.aborted) return;
    postToPanel(this.hostUtils, { type: 'messagesDeleted', messageIds: [bubble.id] });
    postToPanel(this.hostUtils, { type: 'addBotMessage', message: bubble, isStreaming: true });
    this.#show(bubble, this.#written + this.#notice);
  }

  #setText(text: string): void {
    if (!this.bubble) return;
    this.#written = text;
    this.bubble.text = text;
    this.#show(this.bubble, text);
  }

  #show(message: Message | undefined, text: string): void {
    postToPanel(this.hostUtils, { type: 'updateBotMessage', messageId: message?.id, text });
  }

  #isPanelOpen(): boolean {
    return postToPanel(this.hostUtils, { type: 'ping' });
  }

  #start(): void {
    this.state = 'read';
    // The host has put the reply's message behind the others.
    const last = this.#thread.messages.at(-1);
    if (last?.sender === 'bot') this.bubble = last;
    // The host would save it only after the stream, and a window that is reloaded or left has no time for that.
    if (savings.size === 0) process.on('exit', saveAll);
    savings.add(this.save);
    const saveLater = () => {
      this.#stopClock = this.#clock.after(SAVE_MS, () => {
        saveLater();
        this.save();
      });
    };
    saveLater();
  }

  #stopSaving(): void {
    this.#stopClock();
    savings.delete(this.save);
    if (savings.size === 0) process.off('exit', saveAll);
  }

  #end(how: JoinerEnd): void {
    const { bubble } = this;
    const isNewest = !this.signal.aborted;
    const isClosed = how === 'closed' || !this.#isPanelOpen();
    this.#stopSaving();
    // The host saves the very message that it shows, so what it will not take as a chunk is put there.
    if (how === 'closed') this.write(this.#joiner?.waiting ?? '');
    // The host is about to add its sentence of an error to the text.
    else if (isClosed && how === 'left' && bubble?.meta) bubble.meta.panelClosed = true;
    if (how !== 'done') this.#leaving.abort((isClosed ? 'unseen' : 'unwanted') satisfies Leaving);
    this.showBelow('');
    if (bubble) {
      // The host would post the buttons to a panel that is closed, and save an error for it.
      if (isClosed && this.buttons.length > 0) bubble.availableTasks = this.buttons;
      const repository = this.hostUtils?.threadRepository;
      adoptSaved(this.#thread, bubble, this.#earlier, isNewest, repository);
    }
    this.#isPanelClosed = isClosed;
    this.release();
  }
}

/**
 * The buttons under earlier replies are not for this conversation any more. The page cannot take them off a bubble, so it draws
 * all from there on anew.
 */
function forgetButtons(thread: Thread, hostUtils: HostUtils | undefined): void {
  const { messages } = thread;
  const hasButtons = (one: Message) => one?.availableTasks !== undefined;
  const first = messages.findIndex(hasButtons);
  if (first === -1) return;
  for (const message of messages.filter(hasButtons)) delete message.availableTasks;
  const rest = messages.slice(first);
  if (rest.some(({ type }) => type === 'marker')) {
    postToPanel(hostUtils, { type: 'loadThread', thread });
    return;
  }
  postToPanel(hostUtils, { type: 'messagesDeleted', messageIds: rest.map(({ id }) => id) });
  for (const message of rest) {
    const type = message.sender === 'user' ? 'addUserMessage' : 'addBotMessage';
    postToPanel(hostUtils, { type, message, isStreaming: false });
  }
}

/** Waits until the panel has heard of the end of the thread's last turn, or a newer turn has come. */
async function quiet(thread: Thread, clock: TurnClock, signal: AbortSignal): Promise<void> {
  const endedAt = ended.get(keyOf(thread));
  if (endedAt === undefined) return;
  const rest = endedAt + QUIET_MS - clock.now();
  if (rest > 0) await sleep(rest, clock, signal);
}

/**
 * Whether the reply would get the last message's id: the host's ids are the clock's milliseconds. One that is far
 * ahead is from another clock.
 */
function isNextTaken({ messages }: Thread): boolean {
  const [digits] = /\d+$/.exec(String(messages.at(-1)?.id)) ?? [];
  if (digits === undefined) return false;
  const ahead = Number(digits) - Date.now();
  return ahead >= 0 && ahead < 100;
}
