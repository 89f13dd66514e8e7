// One line in the setup of a test runner, and every request to a model is recorded by the first run and replayed by the
// others:
//
//   vitest, jest    setupFiles: ['local-llm-stream-agent/replay/setup']
//   node:test       node --import local-llm-stream-agent/replay/setup --test
//
// The `fetch` of the globals ─▶ a model's API? ─▶ recordFetch (into LOCAL_LLM_FIXTURES, default fixtures/llm)
//                                            └▶ else the `fetch` that was there before

import { recordFetch } from './index.ts';

/** The calls of the APIs of models: OpenAI's and Anthropic's below `/v1`, Ollama's and LM Studio's below `/api`. */
const modelCall =
  /\/v1\/(chat\/completions|completions|responses|messages|embeddings|rerank|models)\/?$|\/api\/(chat|generate|embed|embeddings|tags|v[01]\/\S+)$/;

/** A runner that keeps the globals from file to file runs this module for each. */
const isSetUp = Symbol.for('local-llm-stream-agent/replay/setup');

function setUp(): void {
  const before = globalThis.fetch;
  if (isSetUp in before) return;
  const record = recordFetch(
    (url, init) => before(url, init),
    process.env.LOCAL_LLM_FIXTURES ?? 'fixtures/llm',
  );
  const replacing = (input: string | URL | Request, init?: RequestInit) => {
    const address = String(typeof input === 'object' && 'url' in input ? input.url : input);
    // A page's own address, `/v1/…`, is no model's.
    const [path = ''] = /^https?:[^?#]+/.exec(address) ?? [];
    return modelCall.test(path) ? record(input, init) : before(input, init);
  };
  globalThis.fetch = Object.assign(replacing, { [isSetUp]: true });
}

setUp();
