import type { Scenario } from '../scenario.ts';
import { connections } from './connections.ts';
import { ends, errorsBefore, errorsInside, malformed } from './errors.ts';
import { framing } from './framing.ts';
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
  ...verdicts,
  ...reasoning,
  ...tools,
  ...errorsBefore,
  ...errorsInside,
  ...ends,
  ...malformed,
  ...leaving,
  ...time,
  ...sizes,
  ...connections,
];
