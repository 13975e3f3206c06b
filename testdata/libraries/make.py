#!/usr/bin/python3
"""Makes the tokens of python3-jwt in this folder: python3 make.py. Each run makes new keys, and throws them away."""
import json

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISS, NOW = "https://pyjwt.example", 1767225600
RSA, EC = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
COMMON = {"iss": ISS, "sub": "user_123", "iat": NOW + 0.25, "exp": NOW + 3600.5}
TOKENS = {
    "access": (RSA, "RS256", "at+jwt", COMMON | {"aud": "https://shop.example", "jti": "at-1", "client_id": "shop", "scope": "openid profile club:redeem"}),
    "id": (RSA, "RS256", "JWT", COMMON | {"aud": "shop", "nonce": "n-0S6", "auth_time": NOW - 5, "email": "user@example.com"}),
    "contract": (EC, "ES256", "confirmation+jwt", {
        "iss": ISS, "sub": "user_123", "iat": NOW, "exp": NOW + 120, "aud": "order-processing", "jti": "cpt_1", "order_processing_id": "op_1",
        "capabilities": ["club:redeem"], "constraints": {}}),
}

for name, (key, alg, typ, claims) in TOKENS.items():
    with open(f"pyjwt-{name}.jwt", "w") as f:
        f.write(jwt.encode(claims, key, alg, headers={"kid": alg, "typ": typ}) + "\n")

keys = [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key())) | {"kid": "RS256", "use": "sig"}]
point = EC.public_key().public_numbers()
b64 = lambda n: jwt.utils.base64url_encode(n.to_bytes(32, "big")).decode()
keys.append({"kty": "EC", "crv": "P-256", "x": b64(point.x), "y": b64(point.y), "kid": "ES256", "use": "sig"})
with open("pyjwt.json", "w") as f:
    json.dump({"keys": keys}, f)
    f.write("\n")
