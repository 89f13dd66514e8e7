import type { ErrorReason } from './errors.ts';

/** What is known of a failure: the stable word, and what to do, where the words do not say it themselves. */
export interface KnownReason {
  reason?: ErrorReason | undefined;
  hint?: string | undefined;
}
