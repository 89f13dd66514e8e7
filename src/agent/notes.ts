/** Begins every note of the agent's own. It is how a note is told from the model's text, so it never changes. */
const MARK = '**local-llm** ·';

/** What the agent has to say in a reply: a quoted block that {@link removeNotes} knows again. */
export function formatNote(sign: string, text: string): string {
  return `> ${sign} ${MARK} ${text.trim().replace(/\s*\n\s*/g, '\n> ')}`;
}

/** Takes the agent's notes out of a reply's text: the model did not write them. */
export function removeNotes(text: string): string {
  return text.replace(/^> ?\S* ?\*\*local-llm\*\* ·.*(?:\n>.*)*/gm, '');
}
