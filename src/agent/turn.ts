import { setImmediate, setTimeout } from 'node:timers/promises';
import { saveAtExit } from './at-exit.ts';
import {
  type AvailableTask,
  type HostUtils,
  type Message,
  postToPanel,
  type Thread,
} from './host.ts';
import { createJoiner, type Joiner } from './joiner.ts';
import { adoptSaved, catchUp, type Part, restoreParts, saveReply } from './saved-thread.ts';

/** A reply that is being written. */
export interface OpenReply {
  /** Its message in the thread; `undefined` where the host has none. */
  readonly bubble: Message | undefined;
  /** Aborts where the host leaves the stream or a newer turn comes, before anything is saved. */
  readonly signal: AbortSignal;
  write(text: string): void;
  /** Puts a text in the place of everything that was written. */
  rewrite(text: string): Promise<void>;
  /** Puts a text into a reply that has none, also after its end: the host takes no chunk any more then. */
  fillEmpty(text: string): void;
}

/** Writes a reply, once the host asks for its first chunk; the reply ends when this does. */
export type Work = (reply: OpenReply) => Promise<void>;

/** One answer in a thread. */
export interface Turn {
  /**
   * The reply's stream; nothing happens before it is read.
   * @param buttons - those under the reply, as they are at the time
   */
  stream(work: Work, buttons: () => readonly AvailableTask[]): Joiner;
  /** Whether the host can still show buttons under the reply: the panel is open, and no newer turn has come. */
  takesButtons(): boolean;
  /** For a turn without a stream. */
  release(): void;
  /** Ends the turn; resolves, with the parts that the host may lose, when the host has saved it. */
  supersede(): Promise<Part[]>;
}

interface Begun {
  turn: Promise<Turn>;
  /** A newer turn has come: this one need not wait. */
  hurry(): void;
}

/** The last turn of each thread. The host makes a new agent when a setting changes, so no agent can hold it. */
const running = new Map<unknown, Begun>();

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

/**
 * Begins a turn. The thread's older turn is ended first, and the host is given the time to save it: a stream
 * that ends later would save its old copy of the thread over the new question. What the older one wrote is put
 * into the new thread object, where it is missing, because the host saves that object next.
 */
export function beginTurn(thread: Thread, hostUtils?: HostUtils): Promise<Turn> {
  const repository = hostUtils?.threadRepository;
  const key = thread.id ?? thread;
  const older = running.get(key);
  older?.hurry();
  const haste = new AbortController();

  const turn = (async () => {
    const parts = (await (await older?.turn.catch(() => undefined))?.supersede()) ?? [];
    await quiet(key, haste.signal);
    // Nothing is awaited between the look at the disk and the host's saving.
    do {
      while (isNextTaken(thread)) await setTimeout(1);
      catchUp(thread, repository);
    } while (isNextTaken(thread));
    restoreParts(thread, parts, repository);
    return createTurn(thread, hostUtils, parts, () => {
      if (running.get(key)?.turn === turn) running.delete(key);
      rememberEnd(key);
    });
  })();
  running.set(key, { turn, hurry: () => haste.abort() });
  return turn;
}

function createTurn(
  thread: Thread,
  hostUtils: HostUtils | undefined,
  parts: Part[],
  onEnd: () => void,
): Turn {
  const repository = hostUtils?.threadRepository;
  const controller = new AbortController();
  let joiner: Joiner | undefined;
  let bubble: Message | undefined;
  let written = '';
  let isPanelClosed = false;
  let isSuperseded = false;
  /** Pending while the host reads the stream. */
  let reading: Promise<void> | undefined;
  const end = () => joiner?.end();

  /** Writes what the host would save only after the stream. */
  function save(buttons: readonly AvailableTask[]): void {
    if (!bubble || !joiner) return;
    const meta = { ...bubble.meta, verdict: bubble.meta?.verdict ?? 'stopped' };
    const reply = { ...bubble, text: written + joiner.waiting, meta };
    saveReply(
      thread,
      buttons.length > 0 ? { ...reply, availableTasks: buttons } : reply,
      repository,
    );
  }

  /** The host saves the very message that it shows, so what it will not take as a chunk is put there. */
  function keepTheRest(): void {
    if (!bubble || !joiner?.waiting) return;
    written += joiner.waiting;
    bubble.text = `${bubble.text ?? ''}${joiner.waiting}`;
  }

  async function rewrite(text: string): Promise<void> {
    // The host may have a chunk in hand.
    await setImmediate();
    if (!bubble || controller.signal.aborted) return;
    written = text;
    bubble.text = text;
    joiner?.replace(text);
    postToPanel(hostUtils, { type: 'updateBotMessage', messageId: bubble.id, text });
  }

  function fillEmpty(text: string): void {
    if (!bubble || bubble.text || written || joiner?.waiting) return;
    written = text;
    bubble.text = text;
    postToPanel(hostUtils, { type: 'updateBotMessage', messageId: bubble.id, text });
  }

  return {
    stream(work, buttons) {
      let stopSaving = () => {};
      let stopReading = () => {};
      joiner = createJoiner({
        onStart() {
          reading = new Promise((resolve) => {
            stopReading = resolve;
          });
          // The host has put the reply's message behind the others.
          const last = thread.messages.at(-1);
          if (last?.sender === 'bot') bubble = last;
          const takeBack = saveAtExit(() => save(buttons()));
          const timer = setInterval(() => save(buttons()), SAVE_MS).unref();
          stopSaving = () => {
            clearInterval(timer);
            takeBack();
          };
          work({
            bubble,
            signal: controller.signal,
            write: (text) => joiner?.push(text),
            rewrite,
            fillEmpty,
          }).then(end, end);
        },
        isOpen: () => postToPanel(hostUtils, { type: 'ping' }),
        onText(text) {
          written += text;
        },
        onEnd(how) {
          const isNewest = !controller.signal.aborted;
          stopSaving();
          isPanelClosed = how === 'closed' || !postToPanel(hostUtils, { type: 'ping' });
          if (how === 'closed') keepTheRest();
          // The host is about to add its sentence of an error to the text.
          else if (isPanelClosed && how === 'left' && bubble?.meta) bubble.meta.panelClosed = true;
          if (how !== 'done') controller.abort();
          // The host would post the buttons to a panel that is closed, and save an error for it.
          if (isPanelClosed && bubble) bubble.availableTasks = buttons();
          if (bubble) adoptSaved(thread, bubble, isNewest, repository);
          onEnd();
          stopReading();
        },
      });
      // A newer turn came before the host has asked for the stream.
      if (controller.signal.aborted) end();
      return joiner;
    },

    takesButtons: () => !isPanelClosed && !isSuperseded,

    release: onEnd,

    async supersede() {
      isSuperseded = true;
      controller.abort();
      end();
      // The host reads a stream within microtasks of getting it, or never.
      await setImmediate();
      await Promise.race([reading, setTimeout(LOOP_MS, undefined, { ref: false })]);
      await setImmediate();
      if (bubble) parts.push({ id: bubble.id, text: written, meta: bubble.meta });
      return parts;
    },
  };
}

function rememberEnd(key: unknown): void {
  const now = performance.now();
  ended.set(key, now);
  const forget = () => {
    if (ended.get(key) === now) ended.delete(key);
  };
  void setTimeout(QUIET_MS, undefined, { ref: false }).then(forget);
}

/** Waits until the panel has heard of the end of the thread's last stream. */
async function quiet(key: unknown, haste: AbortSignal): Promise<void> {
  const rest = (ended.get(key) ?? -Infinity) + QUIET_MS - performance.now();
  if (rest > 0) await setTimeout(rest, undefined, { signal: haste }).catch(() => {});
}

/**
 * Whether the reply would get the last message's id: the host's ids are the clock's milliseconds. One that is far
 * ahead is from another clock.
 */
function isNextTaken({ messages }: Thread): boolean {
  const ahead = Number(/\d+$/.exec(String(messages.at(-1)?.id))?.[0]) - Date.now();
  return ahead >= 0 && ahead < 100;
}
