/** What is called when a signal aborts, by signal. */
const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` when the signal aborts. However many wait for a signal, it has one listener of ours: Node warns of a
 * leak at the eleventh, and a program may well stop a hundred streams with one signal.
 * @returns a function that takes the listener away, to be called when there is nothing more to stop
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = listenersOf.get(signal) ?? new Set();
  if (listeners.size === 0) {
    listenersOf.set(signal, listeners);
    signal.addEventListener('abort', callListeners);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) signal.removeEventListener('abort', callListeners);
  };
}

function callListeners(this: AbortSignal): void {
  for (const listener of listenersOf.get(this) ?? []) listener();
}
