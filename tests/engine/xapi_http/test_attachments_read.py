"""Attachments that are given back: GET with attachments=true (Communication 2.1.3)."""

from __future__ import annotations

import email
import hashlib
from email import policy
from pathlib import Path

import pytest
from attachment_making import (
    CONTENT,
    a_part,
    an_attachment,
    attached,
    get_mixed,
    post_mixed,
    post_parts,
    put_mixed,
    read_mixed,
    sha2,
)
from factories import a_statement
from flask import Flask
from site_making import a_site
from xapi_making import Lms
from xapi_signing import a_jws, about

from xapi.vocabulary import VOIDED

pytestmark = pytest.mark.both_databases
OTHER = b"here is another one"


@pytest.fixture(params=["1.0.3", "2.0.0"])
def lms(app: Flask, request: pytest.FixtureRequest) -> Lms:
    return Lms(app, request.param)


def test_one_statement_comes_with_its_attachments(lms: Lms) -> None:
    statement = attached(CONTENT, OTHER)
    post_mixed(lms, [statement, attached(b"not asked for")], CONTENT, OTHER, b"not asked for")
    read = get_mixed(lms, statementId=statement["id"])
    assert read.json["id"] == statement["id"]
    assert sorted(read.contents) == sorted([CONTENT, OTHER])


def test_what_was_put_comes_back(lms: Lms) -> None:
    statement = attached(CONTENT)
    put_mixed(lms, statement, CONTENT)
    assert get_mixed(lms, statementId=statement["id"]).contents == [CONTENT]


def test_attachment_says_what_it_is(lms: Lms) -> None:
    post_mixed(lms, attached(CONTENT), CONTENT)
    (part,) = get_mixed(lms).parts
    assert part.headers == {
        "content-type": "application/pdf",
        "content-transfer-encoding": "binary",
        "x-experience-api-hash": sha2(CONTENT),
    }


def test_content_type_and_hash_are_as_the_statement_writes_them(lms: Lms) -> None:
    described = an_attachment(sha2=sha2(CONTENT).upper(), contentType="text/plain; charset=ascii")
    post_mixed(lms, a_statement(attachments=[described]), CONTENT)
    (part,) = get_mixed(lms).parts
    assert part.headers["content-type"] == "text/plain; charset=ascii"
    assert part.headers["x-experience-api-hash"] == sha2(CONTENT).upper()


@pytest.mark.parametrize("name", ["sha224", "sha384", "sha512"])
def test_every_sha2_comes_back(lms: Lms, name: str) -> None:
    found = hashlib.new(name, CONTENT).hexdigest()
    statement = a_statement(attachments=[an_attachment(sha2=found)])
    post_parts(lms, statement, a_part(X_Experience_API_Hash=found))
    assert get_mixed(lms).contents == [CONTENT]


def test_page_comes_with_each_content_once(lms: Lms) -> None:
    batch = [attached(CONTENT), attached(CONTENT, OTHER), a_statement()]
    post_mixed(lms, batch, CONTENT, OTHER)
    read = get_mixed(lms, ascending="true")
    assert [one["id"] for one in read.json["statements"]] == [one["id"] for one in batch]
    assert sorted(read.contents) == sorted([CONTENT, OTHER])


def test_next_page_comes_with_its_own_attachments(lms: Lms) -> None:
    post_mixed(lms, [attached(CONTENT), attached(OTHER)], CONTENT, OTHER)
    first = get_mixed(lms, limit="1", ascending="true")
    second = read_mixed(lms.get(first.json["more"]))
    assert (first.contents, second.contents) == ([CONTENT], [OTHER])


@pytest.mark.parametrize("form", ["exact", "ids", "canonical"])
def test_every_format_comes_with_attachments(lms: Lms, form: str) -> None:
    statement = attached(CONTENT)
    post_mixed(lms, statement, CONTENT)
    read = get_mixed(lms, statementId=statement["id"], format=form)
    assert (read.json["id"], read.contents) == (statement["id"], [CONTENT])


def test_attachment_of_a_substatement_comes_back(lms: Lms) -> None:
    plan = attached(CONTENT, objectType="SubStatement")
    del plan["id"]
    post_mixed(lms, a_statement(object=plan), CONTENT)
    assert get_mixed(lms).contents == [CONTENT]


def test_signature_comes_back_byte_for_byte(lms: Lms) -> None:
    statement = a_statement()
    jws = a_jws(statement)
    post_mixed(lms, statement | {"attachments": [about(jws)]}, jws)
    assert get_mixed(lms).contents == [jws]


def test_voided_statement_keeps_its_attachments(lms: Lms) -> None:
    statement = attached(CONTENT)
    post_mixed(lms, statement, CONTENT)
    lms.post(a_statement(verb=VOIDED, object={"objectType": "StatementRef", "id": statement["id"]}))
    assert get_mixed(lms, voidedStatementId=statement["id"]).contents == [CONTENT]
    assert get_mixed(lms).contents == []


def test_sending_a_known_statement_again_changes_nothing(lms: Lms) -> None:
    statement = attached(CONTENT)
    post_mixed(lms, statement, CONTENT)
    post_mixed(lms, statement, CONTENT)
    assert get_mixed(lms).contents == [CONTENT]


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([], id="no statement"),
        pytest.param([a_statement()], id="no attachments"),
        pytest.param(
            [a_statement(attachments=[an_attachment(fileUrl="https://example.org/c")])],
            id="only a fileUrl",
        ),
    ],
)
def test_answer_is_in_parts_also_without_bytes(lms: Lms, statements: list[object]) -> None:
    lms.post(statements)
    read = get_mixed(lms)
    assert (len(read.json["statements"]), read.parts) == (len(statements), ())


@pytest.mark.parametrize("asked", [{}, {"attachments": "false"}], ids=["not asked", "false"])
def test_without_asking_a_page_is_json(lms: Lms, asked: dict[str, str]) -> None:
    post_mixed(lms, attached(CONTENT), CONTENT)
    assert lms.get(**asked).content_type == "application/json"


@pytest.mark.parametrize("asked", [{}, {"attachments": "false"}], ids=["not asked", "false"])
def test_without_asking_a_statement_is_json(lms: Lms, asked: dict[str, str]) -> None:
    statement = attached(CONTENT)
    post_mixed(lms, statement, CONTENT)
    assert lms.get(statementId=statement["id"], **asked).content_type == "application/json"


def test_knowing_a_hash_opens_nothing(app: Flask) -> None:
    post_mixed(Lms(app, name="owner"), attached(CONTENT), CONTENT)
    other = Lms(app, name="other")
    assert get_mixed(other).contents == []
    other.post(a_statement(attachments=[an_attachment(fileUrl="https://example.org/c")]))
    assert get_mixed(other).contents == []


def test_head_has_the_headers_alone(lms: Lms) -> None:
    post_mixed(lms, attached(CONTENT), CONTENT)
    answer = lms.send("HEAD", "/xapi/statements", query_string={"attachments": "true"})
    assert answer.status_code == 200
    assert answer.content_type.startswith("multipart/mixed; boundary=")
    assert answer.data == b""


def test_answer_has_the_usual_headers(lms: Lms) -> None:
    statement = attached(CONTENT)
    post_mixed(lms, statement, CONTENT)
    answer = lms.get(attachments="true", statementId=statement["id"])
    assert "X-Experience-API-Consistent-Through" in answer.headers
    assert answer.headers["Last-Modified"]


def test_other_readers_of_multipart_understand_it(lms: Lms) -> None:
    text = b"here is a simple attachment"
    post_mixed(lms, attached(text), text)
    answer = lms.get(attachments="true")
    head = f"Content-Type: {answer.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.data, policy=policy.HTTP)
    first, second = message.iter_parts()
    assert message.defects == []
    assert first.get_content_type() == "application/json"
    assert second["X-Experience-API-Hash"] == sha2(text)
    assert second.get_payload(decode=True) == text


def test_page_of_large_attachments_is_short_and_goes_on(
    instance_dir: Path, database_url: str
) -> None:
    contents = [bytes([number]) * 2000 for number in range(3)]
    with a_site(instance_dir, database_url, max_body=5000) as app:
        lms = Lms(app)
        sent = [post_mixed(lms, attached(one), one).status_code for one in contents]
        first = get_mixed(lms, ascending="true")
        second = read_mixed(lms.get(first.json["more"]))
    assert sent == [200, 200, 200]
    assert (first.contents, second.contents) == (contents[:2], contents[2:])
