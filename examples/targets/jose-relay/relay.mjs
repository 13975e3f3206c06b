// The relay of core.mjs behind tokenshell's protocol: JSON Lines on stdin and
// stdout. An argument leaves something out: see core.mjs.
import { createInterface } from 'node:readline';
import { errors } from 'jose';
import { Relay, mutants } from './core.mjs';
import { Refusal } from './strict.mjs';

const mutant = process.argv[2] ?? '';
if (mutant && !mutants.includes(mutant)) {
  console.error(`${mutant} is none of ${mutants.join(' ')}`);
  process.exit(2);
}

let relay, now = 0, last = 0;
const waiting = new Map();
const send = (m) => process.stdout.write(JSON.stringify(m) + '\n');
const ask = (m) => new Promise((answer) => { const id = ++last; waiting.set(id, answer); send({ id, op: 'call', ...m }); });

const answers = {
  hello: () => ({
    v: 1, name: 'jose-relay', language: 'node', reasons: 'own',
    can: ['sessions', 'replay', 'close', 'redeem', 'choose', 'resume', 'keys', 'clock', 'concurrent', 'facts'],
  }),
  reset: (q) => { now = q.now; relay = new Relay(q, { now: () => now, ask, mutant }); return {}; },
  open: (q) => ({ session: relay.open(q.session, q.customer, q.facts).name }),
  relay: async (q) => ({ verdict: 'accepted', service: await relay.relay(q.session, q.token) }),
  facts: (q) => { relay.setFacts(q.session, q.facts); return {}; },
  redeem: (q) => relay.redeem(q.session, q.tokens),
  resume: (q) => relay.resume(q.session),
  close: async (q) => { await relay.close(q.session); return {}; },
  keys: (q) => { relay.trust(q.issuers); return {}; },
  clock: (q) => { now = q.now; return {}; },
};

async function answer(q) {
  if (!answers[q.op]) return { unsupported: true };
  try { return await answers[q.op](q); } catch (e) {
    if (!(e instanceof Refusal || e instanceof errors.JOSEError)) return { error: String(e) };
    const no = { reason: e.code, detail: e.message };
    if (q.op === 'relay') return { verdict: 'rejected', ...no };
    if (q.op === 'redeem' || q.op === 'resume') return { state: 'rejected', ...no };
    return { error: `${e.code}: ${e.message}` };
  }
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const m = JSON.parse(line);
  if (m.re !== undefined) { waiting.get(m.re)?.(m); waiting.delete(m.re); return; }
  send({ re: m.id, ...(await answer(m)) });
});
