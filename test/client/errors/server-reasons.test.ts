import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorReason } from '../../../src/client/errors/errors.ts';
import { findServerReason } from '../../../src/client/errors/server-reasons.ts';

interface Signs {
  status?: number;
  code?: string | number;
  type?: string;
  words?: string;
}

const find = ({ status, code, type, words = '' }: Signs) =>
  findServerReason(status, { serverMessage: words, code, type });

/** What servers say, in the words of each, and why that is. */
const sentences: Record<string, string[]> = {
  token: [
    'An LM Studio API token is required to make requests to this server',
    'Malformed LM Studio API token provided: 0123456789...',
    'Invalid API Key',
    'Incorrect api-key',
    'Unauthorized',
    'Unauthorised request',
  ],
  memory: [
    'Failed to load model "big". Error: Model loading was stopped due to insufficient system resources.',
    'insufficient memory for this operation',
    'CUDA error: out of memory',
    'There is not enough memory to load it',
    'model requires more system memory (21.0 GiB) than is available (7.6 GiB)',
    'ggml: failed to allocate buffer of size 9876543210',
    'llama: unable to allocate CUDA0 buffer',
  ],
  image: [
    'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
    'this server was started without an mmproj file',
    'Model does not support images',
    "This model doesn't support vision",
    'The model does not support multimodal input',
    'tiny is not a multimodal model',
    'tiny is not a vision model',
    'The model has no vision',
    'An image was sent to a text-only model',
    "'url' field must be a base64 encoded image.",
    'messages[0].content[1].image_url is wrong',
    'Failed to load image or audio file: could not load the image',
    'cannot decode image',
    'failed to process image',
    'unable to read image',
    'could not fetch the image',
    'cannot open image',
    'failed to parse image',
    'Invalid image data',
    'unsupported image type',
  ],
  context: [
    'request (9025 tokens) exceeds the available context size (8192 tokens), try increasing it',
    "This model's maximum context length is 4096 tokens",
    'the maximum context of the model is 4096',
    'The prompt does not fit into the context window',
    'Trying to keep the first 900 tokens when context the overflows.',
    'the prompt is too long: 9025 tokens',
    'Prompt is too large',
    'too many tokens in the request',
  ],
  template: [
    'Error rendering prompt with jinja template: System message must be at the beginning.',
    'This chat_template does not know the role',
    'chat template error',
    'Failed to apply the prompt template',
    'Conversation roles must alternate user/assistant/user/assistant/...',
    'After the optional system message, the turns must be in order',
    'The system message must come first',
  ],
  'no-model': [
    "No models loaded. Please load a model in the developer page or use the 'lms load' command.",
    'no model is currently loaded',
    'No model loaded',
    'No models are loaded',
    'no model was loaded',
    'model is not loaded',
    'Model tiny not loaded',
  ],
  'model-unnamed': [
    'model name is missing from the request',
    'model is required',
    'The model parameter is required',
    'model field is required',
    'model name is required',
    'missing required field: "model"',
    'missing parameter model',
    "Missing field 'model'",
    'you must provide a model',
    'You must specify a model parameter',
  ],
  'model-not-found': [
    'Invalid model identifier "tiny". Please specify a valid downloaded model',
    'unknown model: tiny',
    'no such model',
    "model 'tiny' not found, try pulling it first",
    'The model `tiny` does not exist',
    'model tiny is not available',
    'tiny is not a valid model',
  ],
  'load-failed': [
    'Failed to load model "tiny". Error: Unknown architecture',
    'model name=broken failed to load',
    'Error loading model tiny',
    'could not load the engine',
    'unable to load the weights',
    'Model loading was stopped',
  ],
  crashed: [
    'The model has crashed without additional information. (Exit code: null)',
    'Error: Channel Error',
    'the engine exited with code 139',
    'llama runner exited unexpectedly',
    'llama runner process died',
    'the runner process exited',
    'proxy error: Failed to read connection',
  ],
  busy: [
    'The engine is overloaded',
    'Too many requests',
    'the queue is full',
    'server is busy, please try again',
    'no slot available',
    'no slots available',
  ],
  loading: ['Loading model', 'The model is loading, wait a little'],
  'base-url': [
    'Unexpected endpoint or method. (POST /chat/completions)',
    'no route for this path',
    'Cannot GET /models',
    'Cannot POST /chat/completions',
    'Invalid URL (POST /chat/completions)',
    'Method Not Allowed',
  ],
};

for (const [reason, said] of Object.entries(sentences)) {
  for (const words of said) {
    test(`${reason}: ${words}`, () => {
      assert.equal(find({ words }).reason, reason);
      assert.equal(find({ words, status: 400 }).reason, reason);
    });
  }
}

const byStatus: [status: number, reason: ErrorReason][] = [
  [401, 'token'],
  [403, 'token'],
  [413, 'context'],
  [429, 'busy'],
  [300, 'redirect'],
  [301, 'redirect'],
  [302, 'redirect'],
  [303, 'redirect'],
  [307, 'redirect'],
  [308, 'redirect'],
];

for (const [status, reason] of byStatus) {
  test(`status ${status} alone means ${reason}`, () => {
    assert.equal(find({ status, words: 'No.' }).reason, reason);
  });
}

const byCode: [code: string, reason: ErrorReason][] = [
  ['invalid_api_key', 'token'],
  ['exceed_context_size_error', 'context'],
  ['context_length_exceeded', 'context'],
  ['model_not_loaded', 'no-model'],
  ['model_not_found', 'model-not-found'],
];

for (const [code, reason] of byCode) {
  test(`the code ${code} alone means ${reason}`, () => {
    assert.equal(find({ type: code, words: 'No.' }).reason, reason);
    assert.equal(find({ code, type: 'invalid_request_error' }).reason, reason);
  });
}

const hints: [reason: ErrorReason, words: string, hint: string][] = [
  ['token', 'Unauthorized', 'Set options.apiKey'],
  ['memory', 'out of memory', 'Load a smaller model, or this one with less context'],
  ['image', 'image input is not supported', 'Choose a model that takes images, or leave them out'],
  ['image', 'invalid image', 'Send PNG or JPEG as a data URL'],
  ['context', 'too many tokens', 'Send less, or load the model with more context'],
  [
    'template',
    'roles must alternate',
    'Send one system message, first, then user and assistant in turn',
  ],
  ['no-model', 'no models loaded', 'Load a model. LM Studio: `lms load`'],
  [
    'model-unnamed',
    'model is required',
    'Set `model` in the request; listModels() gives the names',
  ],
  ['model-not-found', 'no such model', 'Ask listModels() for the names of its models'],
  ['load-failed', 'failed to load', "The server's log says why"],
  ['crashed', 'the model has crashed', 'Load the model again'],
  ['busy', 'too many requests', 'Ask again in a while'],
  ['loading', 'Loading model', 'Ask again in a while'],
  ['base-url', 'no route', 'Does options.baseURL end with /v1?'],
];

for (const [reason, words, hint] of hints) {
  test(`what to do about ${reason}: ${hint}`, () => {
    assert.deepEqual(find({ words }), { reason, hint });
  });
}

test('what to do about a redirect', () => {
  assert.deepEqual(find({ status: 301 }), {
    reason: 'redirect',
    hint: 'Set options.baseURL to the redirect target',
  });
});

const special: [reason: ErrorReason, why: string, some: Signs][] = [
  [
    'memory',
    'rather than that it was not loaded',
    { words: 'Failed to load the model: out of memory' },
  ],
  [
    'image',
    'rather than that something was not loaded',
    { words: 'failed to load image: no mmproj' },
  ],
  [
    'load-failed',
    'rather than that it is loading',
    { words: 'error loading model: loading was stopped' },
  ],
  [
    'context',
    'rather than what the template makes of it',
    { words: 'context size exceeded in the chat template' },
  ],
  ['no-model', 'rather than that none is there', { words: 'No models loaded: model not found' }],
  ['token', 'whatever the words are', { status: 401, words: 'model not found' }],
  [
    'model-not-found',
    'and not that the path is missing',
    { status: 404, words: "model 'tiny' not found" },
  ],
];

for (const [reason, why, some] of special) {
  test(`${reason}, ${why}`, () => assert.equal(find(some).reason, reason));
}

const missing: string[] = [
  '',
  'Not Found',
  '404 page not found',
  '404: Not Found',
  'Error 404 Not Found nginx',
  'File not found',
  'path not found: /chat/completions',
];

for (const words of missing) {
  test(`a 404 or 405 that says no more than ${JSON.stringify(words)} is a path that is not there`, () => {
    const known = { reason: 'base-url', hint: 'Does options.baseURL end with /v1?' };
    assert.deepEqual(find({ status: 404, words }), known);
    assert.deepEqual(find({ status: 405, words }), known);
  });
}

const unknown: Signs[] = [
  {},
  { words: 'Something went wrong' },
  { status: 500, words: '' },
  { status: 500, words: 'Not Found' },
  { status: 404, words: 'The conversation was not found' },
  { status: 404, words: 'Nothing found' },
  { status: 500, words: 'CUDA RUNTIME failure' },
  { status: 500, words: 'TLS section missing in config' },
  { status: 400, words: 'Unknown field: image_size' },
  { status: 400, words: 'Invalid content: it has to be a text' },
  { status: 503, words: 'Service Unavailable' },
  { status: 400, words: 'downloading' },
  { type: 'invalid_request_error', code: 400 },
];

for (const some of unknown) {
  test(`nothing is made up about ${JSON.stringify(some)}`, () => {
    assert.deepEqual(find(some), { reason: undefined, hint: undefined });
  });
}

test('in long words, a page or a template, signs are looked for at both ends', () => {
  const sign = 'roles must alternate';
  const page = (at: number) => `${' '.repeat(at)}${sign}${' '.repeat(10_000 - sign.length - at)}`;
  const reasonOf = (words: string) => find({ words }).reason;
  assert.equal(reasonOf(page(0)), 'template');
  assert.equal(reasonOf(page(2000 - sign.length)), 'template');
  assert.equal(reasonOf(page(2000 - sign.length + 1)), undefined);
  assert.equal(reasonOf(page(5000)), undefined);
  assert.equal(reasonOf(page(8000 - 1)), undefined);
  assert.equal(reasonOf(page(8000)), 'template');
  assert.equal(reasonOf(`${' '.repeat(1990)}${sign}${' '.repeat(1990)}`), 'template');
  // What stands on both sides of the gap makes no sign together.
  assert.equal(
    reasonOf(`${' '.repeat(1990)}no models ${'x'.repeat(100)} loaded${' '.repeat(1993)}`),
    undefined,
  );
});
