import { setImmediate, setTimeout } from 'node:timers/promises';
import { type HostUtils, type Message, postToPanel, type Thread, textOf } from '../host.ts';
import { sleep, type TurnClock } from './clock.ts';
import { EarlierReply, type ReplyPart, type ReplyStart } from './earlier-reply.ts';
import { Joiner, type JoinerEnd, type JoinerEvents } from './joiner.ts';
import { adoptSaved, catchUp, saveAtExit, saveReply } from './saved-thread.ts';

/*
 * One turn of a thread, between the host's loop and the one who writes the reply:
 *
 *   beginTurn ─ the older turn ends ─ the panel has heard of it ─ the thread is brought up to date (saved-thread.ts)
 *   Turn.stream(writer) ─ writer.write(reply) ─ joiner.ts (deltas → chunks) ─ the host ─ the panel
 *     ├ saved-thread.ts: what would be lost is saved, every 5 s and when the process ends
 *     └ earlier-reply.ts: a reply that goes on in its own bubble
 *   opening.ts has what happens when a chat is opened; response.ts what the host is given; clock.ts the time of all of it
 */

/** A reply that is being written. */
export interface OpenReply {
  /** Its message in the thread; `undefined` if the host has none. */
  readonly bubble: Message | undefined;
  /** Aborts when the host leaves the stream or a newer turn comes, before anything is saved; the reason is a {@link Leaving}. */
  readonly signal: AbortSignal;
  /** What of it the host has, or will have. */
  readonly text: string;
  /** Adds to it; after its end into what the host is about to save, because the host takes no more chunks then. */
  write(text: string): void;
  /** Puts a text in the place of everything that was written. */
  rewrite(text: string): Promise<void>;
  /** Shows a text below the reply until more of the reply comes; `''` takes it away. It is not saved. */
  showBelow(text: string): void;
  /** An earlier reply of the thread goes on, in its own bubble. */
  goOnWith(message: Message, start: ReplyStart): EarlierReply;
  /** Saves what there is of it, now. */
  save(): void;
}

/** Why a reply is left: it is not wanted any more, or nobody looks at it now. */
export type Leaving = 'unwanted' | 'unseen';

/** Who writes a reply. */
export interface ReplyWriter {
  /** Writes it, once the host asks for its first chunk; the reply ends when this does. */
  write(reply: OpenReply): Promise<void>;
  /** What of its message would be saved if it ended now, with this text. */
  messageIfEnded(text: string): ReplyPart;
  /** The thread cannot be saved while the reply is written. */
  onSavingFailed(error: unknown): void;
}

interface RunningTurn {
  turn: Promise<Turn>;
  /** The same, when it has begun. */
  begun?: Turn;
  /** The button that has begun it. */
  button: string | undefined;
  hostUtils: HostUtils | undefined;
  /** A newer turn has come: this one need not wait. */
  hurry(): void;
}

/** The last turn of each thread, until it has ended. The host makes a new agent when a setting changes, so no agent can hold it. */
const running = new Map<unknown, RunningTurn>();

/** When each thread's last stream ended, for as long as that matters. */
const ended = new Map<unknown, number>();

/** A host's loop that takes longer than this to notice the end of its stream does not count. */
const LOOP_MS = 1000;

/**
 * The host tells the panel 500 ms after a stream's end that nobody answers any more. A reply that begins before then
 * would lose its Stop button.
 */
const QUIET_MS = 600;

/** How often a reply is saved while it is written: a process that is killed loses no more than that. */
const SAVE_MS = 5000;

/** Whether something is answered in a panel; each has services of its own. */
export const isAnswering = (thread: Thread, hostUtils: HostUtils | undefined): boolean =>
  hostUtils !== undefined && running.get(thread.id ?? thread)?.hostUtils === hostUtils;

/** The second click of a double-click comes within so many ms. The turn of the first may be over by then. */
const DOUBLE_CLICK_MS = 500;

/** The last button that was pressed. */
let press: { key: unknown; button: string; at: number } | undefined;

/** Whether a button was pressed twice: with a double-click, or while the turn that it has begun is still going on. */
export function isPressedTwice(thread: Thread, button: string, clock: TurnClock): boolean {
  const key = thread.id ?? thread;
  const at = clock.now();
  const isDouble = press?.key === key && press.button === button && at - press.at < DOUBLE_CLICK_MS;
  press = { key, button, at };
  const last = running.get(key);
  const isGoingOn = last?.begun === undefined || last.begun.isRead;
  return isDouble || (last?.button === button && isGoingOn);
}

/**
 * Begins a turn. The thread's older turn is ended first, and the host is given the time to save it: a stream
 * that ends later would save its old copy of the thread over the new question. What the older one wrote is put
 * into the new thread object, if it is missing there, because the host saves that object next.
 * @param leaving - why the older one is left
 */
export function beginTurn(
  thread: Thread,
  hostUtils: HostUtils | undefined,
  clock: TurnClock,
  button?: string,
  leaving: Leaving = 'unwanted',
): Promise<Turn> {
  const repository = hostUtils?.threadRepository;
  const key = thread.id ?? thread;
  const older = running.get(key);
  const haste = new AbortController();
  older?.hurry();

  const turn = (async () => {
    const before = await older?.turn.catch(() => undefined);
    await before?.supersede(leaving);
    await quiet(key, clock, haste.signal);
    // Nothing is awaited between the look at the disk and the host's saving.
    do {
      while (isNextTaken(thread)) await setTimeout(1);
      catchUp(thread, repository);
    } while (isNextTaken(thread));
    forgetButtons(thread, hostUtils);
    return new Turn(thread, hostUtils, clock, () => {
      if (running.get(key)?.turn === turn) running.delete(key);
      rememberEnd(key, clock);
    });
  })();
  const entry: RunningTurn = { turn, button, hostUtils, hurry: () => haste.abort() };
  const begin = (one: Turn) => {
    entry.begun = one;
  };
  turn.then(begin, () => {});
  running.set(key, entry);
  return turn;
}

/** One reply in a thread. */
class Turn implements OpenReply {
  bubble: Message | undefined;
  /** For a turn without a stream. */
  readonly release: () => void;
  readonly #thread: Thread;
  readonly #hostUtils: HostUtils | undefined;
  readonly #clock: TurnClock;
  readonly #controller = new AbortController();
  #joiner: Joiner | undefined;
  #earlier: EarlierReply | undefined;
  #written = '';
  #notice = '';
  #isPanelClosed = false;
  #isSuperseded = false;
  /** Pending while the host reads the stream. */
  #reading: Promise<void> | undefined;
  #stopReading = () => {};
  #stopSaving = () => {};
  #writer: ReplyWriter | undefined;

  constructor(
    thread: Thread,
    hostUtils: HostUtils | undefined,
    clock: TurnClock,
    onEnd: () => void,
  ) {
    this.#thread = thread;
    this.#hostUtils = hostUtils;
    this.#clock = clock;
    this.release = onEnd;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get text(): string {
    const joiner = this.#joiner;
    if (joiner?.isOver && this.bubble) return textOf(this.bubble);
    return this.#written + (joiner?.waiting ?? '');
  }

  /** Whether the host has begun to read the stream. */
  get isRead(): boolean {
    return this.#reading !== undefined;
  }

  /** The reply's stream; nothing happens before it is read. */
  stream(writer: ReplyWriter): Joiner {
    this.#writer = writer;
    const end = () => this.#joiner?.end();
    const events: JoinerEvents = {
      onStart: () => {
        this.#start();
        writer.write(this).then(end, end);
      },
      isOpen: () => this.#isPanelOpen(),
      onText: (text) => {
        this.showBelow('');
        this.#written += text;
      },
      onEnd: (how) => this.#end(how, writer),
    };
    this.#joiner = new Joiner(events, this.#clock);
    // A newer turn came before the host has asked for the stream.
    if (this.signal.aborted) end();
    return this.#joiner;
  }

  /** Whether the host can still show buttons under the reply: the panel is open, and no newer turn has come. */
  takesButtons(): boolean {
    return !this.#isPanelClosed && !this.#isSuperseded;
  }

  /** Ends the turn; resolves when it is saved. */
  async supersede(leaving: Leaving): Promise<void> {
    this.#isSuperseded = true;
    this.#controller.abort(leaving);
    this.#joiner?.end();
    // The host reads a stream within microtasks of getting it, or never.
    await setImmediate();
    const isRead = new AbortController();
    void this.#reading?.then(() => isRead.abort());
    if (this.#reading) await sleep(LOOP_MS, this.#clock, isRead.signal);
    await setImmediate();
    this.save();
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

  goOnWith = (message: Message, start: ReplyStart): EarlierReply => {
    const show = (text: string) => {
      this.#show(message, text);
      // The panel scrolls to what was shown last. It would jump between the two bubbles. The host may have a chunk in hand.
      if (this.bubble) this.#show(this.bubble, textOf(this.bubble) + this.#notice);
    };
    this.#earlier = new EarlierReply(message, start, show, this.#clock);
    return this.#earlier;
  };

  /** Writes what the host would save only after the stream. After a failure it does not try again: the disk is full. */
  save = (): void => {
    const { bubble } = this;
    const writer = this.#writer;
    try {
      const reply = bubble && writer && { ...bubble, ...writer.messageIfEnded(this.text) };
      saveReply(this.#thread, reply, this.#earlier, this.#hostUtils?.threadRepository);
    } catch (error) {
      this.#stopSaving();
      writer?.onSavingFailed(error);
    }
  };

  showAgain(): void {
    const { bubble } = this;
    if (!bubble || !this.isRead || this.signal.aborted) return;
    postToPanel(this.#hostUtils, { type: 'messagesDeleted', messageIds: [bubble.id] });
    postToPanel(this.#hostUtils, { type: 'addBotMessage', message: bubble, isStreaming: true });
    this.#show(bubble, this.#written + this.#notice);
  }

  #setText(text: string): void {
    if (!this.bubble) return;
    this.#written = text;
    this.bubble.text = text;
    this.#show(this.bubble, text);
  }

  #show(message: Message | undefined, text: string): void {
    postToPanel(this.#hostUtils, { type: 'updateBotMessage', messageId: message?.id, text });
  }

  #isPanelOpen(): boolean {
    return postToPanel(this.#hostUtils, { type: 'ping' });
  }

  #start(): void {
    this.#reading = new Promise((resolve) => {
      this.#stopReading = resolve;
    });
    // The host has put the reply's message behind the others.
    const last = this.#thread.messages.at(-1);
    if (last?.sender === 'bot') this.bubble = last;
    const takeBack = saveAtExit(this.save);
    let stopClock = () => {};
    const saveLater = () => {
      stopClock = this.#clock.after(SAVE_MS, () => {
        saveLater();
        this.save();
      });
    };
    saveLater();
    this.#stopSaving = () => {
      stopClock();
      takeBack();
    };
  }

  #end(how: JoinerEnd, writer: ReplyWriter): void {
    const { bubble } = this;
    const isNewest = !this.signal.aborted;
    this.#stopSaving();
    this.#isPanelClosed = how === 'closed' || !this.#isPanelOpen();
    if (how === 'closed') this.#keepTheRest();
    // The host is about to add its sentence of an error to the text.
    else if (this.#isPanelClosed && how === 'left' && bubble?.meta) bubble.meta.panelClosed = true;
    const leaving: Leaving = this.#isPanelClosed ? 'unseen' : 'unwanted';
    if (how !== 'done') this.#controller.abort(leaving);
    this.showBelow('');
    if (bubble) {
      // The host would post the buttons to a panel that is closed, and save an error for it.
      const { availableTasks } = writer.messageIfEnded(this.text);
      if (this.#isPanelClosed && availableTasks) bubble.availableTasks = availableTasks;
      const repository = this.#hostUtils?.threadRepository;
      adoptSaved(this.#thread, bubble, this.#earlier, isNewest, repository);
    }
    this.release();
    this.#stopReading();
  }

  /** The host saves the very message that it shows, so what it will not take as a chunk is put there. */
  #keepTheRest(): void {
    const { bubble } = this;
    const joiner = this.#joiner;
    if (!bubble || !joiner?.waiting) return;
    this.#written += joiner.waiting;
    bubble.text = `${bubble.text ?? ''}${joiner.waiting}`;
  }
}

/**
 * Shows the reply that is being streamed in a page that was not there when it began; the host has sent the bubble before it
 * listened, and the Stop button with it.
 */
export function showAgain(thread: Thread): void {
  running.get(thread.id ?? thread)?.begun?.showAgain();
}

/**
 * The buttons under earlier replies are not for this conversation any more. The page cannot take them off a bubble, so it draws
 * all from there on anew.
 */
function forgetButtons(thread: Thread, hostUtils: HostUtils | undefined): void {
  const { messages } = thread;
  const hasButtons = (one: Message) => one?.availableTasks && !Object.isFrozen(one);
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

function rememberEnd(key: unknown, clock: TurnClock): void {
  const now = clock.now();
  for (const [other, at] of ended) if (at + QUIET_MS <= now) ended.delete(other);
  ended.set(key, now);
}

/** Waits until the panel has heard of the end of the thread's last stream. */
async function quiet(key: unknown, clock: TurnClock, haste: AbortSignal): Promise<void> {
  const endedAt = ended.get(key);
  if (endedAt === undefined) return;
  const rest = endedAt + QUIET_MS - clock.now();
  if (rest > 0) await sleep(rest, clock, haste);
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
