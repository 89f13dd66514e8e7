import { fieldsOf, isText } from '../../client/json.ts';
import type { StoredRequest } from '../exchange/exchange.ts';
import { leavesOf } from '../exchange/leaves.ts';

/** When an exchange answers a request. */
export interface MatchOptions {
  /**
   * Fields of the request's body that are not compared: `seed`, `metadata.request_id`, `messages[0].content`,
   * `messages.*.content`. What lies in a field is left out with it.
   */
  readonly ignore?: readonly string[] | undefined;
  /**
   * Changes a request before it is compared: takes the date out of a prompt, gives each tool call the same id. It
   * gets a copy of what was sent, and one of what was recorded, and gives back what is compared. The headers hold
   * the content type alone.
   */
  readonly normalize?: ((request: StoredRequest) => StoredRequest) | undefined;
}

export const matchOptionNames: readonly (keyof MatchOptions)[] = ['ignore', 'normalize'];

/** A request as it is compared. */
export interface Comparable {
  /** `POST /v1/chat/completions` */
  readonly call: string;
  readonly leaves: ReadonlyMap<string, unknown>;
  /** Equal for what is equal. */
  readonly key: string;
}

/**
 * Makes what turns a request into what is compared.
 * @throws {TypeError} if an option has a wrong value
 */
export function createComparison({ ignore = [], normalize }: MatchOptions) {
  const isIgnored = createIgnore(ignore);
  return (original: StoredRequest): Comparable => {
    const request = normalize ? applyNormalize(normalize, original) : original;
    const { method, path, headers, body } = request;
    const leaves = leavesOf(withoutBoundary(body, headers?.['content-type']))
      .filter(({ place }) => !isIgnored(place))
      // The order of an object's keys does not matter, so the places are sorted.
      .sort((a, b) => (a.place < b.place ? -1 : 1));
    return {
      call: `${method} ${withSortedQuery(path)}`,
      leaves: new Map(leaves.map(({ place, value }) => [place, value])),
      key: JSON.stringify(leaves.map(({ place, value }) => [place, value])),
    };
  };
}

function applyNormalize(
  normalize: NonNullable<MatchOptions['normalize']>,
  original: StoredRequest,
): StoredRequest {
  const request = normalize(structuredClone(original));
  const { method, path } = fieldsOf(request);
  if (typeof method === 'string' && typeof path === 'string') return request;
  throw new TypeError(
    'normalize must return the request that is compared: { method, path, headers, body }',
  );
}

/** The order of a query's parameters does not matter, but that of those with the same name does. */
function withSortedQuery(path: string): string {
  const [place = '', query] = path.split('?', 2);
  if (query === undefined) return path;
  const parameters = new URLSearchParams(query);
  parameters.sort();
  return `${place}?${parameters}`;
}

/** Every client makes up a text of its own to separate the parts of a form. (RFC 2046, 5.1.1) */
function withoutBoundary(body: unknown, contentType = ''): unknown {
  const [, quoted, plain] =
    /^multipart\/.*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary && typeof body === 'string' ? body.replaceAll(boundary, 'boundary') : body;
}

/** The steps of a place, however each is written: `.name`, `[0]`, `["other name"]`. */
const stepsOf = (place: string): string[] =>
  [...place.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name ?? '',
  );

/** Makes the test whether a place is one of those that are ignored, or lies in one. */
function createIgnore(fields: readonly string[]): (place: string) => boolean {
  const isList = Array.isArray(fields) && fields.every(isText);
  if (!isList) throw new TypeError("ignore must be a list of fields, such as ['seed']");
  const ignored = fields.map(stepsOf);
  return (place) => {
    const steps = stepsOf(place);
    return ignored.some((field) =>
      field.every((step, at) => (step === '*' ? at < steps.length : step === steps[at])),
    );
  };
}
