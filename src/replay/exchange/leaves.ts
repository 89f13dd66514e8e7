import { isObject } from '../../client/json.ts';

/** A part of a JSON value that holds no other, with its place: `messages[0].content`. */
interface Leaf {
  readonly place: string;
  readonly value: unknown;
}

/** What a list or an object consists of, each with its place; nothing for any other value. */
export function itemsWithPlaces(value: unknown, place: string): Leaf[] {
  if (Array.isArray(value)) {
    return value.map((item, index) => ({ place: `${place}[${index}]`, value: item }));
  }
  return Object.entries(isObject(value) ? value : {}).map(([key, item]) => ({
    place: place + stepTo(key, place === ''),
    value: item,
  }));
}

function stepTo(key: string, isFirst: boolean): string {
  if (!/^\w+$/.test(key)) return `[${JSON.stringify(key)}]`;
  return isFirst ? key : `.${key}`;
}

/**
 * A JSON value as a list of its leaves, in order. An empty object or list is a leaf as well, and no two leaves have the
 * same place: values with the same leaves are equal. It does not recurse, as JSON may be nested 20,000 levels deep.
 */
export function leavesOf(value: unknown, place = ''): Leaf[] {
  const leaves: Leaf[] = [];
  const open = [{ place, value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const items = itemsWithPlaces(next.value, next.place);
    if (items.length === 0) leaves.push(next);
    open.push(...items.reverse());
  }
  return leaves;
}
