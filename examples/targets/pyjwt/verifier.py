"""A verifier on PyJWT, as its documentation writes one, behind tokenshell's
protocol. It gives verdicts, and no more.

  https://pyjwt.readthedocs.io/en/2.6.0/usage.html
  https://pyjwt.readthedocs.io/en/2.6.0/api.html
"""

import json
import sys

import jwt

setup = {}
keys = {}  # by issuer


def trust(issuers):
    keys.clear()
    for issuer in issuers:
        keys[issuer["iss"]] = jwt.PyJWKSet.from_dict(issuer["jwks"])


def verify(token):
    """Raises jwt.PyJWTError when a token is not good."""
    header = jwt.get_unverified_header(token)
    peeked = jwt.decode(token, options={"verify_signature": False})
    issuer = peeked.get("iss")
    if not isinstance(issuer, str) or issuer not in keys:
        raise jwt.InvalidIssuerError("no such issuer")
    key = next((k for k in keys[issuer].keys if k.key_id == header.get("kid")), None)
    if key is None:
        raise jwt.InvalidKeyError("no such key of this issuer")
    # PyJWT 2.6 looks at the machine's clock and takes no other: this target cannot
    # be told the time.
    jwt.decode(
        token,
        key.key,
        algorithms=["ES256"],
        audience=setup["audience"],
        issuer=issuer,
        leeway=setup["leeway"],
        options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
    )


def answer(q):
    op = q["op"]
    if op == "hello":
        return {"v": 1, "name": "pyjwt", "version": jwt.__version__, "language": "python", "reasons": "own", "can": ["keys"]}
    if op in ("reset", "keys"):
        setup.update(q)
        trust(q["issuers"])
        return {}
    if op == "open":
        return {"session": q["session"]}
    if op == "relay":
        try:
            verify(q["token"])
        except jwt.PyJWTError as e:
            return {"verdict": "rejected", "reason": type(e).__name__, "detail": str(e)}
        except Exception as e:  # a library that falls over has given no verdict
            return {"verdict": "error", "detail": f"{type(e).__name__}: {e}"}
        return {"verdict": "accepted"}
    return {"unsupported": True}


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"re": question["id"], **answer(question)}), flush=True)
