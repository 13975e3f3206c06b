"""Judges the token on its standard input with the keys in a folder, a JWKS file
for each issuer: exit code 0 is accepted, 1 rejected. It needs PyJWT (Debian:
python3-jwt). Put your own verifier in its place.
"""

import json
import sys
from pathlib import Path

try:
    import jwt
except ImportError:
    print("there is no PyJWT for this python3: apt install python3-jwt, or pip install 'pyjwt[crypto]'", file=sys.stderr)
    sys.exit(3)

ISSUERS = {"coupons.svc": "coupons.json", "points.svc": "points.json", "payments.svc": "payments.json"}


def verify(token):
    kid = jwt.get_unverified_header(token)["kid"]
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    jwks = json.loads((Path(sys.argv[1]) / ISSUERS[issuer]).read_text())
    key = next(k for k in jwt.PyJWKSet.from_dict(jwks).keys if k.key_id == kid)
    jwt.decode(token, key.key, algorithms=["ES256"], audience="order-processing", options={"require": ["exp", "iat"]})


try:
    verify(sys.stdin.buffer.read().decode())
except Exception:
    sys.exit(1)
