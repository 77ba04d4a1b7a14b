"""Signed statements (xAPI 1.0.3 Data 2.6)."""

from __future__ import annotations

import base64
import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi_samples import ATTACHMENT, SID, full, planned, put, short
from xapi_signing import (
    a_certificate,
    a_jws,
    a_key,
    about,
    another_kind_of_key,
    base64url,
)

from xapi import text
from xapi.errors import StatementRefused
from xapi.signatures import Signatures
from xapi.walk import walk

VERSIONS = pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
OTHER = {**ATTACHMENT, "fileUrl": "https://example.org/c.pdf"}
GOOD = a_certificate(a_key())
EXPIRED_CHAIN = [GOOD, a_certificate(a_key("authority"))]


def check(statement: Any, *signatures: bytes, version: str = "1.0.3", **described: Any) -> None:
    """Check a statement that the signatures have been added to."""
    attachments = [
        *statement.get("attachments", ()),
        *(about(one, **described) for one in signatures),
    ]
    received = {**statement, "attachments": attachments}
    walk(received, version=version)
    contents = {about(one)["sha2"]: one for one in signatures}
    Signatures(version).check(received, contents)


def refused(statement: Any, *signatures: bytes, **more: Any) -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        check(statement, *signatures, **more)
    return caught.value


@VERSIONS
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_statement_signed_without_certificate_is_taken(algorithm: str, version: str) -> None:
    check(short(), a_jws(short(), alg=algorithm), version=version)


@VERSIONS
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_signature_that_agrees_with_its_certificate_is_taken(algorithm: str, version: str) -> None:
    check(short(), a_jws(short(), alg=algorithm, x5c=[GOOD]), version=version)


def test_only_the_first_certificate_verifies() -> None:
    check(short(), a_jws(short(), x5c=EXPIRED_CHAIN))
    refusal = refused(short(), a_jws(short(), x5c=EXPIRED_CHAIN[::-1]))
    assert "does not agree with the certificate" in refusal.rule


def test_signature_by_another_key_than_the_certificates_is_refused() -> None:
    refusal = refused(short(), a_jws(short(), a_key("stranger"), x5c=[GOOD]))
    assert "does not agree with the certificate" in refusal.rule
    assert refusal.path == "$.attachments[0]"
    assert "Data 2.6" in refusal.clause


def test_payload_changed_after_signing_is_refused() -> None:
    header, _, signature = a_jws(
        put(short(), "timestamp", "2026-01-01T00:00:00Z"), x5c=[GOOD]
    ).split(b".")
    refusal = refused(short(), b".".join([header, base64url(text.dump(short())), signature]))
    assert "does not agree with the certificate" in refusal.rule


def test_other_members_of_the_header_do_not_matter() -> None:
    check(short(), a_jws(short(), x5c=[GOOD], typ="JOSE", kid="7", iat=1_700_000_000))


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param([], id="empty"),
        pytest.param(GOOD, id="text, no array"),
        pytest.param(None, id="null"),
        pytest.param([7], id="a number in it"),
        pytest.param(["certificate"], id="no base64"),
        pytest.param([base64.b64encode(b"certificate").decode()], id="no certificate"),
        pytest.param([GOOD[:200]], id="cut off"),
        pytest.param([GOOD, "AAAA"], id="broken further up"),
        pytest.param([GOOD] * 11, id="too many"),
        pytest.param([a_certificate(another_kind_of_key())], id="no RSA key"),
    ],
)
def test_malformed_certificate_is_refused(chain: Any) -> None:
    assert "x5c" in refused(short(), a_jws(short(), x5c=chain)).rule


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@given(at=st.integers(0, len(base64.b64decode(GOOD)) - 1), byte=st.binary(min_size=1, max_size=3))
def test_mangled_certificate_is_taken_or_refused(at: int, byte: bytes) -> None:
    der = base64.b64decode(GOOD)
    mangled = base64.b64encode(der[:at] + byte + der[at + 1 :]).decode()
    jws = a_jws(short(), x5c=[mangled])
    with contextlib.suppress(StatementRefused):
        check(short(), jws)


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "PS256", "none", "rs256", None, 256, []])
def test_other_algorithm_is_refused(algorithm: Any) -> None:
    header = base64url(text.dump({"alg": algorithm}))
    refusal = refused(short(), header + b"." + base64url(text.dump(short())) + b".AAAA")
    assert "RS256, RS384, RS512" in refusal.rule


@pytest.mark.parametrize(
    ("header", "said"),
    [
        pytest.param(b"{}", "algorithm", id="no algorithm"),
        pytest.param(b"[]", "no object", id="an array"),
        pytest.param(b'"alg"', "no object", id="a text"),
        pytest.param(b"{", "Expected JSON", id="no JSON"),
        pytest.param(b'{"alg":"HS256","alg":"RS256"}', "twice", id="a name twice"),
        pytest.param(b"[" * 5000, "nested", id="deeply nested, cut off"),
        pytest.param(b"[" * 5000 + b"]" * 5000, "nested", id="deeply nested"),
        pytest.param(b"\xff", "UTF-8", id="no UTF-8"),
        pytest.param(b'{"alg":"RS256","crit":["exp"],"exp":1}', "crit", id="critical extension"),
        pytest.param(b'{"alg":"RS256","crit":["b64"],"b64":false}', "crit", id="not encoded"),
    ],
)
def test_malformed_header_is_refused(header: bytes, said: str) -> None:
    jws = base64url(header) + b"." + base64url(text.dump(short())) + b".AAAA"
    assert said in refused(short(), jws).rule


def test_long_number_in_a_header_with_certificate_is_refused() -> None:
    jws = a_jws(short(), x5c=[GOOD], n=Decimal("9" * 5000))
    assert "cannot be verified" in refused(short(), jws).rule


def test_vast_header_with_certificate_is_refused() -> None:
    jws = a_jws(short(), x5c=[GOOD], note="x" * 100_000)
    assert "cannot be verified" in refused(short(), jws).rule


@pytest.mark.parametrize(
    "jws",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"signature", id="one text"),
        pytest.param(b"e30.e30", id="two texts"),
        pytest.param(b"e30.e30.e30.e30", id="four texts"),
        pytest.param(b"e30..AAAA", id="payload elsewhere"),
        pytest.param(a_jws(short()) + b"\n", id="line end"),
        pytest.param(a_jws(short()) + b"=", id="padded"),
        pytest.param(a_jws(short()).replace(b".", b"+.", 1), id="plain base64"),
        pytest.param(b"e." + a_jws(short()).partition(b".")[2], id="impossible length"),
        pytest.param(text.dump({"payload": "e30", "signatures": []}), id="JSON serialization"),
    ],
)
def test_what_is_no_compact_signature_is_refused(jws: bytes) -> None:
    assert "signature" in refused(short(), jws).rule


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        pytest.param(b'{"actor":', "Expected JSON", id="no JSON"),
        pytest.param(b"[]", "no valid statement", id="an array"),
        pytest.param({**short(), "verb": {"id": "attended"}}, "$.verb.id", id="no statement"),
        pytest.param({**short(), "mood": "good"}, "mood", id="unknown property"),
    ],
)
def test_payload_that_is_no_statement_is_refused(payload: Any, said: str) -> None:
    assert said in refused(short(), a_jws(payload)).rule


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param(put(short(), "actor.mbox", "mailto:eve@example.org"), id="another actor"),
        pytest.param(put(short(), "result", {"success": True}), id="a result more"),
        pytest.param(put(short(), "attachments", [OTHER]), id="an attachment more"),
        pytest.param(planned(), id="quite another"),
    ],
)
def test_signature_of_another_statement_is_refused(signed: Any) -> None:
    refusal = refused(short(), a_jws(signed, x5c=[GOOD]))
    assert "another one" in refusal.rule


def test_signature_of_the_same_statement_under_another_id_is_refused() -> None:
    other = {**short(), "id": "11111111-2222-4333-8444-555555555555"}
    assert "another one" in refused({**short(), "id": SID}, a_jws(other)).rule


@VERSIONS
@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        pytest.param({**short(), "id": SID}, short(), id="id only signed"),
        pytest.param(short(), {**short(), "id": SID}, id="id only sent"),
        pytest.param({**short(), "id": SID.upper()}, {**short(), "id": SID}, id="case of the id"),
        pytest.param(
            put(full(), "timestamp", "2026-03-19T15:05:00.123+01:00"),
            full(),
            id="spelled otherwise",
        ),
        pytest.param(
            put(full(), "result.duration", "PT57M0.129S"),
            put(full(), "result.duration", "PT57M0.12S"),
            id="beyond a hundredth of a second",
        ),
        pytest.param(
            put(
                full(), "context.contextActivities.parent", {"id": "http://example.org/webinars/12"}
            ),
            full(),
            id="single context activity",
        ),
        pytest.param(put(short(), "attachments", []), short(), id="no attachments"),
        pytest.param(full(), full(), id="with another attachment"),
    ],
)
def test_differences_that_do_not_count_do_not_count_here(
    signed: Any, sent: Any, version: str
) -> None:
    check(sent, a_jws(signed), version=version)


def test_two_may_sign_one_statement() -> None:
    check(short(), a_jws(short(), x5c=[GOOD]), a_jws(short(), a_key("stranger")))


def test_second_signature_may_cover_the_first() -> None:
    first = a_jws(short())
    check(short(), first, a_jws({**short(), "attachments": [about(first)]}))


def test_one_of_two_signatures_being_wrong_refuses_the_statement() -> None:
    refusal = refused(short(), a_jws(short()), a_jws(planned()))
    assert refusal.path == "$.attachments[1]"


def test_signature_listed_twice_is_one() -> None:
    jws = a_jws(short())
    received = {**short(), "attachments": [about(jws), about(jws)]}
    Signatures("1.0.3").check(received, {about(jws)["sha2"]: jws})


@pytest.mark.parametrize("kind", ["text/plain", "application/jose", "application/octet-stream2"])
def test_signature_of_another_content_type_is_refused(kind: str) -> None:
    refusal = refused(short(), a_jws(short()), contentType=kind)
    assert refusal.path == "$.attachments[0].contentType"
    assert kind in refusal.rule


def test_parameter_of_the_content_type_does_not_matter() -> None:
    check(short(), a_jws(short()), contentType="Application/Octet-Stream; charset=binary")


def test_signature_that_lies_elsewhere_is_refused() -> None:
    described = about(a_jws(short()), fileUrl="https://example.org/signature")
    with pytest.raises(StatementRefused, match="did not come"):
        Signatures("1.0.3").check({**short(), "attachments": [described]}, {})


def test_hash_of_a_signature_may_be_written_in_capitals() -> None:
    jws = a_jws(short())
    described = {**about(jws), "sha2": about(jws)["sha2"].upper()}
    received = {**short(), "attachments": [described]}
    Signatures("1.0.3").check(received, {about(jws)["sha2"]: jws})


def test_statement_without_signature_has_nothing_to_check() -> None:
    Signatures("1.0.3").check(full(), {})


def test_attachment_of_a_substatement_signs_nothing() -> None:
    described = {**about(b"x"), "contentType": "text/plain"}
    Signatures("1.0.3").check(put(planned(), "object.attachments", [described]), {})
