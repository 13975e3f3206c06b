// A relay on jose: sessions, used tokens, redemption in order, compensation in
// reverse. It knows nothing of how it is asked; http-orders puts it behind HTTP.
import { createLocalJWKSet, jwtVerify } from 'jose';
import { Num, parts, refuse } from './strict.mjs';

// Mutants leave one thing out, to see that the catalogue notices.
export const mutants = ['no-aud', 'no-order', 'jti-by-text', 'no-replay', 'race', 'no-compensation'];

const sessionLife = 30 * 60, remembered = 24 * 3600;
const isID = (s) => typeof s === 'string' && /^[\x20-\x7e]{1,128}$/.test(s);
const claimsOfOurs = ['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'order_processing_id', 'capabilities', 'constraints', 'sealed'];

export class Relay {
  // setup: audience, typ, max_lifetime, leeway, issuers in the order of redemption.
  // now() is the time in seconds, ask(action) asks a service, save(session) is
  // called after each change.
  constructor(setup, { now, ask, save = () => {}, mutant = '' }) {
    Object.assign(this, setup, { now, ask, save, mutant });
    this.sessions = new Map();
    this.trust(setup.issuers);
  }

  trust(issuers) {
    this.issuers = issuers;
    this.keys = new Map(issuers.map((i) => [i.iss, createLocalJWKSet(i.jwks)]));
  }

  open(name, customer, facts = {}) {
    const old = this.sessions.get(name);
    if (old && this.now() < old.ends + remembered) refuse('NAME_TAKEN', 'an order has this name, or had it today');
    const s = { name, customer, facts, state: 'open', used: [], steps: [], ends: this.now() + sessionLife };
    this.sessions.set(name, s);
    this.save(s);
    return s;
  }

  session(name) {
    const s = this.sessions.get(name);
    if (!s || this.now() >= s.ends + remembered) refuse('NO_SESSION', 'no such session');
    if (s.state === 'open' && this.now() >= s.ends) s.state = 'closed';
    return s;
  }

  openSession(name) {
    const s = this.session(name);
    return s.state === 'open' ? s : refuse('SESSION_OVER', `the session is ${s.state}`);
  }

  // judge gives what is known of a token that may be accepted.
  async judge(session, token) {
    this.openSession(session);
    const { header, claims } = parts(token);
    for (const [name, v] of header) {
      if (!['alg', 'kid', 'typ'].includes(name) || typeof v !== 'string') refuse('HEADER', 'a header member');
    }
    if (header.get('typ') !== this.typ) refuse('TYPE', 'typ');
    const missing = (name) => [undefined, null, ''].includes(claims.get(name));
    if (missing('iss')) refuse('CLAIM_MISSING', 'iss');
    const issuer = this.issuers.find((i) => i.iss === claims.get('iss')) ?? refuse('ISSUER', 'iss');
    if (!header.get('kid')) refuse('ERR_JWKS_NO_MATCHING_KEY', 'no kid'); // jose would take the only key there is

    // jose: signature, aud, exp, iat
    await jwtVerify(token, this.keys.get(issuer.iss), {
      algorithms: ['ES256'], issuer: issuer.iss, audience: this.mutant === 'no-aud' ? undefined : this.audience,
      currentDate: new Date(this.now() * 1000), clockTolerance: this.leeway, maxTokenAge: this.max_lifetime,
      requiredClaims: ['sub', 'aud', 'iat', 'exp', 'jti', 'order_processing_id', 'capabilities', 'constraints'],
    });

    // what jose does not look at
    for (const name of claimsOfOurs) if (name !== 'sealed' && missing(name)) refuse('CLAIM_MISSING', name);
    const time = (name) => {
      const v = claims.get(name);
      if (!(v instanceof Num) || !/^-?\d{1,15}$/.test(v.raw)) refuse('CLAIM_INVALID', name);
      return Number(v.raw);
    };
    const strings = (v) => Array.isArray(v) && v.every((s) => typeof s === 'string');
    if ([...claims.keys()].some((name) => !claimsOfOurs.includes(name))) refuse('CLAIM_INVALID', 'a claim that nobody knows');
    if (!['sub', 'jti', 'order_processing_id'].every((name) => isID(claims.get(name)))) refuse('CLAIM_INVALID', 'an id');
    const iat = time('iat'), exp = time('exp'), aud = [claims.get('aud')].flat(), capabilities = claims.get('capabilities');
    if (!strings(aud) || !strings(capabilities) || !(claims.get('constraints') instanceof Map)) refuse('CLAIM_INVALID', 'a claim');
    if (claims.has('sealed') && (typeof claims.get('sealed') !== 'string' || claims.get('sealed') === '')) refuse('CLAIM_INVALID', 'sealed');
    if (this.mutant !== 'no-aud' && aud.some((a) => a !== this.audience && a !== issuer.iss)) refuse('AUDIENCE', 'a stranger in aud');

    const s = this.openSession(session); // once more: jose took its time
    if (this.mutant !== 'no-order') {
      const order = claims.get('order_processing_id');
      if (order !== session) { this.openSession(order); refuse('OTHER_ORDER', 'another order'); }
      if (claims.get('sub') !== s.customer) refuse('OTHER_ORDER', 'another customer');
    }
    if (exp <= iat || exp - iat > this.max_lifetime) refuse('LIFETIME', 'exp');
    if (capabilities.length === 0 || !capabilities.every((c) => issuer.capabilities.includes(c))) refuse('CAPABILITY', 'capabilities');
    return { s, issuer, use: this.mutant === 'jti-by-text' ? token : issuer.iss + '\n' + claims.get('jti') };
  }

  // relay accepts a token, and gives its service.
  async relay(session, token) {
    const { s, issuer, use } = await this.judge(session, token);
    // From here to the push nothing waits: look and record are one.
    const used = s.used.includes(use);
    if (this.mutant === 'race') await new Promise((done) => setTimeout(done, 20));
    if (used && this.mutant !== 'no-replay') refuse('USED', 'used already');
    s.used.push(use);
    s.steps.push({ token, service: issuer.service, attempt: '', status: 'accepted' });
    this.save(s);
    return issuer.service;
  }

  // question asks a service, three times at most while no answer comes.
  async question(s, step, action) {
    for (let n = 0; n < 3; n++) {
      const a = await this.ask({ action, service: step.service, session: s.name, token: step.token, attempt: step.attempt, facts: s.facts });
      if (a.status !== 'lost') return a;
      step.unheard = true;
    }
    return { status: 'lost' };
  }

  async redeem(session, tokens) {
    const s = this.session(session);
    for (const t of tokens ?? []) if (!s.steps.some((step) => step.token === t)) refuse('OTHER_ORDER', 'it was not accepted in this session');
    if (s.state === 'completed' || s.state === 'compensated') return { state: s.state };
    if (s.state !== 'open') refuse('SESSION_OVER', `the session is ${s.state}`);
    if (s.steps.length === 0) return { state: 'rejected', detail: 'nothing was accepted' };
    s.state = 'redeeming';
    const part = this.issuers.flatMap((i) => s.steps.filter((step) => step.service === i.service && (!tokens || tokens.includes(step.token))));
    part.forEach((step, n) => { step.attempt = `${session}/${n}`; step.turn = n; });
    this.save(s); // before the first question, so that a retry has the same attempt
    return this.forward(s);
  }

  // part is what is redeemed of a session, in order.
  part(s) { return s.steps.filter((step) => step.turn !== undefined).sort((a, b) => a.turn - b.turn); }

  async forward(s) {
    for (const step of this.part(s)) {
      if (step.status === 'redeemed') continue;
      const a = await this.question(s, step, 'redeem');
      const done = a.status === 'done' || a.status === 'repeated';
      step.status = done ? 'redeemed' : a.status === 'refused' && !step.unheard ? 'refused' : 'unknown';
      if (!done) s.reason = a.reason ?? 'service_unavailable';
      this.save(s);
      if (!done) return this.compensate(s);
    }
    return this.end(s, 'completed');
  }

  async compensate(s) {
    s.state = 'compensating';
    for (const step of this.part(s).reverse()) {
      if (step.status !== 'redeemed' && step.status !== 'unknown' || this.mutant === 'no-compensation') continue;
      const a = await this.question(s, step, 'cancel');
      if (a.status === 'done' || a.status === 'repeated') step.status = 'cancelled';
      this.save(s);
    }
    const owes = this.part(s).some((step) => step.status === 'redeemed' || step.status === 'unknown');
    return this.end(s, owes && this.mutant !== 'no-compensation' ? 'stuck' : 'compensated');
  }

  // end releases what was accepted and not redeemed, and what was refused.
  async end(s, state) {
    for (const step of s.steps) {
      if (step.status !== 'accepted' && step.status !== 'refused') continue;
      await this.ask({ action: 'cancel', service: step.service, session: s.name, token: step.token, attempt: step.attempt, facts: s.facts });
      step.status = 'released';
    }
    s.state = state;
    this.save(s);
    return { state, reason: s.reason };
  }

  async resume(session) {
    const s = this.session(session);
    if (s.state === 'redeeming') return this.forward(s); // it was stopped there
    if (s.state === 'stuck' || s.state === 'compensating') return this.compensate(s);
    return { state: s.state };
  }

  close(session) { return this.end(this.openSession(session), 'closed'); }

  setFacts(session, facts) {
    const s = this.openSession(session);
    Object.assign(s.facts, facts);
    this.save(s);
  }
}
