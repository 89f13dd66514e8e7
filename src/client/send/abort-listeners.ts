/** Who listens to a signal: one listener of ours for all streams of a program, since Node warns of more than ten. */
const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `onAbort` when the signal aborts, unless the function that is given back was called before.
 * @returns takes the listener away; with the last one nothing of ours is left on the signal
 */
export function listenForAbort(signal: AbortSignal, onAbort: () => void): () => void {
  const all = listenersOf.get(signal) ?? new Set();
  listenersOf.set(signal, all);
  if (all.size === 0) signal.addEventListener('abort', callAll);
  all.add(onAbort);
  return () => {
    if (all.delete(onAbort) && all.size === 0) signal.removeEventListener('abort', callAll);
  };
}

function callAll(this: AbortSignal): void {
  for (const listener of listenersOf.get(this) ?? []) listener();
}
