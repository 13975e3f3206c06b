// Judges the token on its standard input with the keys in a folder, a JWKS file
// for each issuer: exit code 0 is accepted, 1 rejected. Put your own verifier in
// its place.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const issuers = { 'coupons.svc': 'coupons.json', 'points.svc': 'points.json', 'payments.svc': 'payments.json' };
const [h, p, s] = readFileSync(0, 'utf8').split('.');
try {
  const read = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const header = read(h), claims = read(p), now = Date.now() / 1000;
  const { keys } = JSON.parse(readFileSync(`${process.argv[2]}/${issuers[claims.iss]}`, 'utf8'));
  const jwk = keys.find((k) => k.kid === header.kid);
  const good = header.alg === 'ES256' && jwk !== undefined
    && verify('sha256', Buffer.from(`${h}.${p}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(s, 'base64url'))
    && [claims.aud].flat().includes('order-processing') && claims.iat <= now + 1 && now < claims.exp;
  process.exit(good ? 0 : 1);
} catch {
  process.exit(1);
}
