const encoder = new TextEncoder();

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/**
 * The bytes that a string takes in UTF-8. Deltas are a few characters long, and a loop over them is quicker than an
 * encoder and its array; for a long text it is the other way round.
 */
export function utf8Length(text: string): number {
  if (text.length > 4096) return encoder.encode(text).length;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    // The two halves of a pair take four bytes together.
    else if (unit < 0x800 || isSurrogate(unit)) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}
