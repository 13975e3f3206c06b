// What a relay has to look at before jose does: jose reads JSON with JSON.parse,
// which takes the last of two members of one name, and base64url loosely.

export class Refusal extends Error {
  constructor(code, detail) { super(detail); this.code = code; }
}

export const refuse = (code, detail) => { throw new Refusal(code, detail); };

// A number as it was written.
export class Num { constructor(raw) { this.raw = raw; } }

// strictJSON reads JSON: no member twice, no lone surrogate, at most 32 deep.
// Objects become Maps, numbers Nums. It throws a SyntaxError.
function strictJSON(text) {
  let at = 0;
  const bad = () => { throw new SyntaxError('no JSON'); };
  const match = (re) => {
    re.lastIndex = at;
    const found = re.exec(text) ?? bad();
    at = re.lastIndex;
    return found[0];
  };
  const space = () => match(/[ \t\n\r]*/y);
  const string = () => {
    const s = JSON.parse(match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y));
    return s.isWellFormed() ? s : bad();
  };
  const list = (end, one) => {
    at++; space();
    if (text[at] === end) { at++; return; }
    for (;;) {
      one();
      space();
      if (text[at] === end) { at++; return; }
      if (text[at++] !== ',') bad();
    }
  };
  const value = (depth) => {
    if (depth > 32) bad();
    space();
    if (text[at] === '{') {
      const o = new Map();
      list('}', () => {
        space();
        const name = string();
        if (o.has(name)) bad();
        space();
        if (text[at++] !== ':') bad();
        o.set(name, value(depth + 1));
      });
      return o;
    }
    if (text[at] === '[') {
      const a = [];
      list(']', () => a.push(value(depth + 1)));
      return a;
    }
    if (text[at] === '"') return string();
    const word = match(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    return { true: true, false: false, null: null }[word] ?? (word === 'null' ? null : new Num(word));
  };
  const v = value(1);
  space();
  return at === text.length ? v : bad();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function object(segment) {
  const bytes = Buffer.from(segment, 'base64url');
  if (bytes.toString('base64url') !== segment) refuse('MALFORMED', 'a segment is not canonical base64url');
  let o;
  try { o = strictJSON(utf8.decode(bytes)); } catch { refuse('MALFORMED', 'a segment is no JSON object'); }
  return o instanceof Map ? o : refuse('MALFORMED', 'a segment is no JSON object');
}

// taken apart: the header and the claims of a token, read strictly.
export function parts(token) {
  if (Buffer.byteLength(token) > 8192) refuse('TOO_LARGE', 'more than 8192 bytes');
  const segments = token.split('.');
  if (segments.length !== 3) refuse('MALFORMED', 'not three segments');
  const header = object(segments[0]), claims = object(segments[1]);
  if (Buffer.from(segments[2], 'base64url').toString('base64url') !== segments[2]) refuse('MALFORMED', 'the signature is not canonical base64url');
  return { header, claims };
}
