"""An application's key, and assertions signed with it or with another."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: Any) -> str:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: Any) -> str:
    """A JWT, signed as the kind of the key asks for."""
    algorithm = "HS256" if isinstance(key, bytes) else "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    text = f"{encoded(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode())}.{encoded(json.dumps(claims).encode())}"
    if isinstance(key, bytes):
        signature = hmac.digest(key, text.encode(), "sha256")
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(text.encode(), padding.PKCS1v15(), SHA256())
    else:
        signature = key.sign(text.encode(), ec.ECDSA(SHA256()))
    return f"{text}.{encoded(signature)}"


def assertion(clock: Callable[[], datetime], key: Any = KEY, **changes: Any) -> str:
    now = int(clock().timestamp())
    claims = {"iss": "my-app", "sub": "maya.okafor", "aud": "sandbox.docebosaas.test", "iat": now, "exp": now + 300}
    claims |= changes
    return signed({name: value for name, value in claims.items() if value is not None}, key)
