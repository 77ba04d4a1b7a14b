"""Signed statements: a JSON web signature among the attachments (xAPI 1.0.3 Data 2.6).

The signature is checked to catch mistakes, as the standard has it: whether the signer is to be
trusted, and whether a certificate still holds, is for whoever relies on the statement.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import RSAKey

from xapi import text
from xapi.errors import StatementRefused
from xapi.rules import came
from xapi.sameness import same
from xapi.walk import walk

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
ALGORITHMS = ("RS256", "RS384", "RS512")

_CLAUSE = "xAPI 1.0.3 Data 2.6 / IEEE 9274.1.1 4.2.6"
_OCTETS = "application/octet-stream"
_COMPACT = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_MOST_CERTIFICATES = 10


class _Registry(jws.JWSRegistry):
    """joserfc's limits, which have no room for certificates and a statement, made wider."""

    max_header_length = 65_536
    max_payload_length = 1 << 30  # the body it came in is bounded
    max_signature_length = 4096


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


class Signatures:
    """Checks the signatures of statements that came together; each is decoded once.

    :param version: the version of the standard that the statements are checked by.
    """

    def __init__(self, version: str) -> None:
        self._version = version
        self._signed: dict[str, dict[str, Any]] = {}

    def check(
        self, statement: Mapping[str, Any], contents: Mapping[str, bytes], path: str = "$"
    ) -> None:
        """Refuse a checked statement with a signature that is malformed or of something else.

        :param contents: the bytes of its attachments, by their hash in lower case. A signature
            has to be among them: what lies behind a fileUrl is not fetched.
        """
        seen: set[str] = set()
        for number, attachment in enumerate(statement.get("attachments", ())):
            if attachment["usageType"] != SIGNATURE:
                continue
            where, sha2 = f"{path}.attachments[{number}]", attachment["sha2"].lower()
            _require_octets(attachment, where)
            if sha2 not in seen:
                seen.add(sha2)
                _require_same(statement, self._read(sha2, contents, where), where)

    def _read(self, sha2: str, contents: Mapping[str, bytes], where: str) -> dict[str, Any]:
        """The statement that was signed."""
        if sha2 not in self._signed:
            if sha2 not in contents:
                raise _refusal(
                    where,
                    "The bytes of the signature did not come; a fileUrl does not replace them.",
                    "Send multipart/mixed with the signature as a part.",
                )
            self._signed[sha2] = _signed_statement(contents[sha2], self._version, where)
        return self._signed[sha2]


def _require_octets(attachment: Mapping[str, Any], where: str) -> None:
    kind = attachment["contentType"]
    if kind.partition(";")[0].strip().lower() != _OCTETS:
        rule = f"A signature has the contentType {_OCTETS}; {came(kind)}."
        raise _refusal(f"{where}.contentType", rule, f'Write "contentType": "{_OCTETS}".')


def _require_same(statement: Mapping[str, Any], signed: Mapping[str, Any], where: str) -> None:
    """The signed statement is the received one, before it was signed (xAPI 1.0.3 Data 2.6)."""
    ids = {str(one["id"]).lower() for one in (statement, signed) if "id" in one}
    if len(ids) > 1 or not same(_unsigned(signed), _unsigned(statement)):
        raise _refusal(
            where,
            "The statement inside the signature is another one than the statement that holds it.",
            "Sign the complete statement, then add nothing but the signature to it.",
        )


def _unsigned(statement: Mapping[str, Any]) -> dict[str, Any]:
    others = [one for one in statement.get("attachments", ()) if one["usageType"] != SIGNATURE]
    rest = {name: value for name, value in statement.items() if name != "attachments"}
    return {**rest, "attachments": others} if others else rest


def _signed_statement(signature: bytes, version: str, where: str) -> dict[str, Any]:
    """The payload of a signature whose form, and certificate if it has one, are right."""
    segments = _COMPACT.fullmatch(signature)
    if segments is None:
        raise _refusal(
            where,
            "Expected a JSON web signature in compact form: three base64url texts, dots between.",
            "Use the compact serialization of RFC 7515, without line ends or padding.",
        )
    header = _read_json(segments[1], "header", where)
    if not isinstance(header, dict):
        rule = f"The signature's header is no object; {came(header)}."
        raise _refusal(where, rule, 'For example {"alg": "RS256"}.')
    _check_header(header, where)
    if "x5c" in header:
        _verify(signature, _leaf_key(header["x5c"], where), where)
    signed = _read_json(segments[2], "payload", where)
    try:
        walk(signed, version=version)
    except StatementRefused as error:
        rule = f"The payload of the signature is no valid statement; at {error.path}: {error.rule}"
        raise _refusal(where, rule, error.fix) from None
    return dict(signed)


def _read_json(segment: bytes, name: str, where: str) -> Any:
    try:
        return text.parse(base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)))
    except binascii.Error:
        rule = f"The signature's {name} is no base64url text."
        raise _refusal(where, rule, "Encode it as RFC 7515 says.") from None
    except StatementRefused as error:
        raise _refusal(where, f"The signature's {name}: {error.rule}", error.fix) from None


def _check_header(header: Mapping[str, Any], where: str) -> None:
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        rule = f"The algorithm of a signature is one of {', '.join(ALGORITHMS)}; {came(algorithm)}."
        raise _refusal(where, rule, "Sign with RSA and SHA-256, for example.")
    # RFC 7515 4.1.11: what is critical and not understood makes the signature invalid
    if "crit" in header:
        rule = 'The signature has critical extensions ("crit"), and none is known here.'
        raise _refusal(where, rule, "Sign without extensions.")


def _leaf_key(chain: Any, where: str) -> RSAPublicKey:
    """The key in the first of the certificates, which is the signer's (RFC 7515 4.1.6)."""
    if not isinstance(chain, list) or not 1 <= len(chain) <= _MOST_CERTIFICATES:
        rule = f"x5c is an array of 1 to {_MOST_CERTIFICATES} certificates; {came(chain)}."
        raise _refusal(where, rule, "Begin with the signer's certificate.")
    leaf, *_ = [_certificate(one, where) for one in chain]
    try:
        key = leaf.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        rule = f"The key of the first certificate in x5c cannot be read: {error}"
        raise _refusal(where, rule, "Use a certificate with an RSA key.") from None
    if not isinstance(key, RSAPublicKey):
        rule = "The key of the first certificate in x5c is no RSA key."
        raise _refusal(where, rule, "Sign with an RSA key.")
    return key


def _certificate(encoded: Any, where: str) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True))
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        rule = f"x5c holds X.509 certificates, DER in base64; {came(encoded)}."
        raise _refusal(where, rule, "Put each certificate in as RFC 7515 4.1.6 says.") from None


def _verify(signature: bytes, key: RSAPublicKey, where: str) -> None:
    try:
        jws.deserialize_compact(signature, RSAKey(key, key), registry=_REGISTRY)
    except BadSignatureError:
        rule = "The signature does not agree with the certificate in its header."
        fix = "Sign with the private key of the first certificate in x5c."
        raise _refusal(where, rule, fix) from None
    except (JoseError, ValueError) as error:
        rule = f"The signature cannot be verified: {error}"
        raise _refusal(where, rule, "Form it as RFC 7515 says.") from None


def _refusal(where: str, rule: str, fix: str) -> StatementRefused:
    return StatementRefused(path=where, rule=rule, clause=_CLAUSE, fix=fix)
