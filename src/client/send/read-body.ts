/** How long a short body is read, in ms: a server may leave it open. */
const SHORT_BODY_MS = 2000;

/** How many characters of a short body are read; its words are in them. */
const SHORT_BODY_CHARACTERS = 2 ** 20;

/** A reader of a response's body; of an empty one if it has none. */
export const readerOf = ({ body }: Response): ReadableStreamDefaultReader<Uint8Array> =>
  (body ?? new Blob().stream()).getReader();

/**
 * A short body as text: an error's, a list of models. Of one that is longer than `mostCharacters`, that takes longer than
 * 2 s or that breaks off, as after an abort, it is what has come.
 */
export async function readBody(
  response: Response,
  mostCharacters = SHORT_BODY_CHARACTERS,
): Promise<string> {
  const reader = readerOf(response);
  const decoder = new TextDecoder();
  const stop = () => reader.cancel().catch(() => {});
  const timer = setTimeout(stop, SHORT_BODY_MS);
  let text = '';
  try {
    while (text.length < mostCharacters) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The body broke off.
  }
  clearTimeout(timer);
  stop();
  return text;
}
