import { isObject } from '../../client/json.ts';

/** A part of a JSON value that holds no other, with its place: `messages[0].content`. */
interface Leaf {
  readonly place: string;
  readonly value: unknown;
}

/** What a value consists of, with the step that leads to each item. */
function itemsWithSteps(value: unknown, place: string): Leaf[] {
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

/** JSON that is nested 20,000 levels deep can be sent, and recursion cannot follow it. */
const MOST_LEVELS = 200;

/**
 * A JSON value as a list of its leaves, in order. An empty object or list is a leaf as well, and no two leaves have the
 * same place: values with the same leaves are equal. What lies deeper than {@link isTooDeep} allows is one leaf.
 */
export function leavesOf(value: unknown, place = ''): Leaf[] {
  const leaves: Leaf[] = [];
  const open = [{ place, value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const depth = next.depth + 1;
    const items = depth > MOST_LEVELS ? [] : itemsWithSteps(next.value, next.place);
    if (items.length === 0) leaves.push({ place: next.place, value: next.value });
    for (const item of items.reverse()) open.push({ ...item, depth });
  }
  return leaves;
}

/** Whether a JSON value is nested so deep that it cannot be compared and written as one. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= MOST_LEVELS) return true;
    level = level.flatMap((item) => {
      if (Array.isArray(item)) return item;
      return isObject(item) ? Object.values(item) : [];
    });
  }
  return false;
}
