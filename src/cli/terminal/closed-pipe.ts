/** What a shell gives for a program that a closed pipe has ended (128 + SIGPIPE). */
const CLOSED_PIPE = 141;

/**
 * Ends the process if its output goes nowhere: without a word for a closed pipe (`| head -1`, `less` and then q), and with one line
 * for a full disk. Without this Node ends with a stack trace.
 * @param livesOn - it works for others, and goes on without its output
 */
export function endWithoutOutput(
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>,
  livesOn: boolean,
): void {
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isClosed = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
      if (livesOn) return;
      if (isClosed) process.exit(CLOSED_PIPE);
      if (stream === stdout) stderr.write(`The output cannot be written: ${error.message}\n`);
      process.exit(1);
    });
  }
}
