// A secret can stand in a text in the ways in which JSON, URLs and base64 write it. Each function is linear in the text.

/**
 * A text as it is, and as it reads when it is taken for JSON, for a part of a URL or a form, and for one in the other
 * (the arguments of a tool call are JSON in JSON; a URL in a form is encoded twice).
 */
export function readingsOf(text: string): string[] {
  const readings = [text];
  for (const decode of [decodeJson, decodePercent, decodeJson, decodePercent]) {
    for (const reading of [...readings]) {
      const decoded = decode(reading);
      if (!readings.includes(decoded)) readings.push(decoded);
    }
  }
  return readings;
}

/** What a short escape such as `\\n` stands for, by its letter; any other stands for itself. */
const shortEscapes = new Map(
  Object.entries({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }).map(([letter, character]) => [
    letter.charCodeAt(0),
    character.charCodeAt(0),
  ]),
);

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const LETTER_U = 0x75;

// The two functions below work on units and bytes, not with a replacer: a body may be 5 MB of escapes.

function decodeJson(text: string): string {
  if (!text.includes('\\')) return text;
  const units = new Uint16Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let unit = text.charCodeAt(at);
    if (unit === BACKSLASH && at + 1 < text.length) {
      const letter = text.charCodeAt(++at);
      unit = shortEscapes.get(letter) ?? letter;
      if (letter === LETTER_U) {
        const high = byteOf(text.charCodeAt(at + 1), text.charCodeAt(at + 2));
        const low = byteOf(text.charCodeAt(at + 3), text.charCodeAt(at + 4));
        if (high >= 0 && low >= 0) {
          unit = high * 256 + low;
          at += 4;
        }
      }
    }
    units[length++] = unit;
  }
  return Buffer.from(units.buffer, 0, length * 2).toString('utf16le');
}

function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] === PLUS ? SPACE : (bytes[at] ?? 0);
    if (byte === PERCENT) {
      const encoded = byteOf(bytes[at + 1], bytes[at + 2]);
      if (encoded >= 0) {
        byte = encoded;
        at += 2;
      }
    }
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length).toString();
}

/** The byte that two hex digits write, each given by its character's code; NaN where they are none. */
const byteOf = (high = 0, low = 0): number => hexDigit(high) * 16 + hexDigit(low);

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lowerCase = code | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x66 ? lowerCase - 0x61 + 10 : Number.NaN;
}

/** What the longer runs of base64 in a text say: one reading, a run a line. */
export function base64Readings(text: string): string[] {
  const decoded: string[] = [];
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{24,}/g)) {
    decoded.push(Buffer.from(run, 'base64').toString());
  }
  return decoded.length > 0 ? [decoded.join('\n')] : [];
}

/**
 * How base64 writes a word, wherever it stands in what is encoded: three bytes become four characters, so there are
 * three ways. The characters at the edges, which also depend on what is beside the word, are left out.
 */
export function base64Writings(word: string): string[] {
  const writings = [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(word)]);
    const whole = bytes.toString('base64').replace(/=+$/, '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor((bytes.length * 8) / 6);
    const sure = whole.slice(first, last);
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set(writings)];
}
