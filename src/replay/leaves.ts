import { isObject } from '../json.ts';

/**
 * A JSON value as a list of what it is made of, each with its place: `messages[0].content`. What is empty (`{}`) is
 * in the list too, and no two places are the same: values with the same leaves are equal.
 */
export function leavesOf(value: unknown, place = ''): [place: string, leaf: unknown][] {
  const dot = place && '.';
  const items: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [`[${index}]`, item])
    : Object.entries(isObject(value) ? value : {}).map(([key, item]) =>
        /^\w+$/.test(key) ? [dot + key, item] : [`[${JSON.stringify(key)}]`, item],
      );
  if (items.length === 0) return [[place, value]];
  return items.flatMap(([step, item]) => leavesOf(item, place + step));
}
