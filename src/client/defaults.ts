/** LM Studio's address. It listens on IPv4 only, so the name `localhost` may fail or stall. */
export const DEFAULT_BASE_URL = 'http://127.0.0.1:1234/v1';

/** In ms. A large model on a small machine takes many minutes to be loaded and to read a long prompt. */
export const DEFAULT_TIMEOUTS = { firstToken: 30 * 60_000, idle: 5 * 60_000 } as const;

/** 32 MiB: the most bytes that one event may have. */
export const DEFAULT_MAX_EVENT_BYTES = 32 * 2 ** 20;

/** 64 MiB: the most bytes of text, reasoning and tool arguments together. */
export const DEFAULT_MAX_RESULT_BYTES = 64 * 2 ** 20;

/** The longest that a timer takes, in ms; with more it would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
