/** A repetition that is shorter than this may be the model's own. */
const LEAST = 24;

/**
 * Makes the function that takes a repetition of the text so far off the beginning of its continuation: some servers send
 * the part again that they go on with.
 * @param part - the text so far
 */
export function createEchoFilter(part: string): (text: string) => string {
  let held = '';
  let isOver = part.length < LEAST;
  return (text) => {
    if (isOver) return text;
    held += text;
    if (held.length < part.length && part.startsWith(held) && text !== '') return '';
    isOver = true;
    return held.startsWith(part) ? held.slice(part.length) : held;
  };
}
