/** The marks around reasoning, by the models that were seen to send them. */
export const pairs: readonly (readonly [open: string, close: string])[] = [
  // DeepSeek, Qwen and most others.
  ['<think>', '</think>'],
  // Qwen Code's models.
  ['<thinking>', '</thinking>'],
  // Magistral.
  ['[THINK]', '[/THINK]'],
  // Gemma 4.
  ['<|channel>thought', '<channel|>'],
  // Seed-OSS.
  ['<seed:think>', '</seed:think>'],
  // Cohere's Command A Reasoning and R7B.
  ['<|START_THINKING|>', '<|END_THINKING|>'],
];

/**
 * The tokens of gpt-oss's harmony format, if a server leaves them in:
 * `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…<|return|>`
 * @see https://cookbook.openai.com/articles/openai-harmony
 */
export const HEADER_STARTS = ['<|channel|>', '<|start|>'];
export const MESSAGE = '<|message|>';

/** Those, and the marks that Cohere's models put around an answer. None of them belongs to it. */
export const TOKENS = [
  ...HEADER_STARTS,
  MESSAGE,
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|START_RESPONSE|>',
  '<|END_RESPONSE|>',
];

/** How a content with such tokens begins. */
export const TOKEN_OPENINGS = [
  '<|start|>assistant',
  '<|channel|>analysis',
  '<|channel|>commentary',
  '<|channel|>final',
  '<|START_RESPONSE|>',
];

export const OPENINGS = [...pairs.map(([open]) => open), ...TOKEN_OPENINGS];
export const CLOSINGS = pairs.map(([, close]) => close);
export const ALL_MARKS = [...OPENINGS, ...CLOSINGS];

export interface FoundMark {
  before: string;
  mark: string;
  after: string;
}

/** Every mark begins with one of these, and none has another one inside. */
const BEGINNINGS = /[<[]/g;

/** Whether there can be a mark in a content, or the beginning of one. */
export const mayHoldMark = (content: string): boolean =>
  content.includes('<') || content.includes('[');

/** The first of these marks in a content. */
export function findFirst(marks: readonly string[], content: string): FoundMark | undefined {
  for (const { index } of content.matchAll(BEGINNINGS)) {
    const mark = marks.find((one) => content.startsWith(one, index));
    if (mark !== undefined) {
      const after = content.slice(index + mark.length);
      return { before: content.slice(0, index), mark, after };
    }
  }
  return undefined;
}

/** How many characters at the end of a content may be the beginning of one of these marks. */
export function lengthOfBeginning(marks: readonly string[], content: string): number {
  const end = content.slice(Math.max(content.lastIndexOf('<'), content.lastIndexOf('[')));
  return marks.some((mark) => mark.startsWith(end)) ? end.length : 0;
}
