// A verifier on jose, as its documentation writes one, behind tokenshell's
// protocol. It gives verdicts, and no more.
//   https://github.com/panva/jose/blob/main/docs/jwt/verify/functions/jwtVerify.md
//   https://github.com/panva/jose/blob/main/docs/jwks/local/functions/createLocalJWKSet.md
import { createInterface } from 'node:readline';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';

let setup, now = 0, keys = new Map();

function trust(issuers) {
  keys = new Map(issuers.map((i) => [i.iss, createLocalJWKSet(i.jwks)]));
}

// verify throws when a token is not good.
async function verify(token) {
  const { iss } = decodeJwt(token); // whose keys to take
  const set = keys.get(iss);
  if (!set) throw Object.assign(new Error('no such issuer'), { code: 'ISSUER' });
  await jwtVerify(token, set, {
    algorithms: ['ES256'], typ: setup.typ, issuer: iss, audience: setup.audience,
    currentDate: new Date(now * 1000), clockTolerance: setup.leeway, maxTokenAge: setup.max_lifetime,
    requiredClaims: ['sub', 'jti', 'exp', 'order_processing_id', 'capabilities'],
  });
}

const answers = {
  hello: () => ({ v: 1, name: 'jose-verifier', language: 'node', reasons: 'own', can: ['keys', 'clock'] }),
  reset: (q) => { setup = q; now = q.now; trust(q.issuers); return {}; },
  keys: (q) => { trust(q.issuers); return {}; },
  clock: (q) => { now = q.now; return {}; },
  open: (q) => ({ session: q.session }),
  relay: async (q) => {
    try {
      await verify(q.token);
      return { verdict: 'accepted' };
    } catch (e) {
      return { verdict: 'rejected', reason: e.code, detail: e.message };
    }
  },
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const q = JSON.parse(line);
  const answer = await answers[q.op]?.(q);
  process.stdout.write(JSON.stringify({ re: q.id, ...(answer ?? { unsupported: true }) }) + '\n');
});
