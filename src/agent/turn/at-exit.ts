/** What is to be saved if the process ends now. */
const savings = new Set<() => void>();

function saveAll(): void {
  for (const save of savings) save();
}

/**
 * Saves something when the process ends: VS Code is left, or its window reloaded. The host would save a reply only
 * after its stream.
 * @param save - writes at once, without waiting for anything, and never throws
 * @returns the function that takes it back
 */
export function saveAtExit(save: () => void): () => void {
  if (savings.size === 0) process.on('exit', saveAll);
  savings.add(save);
  return () => {
    savings.delete(save);
    if (savings.size === 0) process.off('exit', saveAll);
  };
}
