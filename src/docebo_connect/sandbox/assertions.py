"""JWT assertions (RFC 7523), signed RS256: `iss` application, `sub` user name, `aud` platform host, `iat`, `exp`.

Importing this module needs the package cryptography, which the base installation does not have.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from docebo_connect.sandbox.refusals import OAuthRefusal
from docebo_connect.sandbox.store import Store

LEEWAY_S = 60  # clocks differ


def subject_of(store: Store, assertion: str, hosts: frozenset[str]) -> str:
    """The user name an assertion speaks for, once signature, audience (one of `hosts`) and times are right."""
    parts = assertion.split(".")
    if len(parts) != 3:
        raise _invalid("JWT is malformed")
    header, claims = _object(parts[0]), _object(parts[1])
    if header.get("alg") != "RS256":
        raise _invalid("The algorithm must be RS256")
    _check_signature(_public_key(store, claims.get("iss")), f"{parts[0]}.{parts[1]}", _bytes(parts[2]))
    _check_claims(claims, hosts, now=store.clock().timestamp())
    subject = claims.get("sub")
    if not isinstance(subject, str):
        raise _invalid("Invalid subject (sub) provided")
    return subject


def _public_key(store: Store, issuer: Any) -> str:
    row = store.row("SELECT public_key FROM jwt_keys WHERE issuer = ?", (issuer,)) if isinstance(issuer, str) else None
    if row is None:
        raise _invalid("Invalid issuer (iss) provided: no application of this name has a public key")
    return str(row["public_key"])


def _check_signature(public_key: str, signed: str, signature: bytes) -> None:
    try:
        key = load_pem_public_key(public_key.encode())
        if not isinstance(key, RSAPublicKey):
            raise ValueError("not an RSA key")
        key.verify(signature, signed.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise _invalid("JWT failed signature verification") from error


def _check_claims(claims: dict[str, Any], hosts: frozenset[str], now: float) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(name, str) and name in hosts for name in audiences):
        raise _invalid("Invalid audience (aud) provided: it must be the platform's host, without scheme")
    for name in ("iat", "exp"):
        if isinstance(claims.get(name), bool) or not isinstance(claims.get(name), int | float):
            raise _invalid(f"Invalid or missing {name}")
    if claims["exp"] < now - LEEWAY_S:
        raise _invalid("JWT has expired")
    if claims["iat"] > now + LEEWAY_S:
        raise _invalid("JWT was issued in the future")


def _object(part: str) -> dict[str, Any]:
    try:
        content = json.loads(_bytes(part))
    except (ValueError, RecursionError) as error:
        raise _invalid("JWT is malformed") from error
    if not isinstance(content, dict):
        raise _invalid("JWT is malformed")
    return content


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise _invalid("JWT is malformed") from error


def _invalid(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_grant", description)
