const escapeForRegExp = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const anyStep = '(?:\\.?\\w+|\\[(?:\\d+|"(?:[^"\\\\]|\\\\.)*")\\])';

/** A step of a place, as `places.ts` writes it: `.name`, `[0]`, `["other name"]`. */
function patternOf(step: string): string {
  if (step === '*') return anyStep;
  const writings = [`.${step}`, `[${step}]`, `[${JSON.stringify(step)}]`].map(escapeForRegExp);
  return `(?:${writings.join('|')})`;
}

/**
 * Makes the test whether a place is one of those that are ignored, or lies in one.
 * @param fields - `seed`, `metadata.request_id`, `messages[0].content`, `messages.*.content`
 * @throws {TypeError} where they are no list of such texts
 */
export function createIgnore(fields: readonly string[]): (place: string) => boolean {
  const isList = Array.isArray(fields) && fields.every((it) => typeof it === 'string' && it !== '');
  if (!isList) throw new TypeError("ignore must be a list of fields, such as ['seed']");
  const patterns = fields.map((field) => {
    const steps = field.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g);
    const pattern = [...steps].map(([, quoted, index, name]) =>
      patternOf(quoted ?? index ?? name ?? ''),
    );
    return new RegExp(`^${pattern.join('')}(?=$|[.[])`);
  });
  // The first name of a place has no dot before it.
  return (place) => {
    const whole = place.startsWith('[') ? place : `.${place}`;
    return patterns.some((pattern) => pattern.test(whole));
  };
}
