# SPDX-License-Identifier: Apache-2.0
"""Tokens (JWT, HS256) for end-to-end tests, made without any code of ours."""

import base64
import hashlib
import hmac
import json
import time

KEY = b"0123456789abcdef0123456789abcdef"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(key=KEY, alg="HS256", **claims):
    """A token that is good for ten minutes, unless `claims` say else."""
    claims = {"exp": int(time.time()) + 600, **claims}
    text = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": alg}, claims))
    return text + "." + encode(hmac.new(key, text.encode(), hashlib.sha256).digest())


def keys(key=KEY):
    """The key file of a node that knows `key`."""
    return json.dumps({"keys": [{"kty": "oct", "alg": "HS256", "k": encode(key)}]})
