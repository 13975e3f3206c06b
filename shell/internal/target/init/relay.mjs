// A whole relay behind tokenshell's protocol: JSON Lines on stdin and stdout.
// Put your own relay in the place of class Relay; the protocol is the last part.
//
//   tokenshell -c "attack run --adapter 'node relay.mjs'"
//
// An argument leaves something out, to see that the catalogue notices:
// no-aud no-order jti-by-text no-replay race no-compensation
import { createPublicKey, verify } from 'node:crypto';
import { createInterface } from 'node:readline';

const mutant = process.argv[2] ?? '';

class Refusal extends Error {
  constructor(reason, detail) { super(detail); this.reason = reason; }
}
const refuse = (reason, detail) => { throw new Refusal(reason, detail); };

// ---- JSON, strictly: no member twice, at most 32 deep, numbers as written ----
class Num { constructor(raw) { this.raw = raw; } }

function strictJSON(text) {
  let at = 0;
  const space = () => { while (' \t\n\r'.includes(text[at] ?? 'x')) at++; };
  const bad = () => { throw new SyntaxError('no JSON'); };
  const string = () => {
    const m = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    m.lastIndex = at;
    const found = m.exec(text) ?? bad();
    at = m.lastIndex;
    const s = JSON.parse(found[0]);
    return s.isWellFormed() ? s : bad();
  };
  const value = (depth) => {
    if (depth > 32) bad();
    space();
    const c = text[at];
    if (c === '{') {
      const o = new Map();
      at++; space();
      if (text[at] === '}') { at++; return o; }
      for (;;) {
        space();
        const name = string();
        if (o.has(name)) bad();
        space();
        if (text[at++] !== ':') bad();
        o.set(name, value(depth + 1));
        space();
        if (text[at] === '}') { at++; return o; }
        if (text[at++] !== ',') bad();
      }
    }
    if (c === '[') {
      const a = [];
      at++; space();
      if (text[at] === ']') { at++; return a; }
      for (;;) {
        a.push(value(depth + 1));
        space();
        if (text[at] === ']') { at++; return a; }
        if (text[at++] !== ',') bad();
      }
    }
    if (c === '"') return string();
    const m = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
    m.lastIndex = at;
    const found = m.exec(text) ?? bad();
    at = m.lastIndex;
    return { true: true, false: false, null: null }[found[0]] ?? (found[0] === 'null' ? null : new Num(found[0]));
  };
  const v = value(1);
  space();
  if (at !== text.length) bad();
  return v;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function segment(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) refuse('malformed', 'a segment is not base64url');
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) refuse('malformed', 'a segment is not canonical');
  return bytes;
}

function object(text) {
  let o;
  try { o = strictJSON(utf8.decode(segment(text))); } catch (e) {
    if (e instanceof Refusal) throw e;
    refuse('malformed', 'a segment is no JSON object');
  }
  return o instanceof Map ? o : refuse('malformed', 'a segment is no JSON object');
}

// ---- the relay ----
const isID = (s) => typeof s === 'string' && /^[\x20-\x7e]{1,128}$/.test(s);

class Relay {
  constructor(setup, call) {
    Object.assign(this, setup);
    this.call = call;
    this.sessions = new Map();
    this.trust(setup.issuers);
  }

  trust(issuers) {
    this.issuers = issuers;
    this.keys = new Map();
    for (const i of issuers) {
      const set = new Map(i.jwks.keys.map((k) => [k.kid, createPublicKey({ key: k, format: 'jwk' })]));
      this.keys.set(i.iss, set);
    }
  }

  open(name, customer, facts) {
    const old = this.sessions.get(name);
    if (old && this.now < old.ends + 24 * 3600) refuse('session_closed', 'an order has this name, or had it today');
    const s = { name, customer, facts, state: 'open', used: new Set(), steps: [], ends: this.now + 30 * 60 };
    this.sessions.set(name, s);
    return s;
  }

  session(name) {
    const s = this.sessions.get(name);
    if (!s || this.now >= s.ends + 24 * 3600) refuse('session_unknown', 'no such session');
    if (s.state === 'open' && this.now >= s.ends) s.state = 'closed';
    return s;
  }

  openSession(name) {
    const s = this.session(name);
    return s.state === 'open' ? s : refuse('session_closed', `the session is ${s.state}`);
  }

  // judge gives the claims of a token that may be accepted, in the order of checks.
  judge(session, token) {
    if (Buffer.byteLength(token) > 8192) refuse('too_large', 'more than 8192 bytes');
    const parts = token.split('.');
    if (parts.length !== 3) refuse('malformed', 'not three segments');
    const header = object(parts[0]), claims = object(parts[1]), signature = segment(parts[2]);

    for (const [name, v] of header) {
      if (!['alg', 'kid', 'typ'].includes(name) || typeof v !== 'string') refuse('header_not_allowed', 'a header member');
    }
    if (header.get('typ') !== this.typ) refuse('type_not_allowed', 'typ');

    const missing = (name) => { const v = claims.get(name); return v === undefined || v === null || v === ''; };
    if (missing('iss')) refuse('claim_missing', 'iss');
    const issuer = this.issuers.find((i) => i.iss === claims.get('iss')) ?? refuse('issuer_unknown', 'iss');
    const key = this.keys.get(issuer.iss).get(header.get('kid')) ?? refuse('key_unknown', 'kid');
    if (header.get('alg') !== 'ES256') refuse('algorithm_not_allowed', 'alg');
    const ok = signature.length === 64 && verify('sha256', Buffer.from(parts[0] + '.' + parts[1]), { key, dsaEncoding: 'ieee-p1363' }, signature);
    if (!ok) refuse('signature_invalid', 'signature');

    for (const name of ['sub', 'aud', 'iat', 'exp', 'jti', 'order_processing_id', 'capabilities', 'constraints']) {
      if (missing(name)) refuse('claim_missing', name);
    }
    const known = ['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'order_processing_id', 'capabilities', 'constraints', 'sealed'];
    const time = (name) => {
      const v = claims.get(name);
      if (!(v instanceof Num) || !/^-?\d{1,15}$/.test(v.raw)) refuse('claim_invalid', name);
      return Number(v.raw);
    };
    const strings = (v) => Array.isArray(v) && v.every((s) => typeof s === 'string');
    const aud = typeof claims.get('aud') === 'string' ? [claims.get('aud')] : claims.get('aud');
    if ([...claims.keys()].some((name) => !known.includes(name))) refuse('claim_invalid', 'a claim that nobody knows');
    if (!['sub', 'jti', 'order_processing_id'].every((name) => isID(claims.get(name)))) refuse('claim_invalid', 'an id');
    const iat = time('iat'), exp = time('exp');
    if (!strings(aud) || !strings(claims.get('capabilities')) || !(claims.get('constraints') instanceof Map)) refuse('claim_invalid', 'a claim');
    if (claims.has('sealed') && (typeof claims.get('sealed') !== 'string' || claims.get('sealed') === '')) refuse('claim_invalid', 'sealed');

    if (mutant !== 'no-aud' && (!aud.includes(this.audience) || aud.some((a) => a !== this.audience && a !== issuer.iss))) refuse('audience_mismatch', 'aud');

    const s = this.openSession(session);
    const order = claims.get('order_processing_id');
    if (mutant !== 'no-order') {
      if (order !== session) { this.openSession(order); refuse('session_mismatch', 'another order'); }
      if (claims.get('sub') !== s.customer) refuse('session_mismatch', 'another customer');
    }
    if (iat - this.now > this.leeway) refuse('not_yet_valid', 'iat');
    if (this.now - exp >= this.leeway) refuse('expired', 'exp');
    if (exp <= iat || exp - iat > this.max_lifetime) refuse('lifetime_too_long', 'exp');
    const caps = claims.get('capabilities');
    if (caps.length === 0 || !caps.every((c) => issuer.capabilities.includes(c))) refuse('capability_not_allowed', 'capabilities');
    return { s, issuer, use: mutant === 'jti-by-text' ? token : issuer.iss + '\n' + claims.get('jti') };
  }

  async relay(session, token) {
    const { s, issuer, use } = this.judge(session, token);
    const used = s.used.has(use);
    if (mutant === 'race') await new Promise((done) => setTimeout(done, 20));
    if (used && mutant !== 'no-replay') refuse('replayed', 'used already');
    s.used.add(use);
    s.steps.push({ token, service: issuer.service, attempt: '', status: 'accepted' });
    return issuer.service;
  }

  // ask asks a service, three times at most while no answer comes.
  async ask(s, step, action) {
    for (let n = 0; n < 3; n++) {
      const a = await this.call({ action, service: step.service, session: s.name, token: step.token, attempt: step.attempt, facts: s.facts });
      if (a.status !== 'lost') return a;
      step.unheard = true;
    }
    return { status: 'lost' };
  }

  async redeem(session, tokens) {
    const s = this.session(session);
    for (const t of tokens ?? []) if (!s.steps.some((step) => step.token === t)) refuse('session_mismatch', 'it was not accepted in this session');
    if (s.state === 'completed' || s.state === 'compensated') return { state: s.state };
    if (s.state !== 'open') refuse('session_closed', `the session is ${s.state}`);
    if (s.steps.length === 0) return { state: 'rejected', detail: 'nothing was accepted' };
    s.state = 'redeeming';
    const part = this.issuers.flatMap((i) => s.steps.filter((step) => step.service === i.service && (!tokens || tokens.includes(step.token))));
    part.forEach((step, n) => { step.attempt = `att_${session}_${n}`; });
    s.part = part;
    for (const step of part) {
      const a = await this.ask(s, step, 'redeem');
      if (a.status === 'done' || a.status === 'repeated') { step.status = 'redeemed'; continue; }
      step.status = a.status === 'refused' && !step.unheard ? 'refused' : 'unknown';
      s.reason = a.reason ?? 'service_unavailable';
      return this.compensate(s);
    }
    return this.end(s, 'completed');
  }

  async compensate(s) {
    for (const step of [...s.part].reverse()) {
      if (step.status !== 'redeemed' && step.status !== 'unknown') continue;
      if (mutant === 'no-compensation') continue;
      const a = await this.ask(s, step, 'cancel');
      if (a.status === 'done' || a.status === 'repeated') step.status = 'cancelled';
    }
    const owes = mutant !== 'no-compensation' && s.part.some((step) => ['redeemed', 'unknown'].includes(step.status));
    return this.end(s, owes ? 'stuck' : 'compensated');
  }

  // end releases what was accepted and not redeemed, and what was refused.
  async end(s, state) {
    for (const step of s.steps) {
      if (step.status === 'accepted' || step.status === 'refused') {
        await this.call({ action: 'cancel', service: step.service, session: s.name, token: step.token, attempt: step.attempt, facts: s.facts });
        step.status = 'released';
      }
    }
    s.state = state;
    return { state, reason: s.reason };
  }

  async resume(session) {
    const s = this.session(session);
    if (s.state === 'stuck') return this.compensate(s);
    return { state: s.state };
  }

  async close(session) {
    const s = this.openSession(session);
    await this.end(s, 'closed');
  }
}

// ---- the protocol ----
let relay, last = 0;
const waiting = new Map();
const send = (m) => process.stdout.write(JSON.stringify(m) + '\n');
const ask = (m) => new Promise((answer) => { const id = ++last; waiting.set(id, answer); send({ id, op: 'call', ...m }); });

const answers = {
  hello: () => ({ v: 1, name: 'relay.mjs', language: 'node', reasons: 'tokenshell', can: ['sessions', 'replay', 'close', 'redeem', 'choose', 'resume', 'keys', 'clock', 'concurrent'] }),
  reset: (q) => { relay = new Relay(q, ask); return {}; },
  open: (q) => ({ session: relay.open(q.session, q.customer, q.facts).name }),
  relay: async (q) => ({ verdict: 'accepted', service: await relay.relay(q.session, q.token) }),
  redeem: (q) => relay.redeem(q.session, q.tokens),
  resume: (q) => relay.resume(q.session),
  close: async (q) => { await relay.close(q.session); return {}; },
  keys: (q) => { relay.trust(q.issuers); return {}; },
  clock: (q) => { relay.now = q.now; return {}; },
};

async function answer(q) {
  if (!answers[q.op]) return { unsupported: true };
  try { return await answers[q.op](q); } catch (e) {
    if (!(e instanceof Refusal)) return { error: String(e) };
    const no = { reason: e.reason, detail: e.message };
    if (q.op === 'relay') return { verdict: 'rejected', ...no };
    if (q.op === 'redeem' || q.op === 'resume') return { state: 'rejected', ...no };
    return { error: `${e.reason}: ${e.message}` };
  }
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const m = JSON.parse(line);
  if (m.re !== undefined) { waiting.get(m.re)?.(m); waiting.delete(m.re); return; }
  send({ re: m.id, ...(await answer(m)) });
});
