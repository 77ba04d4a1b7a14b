"""Statements that come with the bytes of their attachments (Communication 1.5.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attachment_making import (
    BOUNDARY,
    CONTENT,
    MIXED,
    a_part,
    an_attachment,
    attached,
    mixed,
    post_mixed,
    post_parts,
    put_mixed,
    sha2,
)
from factories import a_statement
from flask import Flask
from site_making import a_site
from xapi_making import Lms
from xapi_signing import a_certificate, a_jws, a_key, about

from engine.pipeline import reader
from xapi import text
from xapi.multipart import Part

OTHER = b"here is another one"
LINKED = an_attachment(fileUrl="https://example.org/certificate.pdf")


@pytest.fixture(params=["1.0.3", "2.0.0"])
def lms(app: Flask, request: pytest.FixtureRequest) -> Lms:
    return Lms(app, request.param)


def about_a_plan(*attachments: Any) -> dict[str, Any]:
    """A statement whose SubStatement has attachments."""
    plan = a_statement(attachments=list(attachments), objectType="SubStatement")
    return a_statement(object={name: plan[name] for name in plan if name != "id"})


# What is taken.


@pytest.mark.both_databases
def test_statement_is_posted_with_its_attachment(lms: Lms) -> None:
    statement = attached(CONTENT)
    answer = post_mixed(lms, statement, CONTENT)
    assert (answer.status_code, answer.json) == (200, [statement["id"]])
    assert lms.get(statementId=statement["id"]).json["attachments"] == statement["attachments"]


@pytest.mark.both_databases
def test_statement_is_put_with_its_attachment(lms: Lms) -> None:
    statement = attached(CONTENT)
    assert put_mixed(lms, statement, CONTENT).status_code == 204
    assert lms.ids() == [statement["id"]]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statements", "contents"),
    [
        pytest.param([attached(CONTENT), attached(CONTENT)], [CONTENT], id="one for two"),
        pytest.param(attached(CONTENT, OTHER), [OTHER, CONTENT], id="in another order"),
        pytest.param(attached(CONTENT), [CONTENT, CONTENT], id="the same bytes twice"),
        pytest.param(attached(b""), [b""], id="empty"),
        pytest.param(about_a_plan(an_attachment()), [CONTENT], id="of a SubStatement"),
        pytest.param(a_statement(attachments=[LINKED]), [CONTENT], id="with fileUrl too"),
        pytest.param(a_statement(attachments=[LINKED]), [], id="with fileUrl only"),
        pytest.param(a_statement(attachments=[]), [], id="an empty list"),
        pytest.param([a_statement(), a_statement()], [], id="no attachments"),
        pytest.param([], [], id="no statements"),
        pytest.param(
            a_statement(attachments=[an_attachment(length=2 * len(CONTENT))]),
            [CONTENT],
            id="another length",
        ),
        pytest.param(
            a_statement(attachments=[an_attachment(contentType="text/plain; charset=ascii")]),
            [CONTENT],
            id="another content type",
        ),
    ],
)
def test_batch_is_taken(lms: Lms, statements: Any, contents: list[bytes]) -> None:
    assert post_mixed(lms, statements, *contents).status_code == 200


@pytest.mark.parametrize("name", ["sha224", "sha384", "sha512"])
def test_every_sha2_is_taken(lms: Lms, name: str) -> None:
    found = hashlib.new(name, CONTENT).hexdigest()
    statement = a_statement(attachments=[an_attachment(sha2=found)])
    part = a_part(X_Experience_API_Hash=found.upper())
    assert post_parts(lms, statement, part).status_code == 200


def test_lean_bodies_are_taken(lms: Lms) -> None:
    statement = attached(CONTENT)
    body = b"\r\n".join(
        [
            b"",
            b"--" + BOUNDARY.encode(),
            b"content-type:application/json",
            b"",
            text.dump(statement),
            b"--" + BOUNDARY.encode(),
            b"content-transfer-encoding:binary",
            b"x-experience-api-hash:" + sha2(CONTENT).encode(),
            b"",
            CONTENT,
            b"--" + BOUNDARY.encode() + b"--",
        ]
    )
    assert lms.post(body, with_={"Content-Type": MIXED}).json == [statement["id"]]


def test_linked_attachments_come_as_json(lms: Lms) -> None:
    assert lms.post(a_statement(attachments=[LINKED])).status_code == 200


# What is refused.


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        pytest.param(attached(CONTENT), "$.attachments[0]", id="of a statement"),
        pytest.param(
            about_a_plan(LINKED, an_attachment(OTHER)),
            "$.object.attachments[1]",
            id="of a SubStatement",
        ),
    ],
)
def test_json_cannot_bring_bytes(lms: Lms, statement: Any, path: str) -> None:
    answer = lms.post(statement)
    assert (answer.status_code, answer.json["path"]) == (400, path)
    assert "multipart/mixed" in answer.json["fix"]
    assert reader().count() == 0


FORM = {"Content-Type": MIXED.replace("mixed", "form-data")}


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        pytest.param(mixed(attached(CONTENT)), {}, "did not come", id="no bytes"),
        pytest.param(mixed(attached(CONTENT, OTHER), a_part()), {}, "did not come", id="too few"),
        pytest.param(
            mixed(attached(CONTENT), a_part(), a_part(OTHER)), {}, sha2(OTHER), id="too many"
        ),
        pytest.param(mixed(a_statement(), a_part()), {}, sha2(CONTENT), id="nobody's bytes"),
        pytest.param(
            mixed([a_statement(attachments=[LINKED]), attached(OTHER)], a_part()),
            {},
            "did not come",
            id="one of two",
        ),
        pytest.param(
            mixed(attached(CONTENT), Part(headers=a_part().headers, content=OTHER)),
            {},
            "have the hash",
            id="other bytes",
        ),
        pytest.param(
            mixed(attached(CONTENT), a_part(Content_Transfer_Encoding="base64")),
            {},
            "binary",
            id="base64",
        ),
        pytest.param(
            mixed(attached(CONTENT), Part(headers={"Content-Type": "a/b"}, content=CONTENT)),
            {},
            "X-Experience-API-Hash",
            id="no hash",
        ),
        pytest.param(
            mixed(
                a_statement(),
                Part(headers={"Content-Type": "application/json"}, content=b"{}"),
            ),
            {},
            "X-Experience-API-Hash",
            id="statements in two parts",
        ),
        pytest.param(
            mixed(a_statement()).replace(b"application/json", b"text/plain"),
            {},
            "first part",
            id="no JSON first",
        ),
        pytest.param(mixed(a_statement())[:-40], {}, "not ended", id="cut off"),
        pytest.param(text.dump(a_statement()), {}, "boundary", id="plain JSON"),
        pytest.param(
            mixed(a_statement()), {"Content-Type": "multipart/mixed"}, "boundary", id="no boundary"
        ),
        pytest.param(mixed(a_statement()), FORM, "multipart/form-data", id="a form"),
        pytest.param(mixed(attached(CONTENT), a_part()), FORM, "form-data", id="a form with bytes"),
    ],
)
def test_body_is_refused_with_a_reason_and_nothing_is_stored(
    lms: Lms, body: bytes, headers: dict[str, str], said: str
) -> None:
    answer = lms.post(body, with_={"Content-Type": MIXED, **headers})
    assert answer.status_code == 400
    assert said in answer.json["error"]
    assert answer.json["fix"]
    assert reader().count() == 0


def test_bad_statement_in_the_first_part_is_named(lms: Lms) -> None:
    bad = attached(CONTENT) | {"verb": {"id": "attended"}}
    answer = post_mixed(lms, [a_statement(), bad], CONTENT)
    assert (answer.status_code, answer.json["path"]) == (400, "$[1].verb.id")


def test_put_brings_no_bytes_of_others(lms: Lms) -> None:
    answer = put_mixed(lms, attached(CONTENT), CONTENT, OTHER)
    assert answer.status_code == 400
    assert reader().count() == 0


def test_missing_bytes_are_named_by_their_place(lms: Lms) -> None:
    answer = post_mixed(lms, [attached(CONTENT), attached(CONTENT, OTHER)], CONTENT)
    assert (answer.status_code, answer.json["path"]) == (400, "$[1].attachments[1]")


def test_attachment_at_the_limit_for_one_is_taken(instance_dir: Path, database_url: str) -> None:
    with a_site(instance_dir, database_url, max_attachment=len(CONTENT)) as app:
        assert post_mixed(Lms(app), attached(CONTENT), CONTENT).status_code == 200


def test_larger_attachment_is_named(instance_dir: Path, database_url: str) -> None:
    with a_site(instance_dir, database_url, max_attachment=len(CONTENT) - 1) as app:
        answer = post_mixed(Lms(app), attached(OTHER[:5], CONTENT), OTHER[:5], CONTENT)
        assert answer.status_code == 413
        assert sha2(CONTENT) in answer.json["error"]
        assert "fileUrl" in answer.json["fix"]
        assert reader().count() == 0


# Signed statements (Data 2.6).


def signed(statement: dict[str, Any], jws: bytes, **described: Any) -> dict[str, Any]:
    return statement | {"attachments": [about(jws, **described)]}


@pytest.mark.parametrize("header", [{}, {"x5c": [a_certificate(a_key())]}], ids=["bare", "x5c"])
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_signed_statement_is_taken(lms: Lms, header: dict[str, Any], algorithm: str) -> None:
    statement = a_statement()
    jws = a_jws(statement, alg=algorithm, **header)
    assert post_mixed(lms, signed(statement, jws), jws).status_code == 200


@pytest.mark.parametrize(
    ("sign", "described"),
    [
        pytest.param(lambda one: a_jws(one, alg="HS256"), {}, id="another algorithm"),
        pytest.param(lambda one: a_jws(text.dump(one)[:-1]), {}, id="payload no JSON"),
        pytest.param(lambda _: a_jws(a_statement()), {}, id="another statement"),
        pytest.param(lambda _: b"signature", {}, id="no signature"),
        pytest.param(a_jws, {"contentType": "text/plain"}, id="another content type"),
        pytest.param(
            lambda one: a_jws(one, x5c=[a_certificate(a_key("stranger"))]), {}, id="not the key's"
        ),
    ],
)
def test_malformed_signature_refuses_the_statement(
    lms: Lms, sign: Callable[[Any], bytes], described: dict[str, Any]
) -> None:
    statement = a_statement()
    jws = sign(statement)
    answer = post_mixed(lms, [a_statement(), signed(statement, jws, **described)], jws)
    assert answer.status_code == 400
    assert answer.json["path"].startswith("$[1].attachments[0]")
    assert reader().count() == 0


def test_signature_behind_a_fileurl_is_refused(lms: Lms) -> None:
    statement = a_statement()
    answer = lms.post(signed(statement, a_jws(statement), fileUrl="https://example.org/jws"))
    assert (answer.status_code, answer.json["path"]) == (400, "$.attachments[0]")


def test_duration_is_compared_to_a_hundredth_of_a_second(lms: Lms) -> None:
    statement = a_statement(result={"duration": "PT57M0.12S"})
    jws = a_jws(statement)
    finer = signed(statement, jws) | {"result": {"duration": "PT57M0.1299S"}}
    assert post_mixed(lms, finer, jws).status_code == 200
