import { chunk, data, done, finish, HELLO, opening, role, text } from '../frames.ts';
import { sends } from '../framing.ts';
import { group, type Right } from '../scenario.ts';

const reasoned: Right = { text: HELLO, reasoning: 'Hm. 1 < 2.' };
const thought = 'Hm. 1 < 2.';

/** A content that holds reasoning between marks, and what it says. */
interface Marked {
  name: string;
  content: string;
  right: Right;
}

const marked: Marked[] = [
  { name: '`<think>`', content: `<think>${thought}</think>\n\n${HELLO}`, right: reasoned },
  { name: '`<thinking>`', content: `<thinking>${thought}</thinking>\n\n${HELLO}`, right: reasoned },
  { name: '`[THINK]` (Magistral)', content: `[THINK]${thought}[/THINK]${HELLO}`, right: reasoned },
  {
    name: '`<|channel>thought` (Gemma 4)',
    content: `<|channel>thought\n${thought}\n<channel|>${HELLO}`,
    right: reasoned,
  },
  {
    name: '`<|channel>thought` without a thought (Gemma 4)',
    content: `<|channel>thought\n<channel|>${HELLO}`,
    right: { text: HELLO, reasoning: '' },
  },
  {
    name: '`<|channel|>analysis`, then `final` (gpt-oss)',
    content: `<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant<|channel|>final<|message|>${HELLO}`,
    right: reasoned,
  },
  {
    name: '`<|channel|>analysis`, then `final` up to `<|return|>` (gpt-oss)',
    content: `<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant<|channel|>final<|message|>${HELLO}<|return|>`,
    right: reasoned,
  },
  {
    name: '`<|start|>assistant<|channel|>analysis`, then `final` (gpt-oss)',
    content: `<|start|>assistant<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant<|channel|>final<|message|>${HELLO}`,
    right: reasoned,
  },
  {
    name: '`<|channel|>analysis`, then `commentary` as the answer (TensorRT-LLM)',
    content: `<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant<|channel|>commentary<|message|>${HELLO}`,
    right: reasoned,
  },
  {
    name: '`<|channel|>final` alone (gpt-oss)',
    content: `<|channel|>final<|message|>${HELLO}`,
    right: { text: HELLO, reasoning: '' },
  },
  {
    name: '`<seed:think>` (Seed-OSS)',
    content: `<seed:think>${thought}</seed:think>${HELLO}`,
    right: reasoned,
  },
  {
    name: '`<|START_THINKING|>`, then `<|START_RESPONSE|>` (Cohere)',
    content: `<|START_THINKING|>${thought}<|END_THINKING|><|START_RESPONSE|>${HELLO}<|END_RESPONSE|>`,
    right: reasoned,
  },
  {
    name: 'two blocks of `<think>`, the first one empty (Qwen3)',
    content: `<think>\n\n</think>\n\n<think>\n${thought}\n</think>\n\n${HELLO}`,
    right: reasoned,
  },
  {
    name: 'only `</think>`: the template wrote the opening one (LM Studio)',
    content: `${thought}</think>\n\n${HELLO}`,
    right: { ...reasoned, atLast: true },
  },
  {
    name: 'only `</think>`, and a second one in the answer stays',
    content: `${thought}</think>\n\nWrite </think> there.`,
    right: { text: 'Write </think> there.', reasoning: thought, atLast: true },
  },
];

/** Text in which the marks are only text. */
const unmarked = [
  '<thinker> is no tag',
  '<thought>',
  '[THINKING] is no mark',
  '[TH',
  '<|channel is no mark',
  '<|start|> is a token',
  'Use [THINK] and [/THINK], <thinking> and <|channel|>analysis<|message|> for that.',
];

/** As a model's tokens come, at the worst: a delta for each character. */
const characters = (content: string) => [...content].map((character) => text(character));

/**
 * LM Studio's bug-tracker#1368, #1495 and #2013, chat-ui#2127, mlx-vlm#899, mlx-lm#1867, TensorRT-LLM#9256,
 * Roo-Code#8522, llama.cpp#16158, qwen-code#8818.
 */
export const marks = group('Marks of reasoning in the content', [
  ...marked.flatMap(({ name, content, right }) => [
    { name, serve: sends(role, text(content), finish(), done), right, cuts: true as const },
    {
      name: `${name}, a character a delta`,
      serve: sends(role, ...characters(content), finish(), done),
      right,
    },
  ]),
  {
    name: '`</think>` at the start of the content, after `reasoning_content`',
    cuts: true,
    serve: sends(
      data(chunk({ role: 'assistant', reasoning_content: thought })),
      text('</think>'),
      text('\n\n'),
      text(HELLO),
      finish(),
      done,
    ),
    right: reasoned,
  },
  {
    name: '`</think>` at the start of the content, after `reasoning_content`, a character a delta',
    serve: sends(
      data(chunk({ role: 'assistant', reasoning_content: thought })),
      ...characters(`</think>\n\n${HELLO}`),
      finish(),
      done,
    ),
    right: reasoned,
  },
  {
    name: '`</think>` later in the content, after `reasoning_content`, stays',
    cuts: true,
    serve: sends(
      data(chunk({ role: 'assistant', reasoning_content: thought })),
      text('Write '),
      text('</think>'),
      text(' there.'),
      finish(),
      done,
    ),
    right: { text: 'Write </think> there.', reasoning: thought },
  },
  {
    name: '`</think>` in the answer, after `<think>…</think>`, stays',
    cuts: true,
    serve: sends(text(`<think>${thought}</think>Write `), text('</think> there.'), finish(), done),
    right: { text: 'Write </think> there.', reasoning: thought },
  },
  {
    name: '`[THINK]` that is never closed, cut by the limit',
    cuts: true,
    serve: sends(opening('[THINK]'), text(thought), finish('length'), done),
    right: [
      { text: '', reasoning: thought, finish: 'length' },
      { text: '', reasoning: thought, finish: 'empty' },
      { error: true },
    ],
  },
  {
    name: '`<|channel|>analysis` that is never closed, cut by the limit',
    cuts: true,
    serve: sends(opening('<|channel|>analysis<|message|>'), text(thought), finish('length'), done),
    right: [
      { text: '', reasoning: thought, finish: 'length' },
      { text: '', reasoning: thought, finish: 'empty' },
      { error: true },
    ],
  },
  {
    name: 'a stream that breaks off inside `<thinking>`',
    cuts: true,
    serve: sends(opening('<thinking>'), text('Hm.')),
    right: { error: true, keeps: '' },
  },
  ...unmarked.map((content) => ({
    name: `\`${content}\` is text`,
    serve: sends(role, ...characters(content), finish(), done),
    right: { text: content },
  })),
]);
