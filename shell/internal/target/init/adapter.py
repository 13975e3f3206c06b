"""A verifier behind tokenshell's protocol: JSON Lines on stdin and stdout.

It judges tokens with PyJWT (Debian: python3-jwt) and gives verdicts, no more.
Put what verifies tokens in your service in the place of judge; declare in "can"
what else it does: tokenshell help adapter.

  tokenshell -c "attack run --adapter 'python3 adapter.py'"
"""

import json
import sys

try:
    import jwt
    from jwt.algorithms import ECAlgorithm
except ImportError:
    sys.exit("there is no PyJWT for this python3: apt install python3-jwt, or pip install 'pyjwt[crypto]'")

setup = {}
keys = {}  # by issuer and kid
sessions = {}  # whose they are


def trust(issuers):
    keys.clear()
    for issuer in issuers:
        for jwk in issuer["jwks"]["keys"]:
            keys[issuer["iss"], jwk["kid"]] = ECAlgorithm.from_jwk(json.dumps(jwk))


def judge(session, token):
    """Answers the claims, or raises jwt.PyJWTError."""
    header = jwt.get_unverified_header(token)
    if set(header) != {"alg", "kid", "typ"} or header["typ"] != setup["typ"]:
        raise jwt.InvalidTokenError("header")
    peeked = jwt.decode(token, options={"verify_signature": False})
    key = keys.get((peeked.get("iss"), header.get("kid")))
    if key is None:
        raise jwt.InvalidKeyError("no such key of this issuer")
    claims = jwt.decode(
        token, key, algorithms=["ES256"], audience=setup["audience"],
        options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"], "verify_exp": False, "verify_iat": False},
    )
    if not (claims["iat"] <= setup["now"] < claims["exp"] <= claims["iat"] + setup["max_lifetime"]):
        raise jwt.ExpiredSignatureError("iat and exp")
    if claims.get("order_processing_id") != session or claims["sub"] != sessions.get(session):
        raise jwt.InvalidTokenError("another order, or another customer")
    return claims


def answer(q):
    op = q["op"]
    if op == "hello":
        return {"v": 1, "name": "adapter.py", "language": "python", "reasons": "own", "can": ["sessions", "keys", "clock"]}
    if op in ("reset", "keys"):
        setup.update(q)
        trust(q["issuers"])
        return {}
    if op == "clock":
        setup["now"] = q["now"]
        return {}
    if op == "open":
        sessions[q["session"]] = q["customer"]
        return {"session": q["session"]}
    if op == "relay":
        try:
            judge(q["session"], q["token"])
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as e:
            return {"verdict": "rejected", "reason": type(e).__name__}
        return {"verdict": "accepted"}
    return {"unsupported": True}


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"re": question["id"], **answer(question)}), flush=True)
