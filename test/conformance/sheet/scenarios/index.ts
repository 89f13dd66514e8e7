import { connections } from './connections.ts';
import { ends, errorsBefore, errorsInside, malformed, streamOptions } from './errors.ts';
import { framing } from './framing.ts';
import { fields } from './reply/fields.ts';
import { finishes } from './reply/finishes.ts';
import { marks } from './reply/marks.ts';
import { oddTools } from './reply/odd-tools.ts';
import { reasons } from './reply/reasons.ts';
import { frames, reasoning, verdicts } from './reply/replies.ts';
import { tools } from './reply/tools.ts';
import { resuming } from './resuming.ts';
import type { Scenario } from './scenario.ts';
import { sizes } from './sizes.ts';
import { leaving, time } from './time.ts';

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
  ...reasons,
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
  ...resuming,
];
