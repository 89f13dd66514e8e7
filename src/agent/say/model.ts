/**
 * Whether two names mean the same model. Servers and people write it as a path, with and without the file's
 * ending, the quantisation and LM Studio's `:2` for a second instance.
 */
export function isSameModel(one: string, other: string): boolean {
  return bareName(one) === bareName(other);
}

function bareName(name: string): string {
  return name
    .toLowerCase()
    .replace(/.*[\\/]|[:@].*|\.gguf$/g, '')
    .replace(/([-_.](gguf|mlx|ud|i?q\d\w*|[bf]+p?\d+|\d+-?bit))+$/, '');
}
