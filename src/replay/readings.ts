// A secret can stand in a text in the ways in which JSON, URLs and base64 write it. Each function is linear in the text.

/**
 * A text as it is, and as it reads when it is taken for JSON, for a part of a URL or a form, and for one in the other
 * (the arguments of a tool call are JSON in JSON).
 */
export function readingsOf(text: string): string[] {
  const readings = [text];
  for (const decode of [decodeJson, decodePercent, decodeJson]) {
    for (const reading of [...readings]) {
      const decoded = decode(reading);
      if (!readings.includes(decoded)) readings.push(decoded);
    }
  }
  return readings;
}

const shortEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
};

function decodeJson(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, unit: string, other: string) =>
    unit ? String.fromCharCode(Number.parseInt(unit, 16)) : (shortEscapes[other] ?? other),
  );
}

function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-fA-F]{2})+/g, (codes) => {
    return Buffer.from(codes.replaceAll('%', ''), 'hex').toString();
  });
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
