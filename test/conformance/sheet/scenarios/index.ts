import type { Scenario } from '../scenario.ts';
import { connections } from './connections.ts';
import { ends, errorsBefore, errorsInside, malformed, streamOptions } from './errors.ts';
import { fields } from './fields.ts';
import { finishes } from './finishes.ts';
import { framing } from './framing.ts';
import { marks } from './marks.ts';
import { oddTools } from './odd-tools.ts';
import { frames, reasoning, verdicts } from './replies.ts';
import { sizes } from './sizes.ts';
import { leaving, time } from './time.ts';
import { tools } from './tools.ts';

/**
 * Every condition of the sheet, in the sheet's order. What is right in each was written down before any client
 * was run: from the HTML standard, OpenAI's API reference, what local servers are known to send, and the promises
 * of this project's README.
 */
export const scenarios: Scenario[] = [
  ...framing,
  ...frames,
  ...fields,
  ...verdicts,
  ...finishes,
  ...reasoning,
  ...marks,
  ...tools,
  ...oddTools,
  ...errorsBefore,
  ...streamOptions,
  ...errorsInside,
  ...ends,
  ...malformed,
  ...leaving,
  ...time,
  ...sizes,
  ...connections,
];
