/** Fails unless both have the same JSON. */
export function equal(actual: unknown, expected: unknown, what = 'it'): void {
  const [is, wanted] = [actual, expected].map((value) => JSON.stringify(value) ?? 'undefined');
  if (is !== wanted) throw new Error(`${what} is ${is}, expected ${wanted}`);
}

/** Fails unless `text` contains `part`. */
export function includes(text: string | undefined, part: string, what = 'the text'): void {
  if (!text?.includes(part)) throw new Error(`${what} lacks '${part}': ${text}`);
}

/** What a promise rejects with; fails where it does not reject. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}

/** The text that a reply gives, to its end. */
export async function readText(reply: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of reply) text += piece;
  return text;
}
