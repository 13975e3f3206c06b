// Makes the tokens of jose in this folder: npm install --no-save jose && node make.mjs. Each run makes new keys, and throws them away.
import { writeFileSync } from 'node:fs'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'

const iss = 'https://jose.example', now = 1767225600
const rsa = await generateKeyPair('PS256'), ec = await generateKeyPair('ES256')
const common = { iss, sub: 'user_123', iat: now, exp: now + 3600 }
const tokens = {
  access: [rsa, 'PS256', 'at+jwt', { ...common, aud: ['https://shop.example'], jti: 'at-1', client_id: 'shop', scope: 'email club:redeem' }],
  id: [ec, 'ES256', 'JWT', { ...common, aud: 'shop', nonce: 'n-0S6', auth_time: now - 5 }],
  contract: [ec, 'ES256', 'confirmation+jwt', {
    iss, sub: 'user_123', iat: now, exp: now + 120, aud: 'order-processing', jti: 'cpt_1', order_processing_id: 'op_1', capabilities: ['club:redeem'], constraints: {},
  }],
}
for (const [name, [pair, alg, typ, claims]] of Object.entries(tokens)) {
  const token = await new SignJWT(claims).setProtectedHeader({ alg, kid: alg, typ }).sign(pair.privateKey)
  writeFileSync(`jose-${name}.jwt`, token + '\n')
}
const keys = [
  { ...await exportJWK(rsa.publicKey), kid: 'PS256', alg: 'PS256', use: 'sig' },
  { ...await exportJWK(ec.publicKey), kid: 'ES256', alg: 'ES256', use: 'sig' },
]
writeFileSync('jose.json', JSON.stringify({ keys }) + '\n')
