"""Signatures for tests: keys, certificates, and JSON web signatures put together by hand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from xapi import text

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}


@cache
def a_key(name: str = "signer") -> rsa.RSAPrivateKey:
    """An RSA key of this name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def another_kind_of_key() -> ec.EllipticCurvePrivateKey:
    """A key that is no RSA key."""
    return ec.generate_private_key(ec.SECP256R1())


def a_certificate(key: Any) -> str:
    """A certificate for a key, signed with itself, as x5c holds it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Signer")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def base64url(value: bytes) -> bytes:
    """Base64 for addresses, without padding, as RFC 7515 has it."""
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def a_jws(payload: Any, key: rsa.RSAPrivateKey | None = None, **header: Any) -> bytes:
    """A JSON web signature in compact form over a value or over bytes."""
    header = {"alg": "RS256", **header}
    raw = payload if isinstance(payload, bytes) else text.dump(payload)
    signed = base64url(text.dump(header)) + b"." + base64url(raw)
    algorithm = HASHES.get(header["alg"], HASHES["RS256"])
    signature = (key or a_key()).sign(signed, padding.PKCS1v15(), algorithm)
    return signed + b"." + base64url(signature)


def about(content: bytes, sha: Callable[[bytes], Any] = hashlib.sha256, **more: Any) -> Any:
    """What a statement says of a signature among its attachments."""
    return {
        "usageType": SIGNATURE,
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": len(content),
        "sha2": sha(content).hexdigest(),
        **more,
    }
