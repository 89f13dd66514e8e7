import type { Outcome } from './harness.ts';

/** Reads what a runtime's program told. */
export function parseOutcomes(json: string): Outcome[] {
  const outcomes: unknown = JSON.parse(json);
  if (Array.isArray(outcomes) && outcomes.length > 0 && outcomes.every(isOutcome)) return outcomes;
  throw new Error(`these are no outcomes: ${json}`);
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && 'name' in value;
}
