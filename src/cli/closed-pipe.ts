/** What a shell gives for a program that a closed pipe has ended (128 + SIGPIPE). */
const CLOSED_PIPE = 141;

/**
 * Lets a closed pipe (`| head -1`, `less` and then q) end the process without a word, or, where it works for others, lets it go on.
 * Without this Node ends with a stack trace.
 */
export function endQuietlyOnClosedPipe(
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>,
  livesOn: boolean,
): void {
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isClosed = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
      if (!isClosed) throw error;
      if (!livesOn) process.exit(CLOSED_PIPE);
    });
  }
}
