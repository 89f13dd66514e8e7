import type { Stage } from '../read/fold.ts';
import type { StreamSettings } from '../send/options.ts';

/** What the server is waited for: its first token, the next byte, or the end of a reply that is or may be finished. */
export type Phase = 'firstToken' | 'idle' | Exclude<Stage, 'open'>;

/** How long a finished reply waits for usage and `[DONE]`; in ms. */
const FINISHED_MS = 2000;

/** How long a reply is waited for that may be finished, but whose server may send its finish reason early; in ms. */
const DOUBTFUL_MS = 10_000;

/** How long it is waited for that, in ms; 0 is for ever. */
export function limitOf(phase: Phase, timeouts: StreamSettings['timeouts']): number {
  if (phase === 'finished') return FINISHED_MS;
  if (phase === 'doubtful') return DOUBTFUL_MS;
  return timeouts[phase];
}

/** The phase that comes after `phase`, once a chunk was folded in. */
export function nextPhase(phase: Phase, folded: { stage: Stage; bytes: number }): Phase {
  const { stage, bytes } = folded;
  if (stage === 'finished') return 'finished';
  if (bytes === 0) return phase;
  return stage === 'doubtful' ? 'doubtful' : 'idle';
}
