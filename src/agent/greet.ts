import type { Model } from '../models.ts';
import { explainError, explainProblems, factsOf } from './errors.ts';
import type { Meta } from './host.ts';
import { loadedModel } from './model.ts';
import { formatNote } from './notes.ts';
import type { Config } from './settings.ts';
import type { TurnWork } from './turn.ts';
import { phrases, type Say } from './words.ts';

/** The work of a turn that only tells whether the server is ready, and with which model. */
export function greet(
  config: Config,
  say: Say,
  meta: Meta,
  askModels: () => Promise<readonly Model[]>,
): TurnWork {
  async function findOut(): Promise<string> {
    if (config.problems.length > 0) {
      meta.error = { kind: 'settings' };
      return formatNote('⚠️', explainProblems(config, say).join('\n'));
    }
    try {
      const models = await askModels();
      const model = config.model ?? loadedModel(models);
      const name = model === undefined ? say(phrases.anyModel) : `\`${model}\``;
      return formatNote('✅', say(phrases.ready, { url: config.url, model: name }));
    } catch (error) {
      meta.error = factsOf(error);
      return formatNote('⚠️', await explainError(error, config, say, async () => []));
    }
  }
  return { run: async (write) => write(await findOut()) };
}
