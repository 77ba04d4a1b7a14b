"""Forwarding: which statements leave, in which bytes and order, and that each leaves once."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from exchange_making import (
    ME,
    Elsewhere,
    a_forward,
    a_pull,
    change,
    here,
    ids,
    put,
    said,
    send,
    the_forward,
)
from factories import ATTENDED, a_person, a_statement
from flask import Flask
from lrs_making import a_void, an_authority, an_entry
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.db import transaction
from engine.exchange import forwarding, pulls
from engine.lrs.forwards import look_again
from engine.lrs.models import statement as statement_table
from engine.lrs.origins import authority_of, create_origin
from engine.lrs.store import Authority
from engine.moments import now_us
from engine.people import service as people
from engine.pipeline import entry_of, reader
from engine.sources import decisions
from xapi import multipart, text

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"


# --- what is sent ------------------------------------------------------------------------------


def test_the_stored_bytes_are_sent(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us, count=2)
    send()
    payloads = [one.payload for one in reader().log(0, 10)]
    assert elsewhere.bodies == [b"[" + b",".join(payloads) + b"]"]


def test_the_key_and_the_version_go_with_them(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url, version="1.0.3")
    said(us)
    send()
    asked = elsewhere.requests[0]
    assert asked.authorization is not None
    assert (asked.authorization.username, asked.authorization.password) == ("us", "hush")
    assert asked.headers["X-Experience-API-Version"] == "1.0.3"


def test_what_was_sent_is_not_sent_again(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    send()
    said(us)
    send()
    assert [len(body) > 2 for body in elsewhere.bodies] == [True, True]
    assert (the_forward().sent, len(elsewhere.kept)) == (2, 2)


def test_only_what_comes_from_now_on(us: Authority, elsewhere: Elsewhere) -> None:
    said(us)
    a_forward(elsewhere.url, from_start=False)
    later = said(us)
    send()
    assert list(elsewhere.kept) == later


def test_from_the_start_when_asked(us: Authority, elsewhere: Elsewhere) -> None:
    earlier = said(us)
    a_forward(elsewhere.url)
    send()
    assert list(elsewhere.kept) == earlier


def test_a_batch_has_a_hundred_at_most(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    sent = said(us, count=101)
    send()
    assert len(elsewhere.bodies) == 2
    assert list(elsewhere.kept) == sent


def test_a_batch_stays_below_a_megabyte(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    long = {"response": "x" * 400_000}
    said(us, count=3, result=long)
    send()
    assert [len(body) < 1_000_000 for body in elsewhere.bodies] == [True, True]
    assert len(elsewhere.kept) == 3


def test_a_paused_forward_sends_nothing(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url, enabled=False)
    said(us)
    send()
    assert elsewhere.requests == []


# --- attachments -------------------------------------------------------------------------------


def an_attached(us: Authority, content: bytes) -> str:
    """Store a statement with an attachment; its id."""
    sha2 = hashlib.sha256(content).hexdigest()
    described = {
        "usageType": "https://example.org/certificate",
        "display": {"en": "Certificate"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    plain = an_entry(us, "public", attachments=[described])
    [sid] = put(replace(plain, attachments={sha2: content}))
    return sid


def test_attachments_go_along(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    sid = an_attached(us, b"well done\r\n")
    send()
    [asked] = elsewhere.requests
    first, second = multipart.read(asked.get_data(), asked.headers["Content-Type"])
    assert first.content == b"[" + reader().log(0, 1)[0].payload + b"]"
    assert second.content == b"well done\r\n"
    assert list(elsewhere.kept) == [sid]


def test_without_attachments_a_batch_is_plain(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    send()
    assert elsewhere.requests[0].headers["Content-Type"] == "application/json"


# --- audience and legal basis ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "audiences", "leaves"),
    [
        pytest.param("public", None, True, id="public leaves by default"),
        pytest.param("private", None, False, id="private stays by default"),
        pytest.param("manager", None, False, id="manager stays by default"),
        pytest.param("community:policy", None, False, id="community stays by default"),
        pytest.param("private", ["public", "private"], True, id="private leaves when named"),
        pytest.param("community:policy", ["community:policy"], True, id="this community"),
        pytest.param("community:law", ["community:policy"], False, id="another community"),
    ],
)
def test_the_audience_is_obeyed(
    us: Authority, elsewhere: Elsewhere, audience: str, audiences: list[str] | None, leaves: bool
) -> None:
    a_forward(elsewhere.url, audiences=audiences)
    said(us, audience=audience)
    send()
    row = the_forward()
    assert (len(elsewhere.kept), row.sent, row.withheld) == (leaves, leaves, not leaves)


def test_what_is_opened_later_leaves_then(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us, audience="private")
    send()
    open_to("public", sid)
    send()
    assert list(elsewhere.kept) == [sid]
    assert (the_forward().sent, forwarding._due()) == (1, [])


def test_what_is_opened_to_others_stays(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us, audience="private")
    send()
    open_to("manager", sid)
    send()
    assert elsewhere.requests == []
    assert forwarding._due() == []


def test_what_stays_as_open_as_it_was_is_not_sent_again(
    us: Authority, elsewhere: Elsewhere
) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us)
    send()
    open_to("public", sid)
    assert forwarding._due() == []


def test_what_is_opened_before_the_log_comes_to_it_leaves_once(
    us: Authority, elsewhere: Elsewhere
) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us, audience="private")
    open_to("public", sid)
    send()
    assert (list(elsewhere.kept), len(elsewhere.bodies), the_forward().sent) == ([sid], 1, 1)


def test_what_is_opened_while_the_log_passes_it_leaves_next(
    app: Flask, us: Authority, httpserver: HTTPServer
) -> None:
    bodies = []

    def answer(request: Request) -> Response:
        bodies.append(request.get_data())
        with app.app_context():
            open_to("public", closed)
        return Response("[]")

    httpserver.expect_request("/xapi/statements").respond_with_handler(answer)
    a_forward(httpserver.url_for("/xapi"))
    [first], [closed] = said(us), said(us, audience="private")
    forwarding.advance(ME)
    forwarding.advance(ME)
    assert [ids(text.parse(body)) for body in bodies] == [[first], [closed]]


def open_to(audience: str, sid: str) -> None:
    """What a learner's decision writes."""
    key = uuid.UUID(sid)
    with transaction() as session:
        mine = statement_table.c.sid == key.bytes
        session.execute(look_again(key, audience, now_us()))
        session.execute(statement_table.update().where(mine).values(audience=audience))


def test_what_a_learner_opens_leaves_and_what_she_closed_did_not(
    us: Authority, elsewhere: Elsewhere
) -> None:
    bo = a_person()
    a_forward(elsewhere.url, audiences=["public"])
    at = datetime(2026, 9, 8, 12, 0, tzinfo=UTC)
    opened, _closed = (
        decisions.note(bo, decisions.Note(title=title, kind="reading", at=at))
        for title in ("On maps", "On myself")
    )
    send()
    assert elsewhere.kept == {}
    decisions.share(bo, opened, "public")
    send()
    assert list(elsewhere.kept) == [str(opened)]


def an_origin_with(basis: str) -> Authority:
    with transaction():
        origin = create_origin("key", "lms", home_page="https://lms.example", basis=basis)
        return authority_of(origin)


def say(origin: Authority, word: str) -> None:
    """Bo says what he thinks of an origin, or nothing."""
    with transaction():
        if word:
            people.say(people.get_person("bo@example.org"), origin.origin, word)


@pytest.mark.parametrize(
    ("basis", "word", "leaves"),
    [
        pytest.param("notice", "", True, id="notice, no word"),
        pytest.param("notice", "objected", False, id="notice, objected"),
        pytest.param("consent", "", False, id="consent, no word"),
        pytest.param("consent", "given", True, id="consent given"),
        pytest.param("consent", "withdrawn", False, id="consent withdrawn"),
    ],
)
def test_the_legal_basis_holds(
    us: Authority, elsewhere: Elsewhere, basis: str, word: str, leaves: bool
) -> None:
    a_person()
    origin = an_origin_with(basis)
    say(origin, word)
    a_forward(elsewhere.url)
    said(origin)
    send()
    assert (len(elsewhere.kept), the_forward().withheld) == (leaves, not leaves)


def test_one_member_who_objects_keeps_a_group_back(us: Authority, elsewhere: Elsewhere) -> None:
    a_person()
    say(us, "objected")
    a_forward(elsewhere.url)
    members = [{"mbox": "mailto:ann@example.org"}, {"mbox": "mailto:bo@example.org"}]
    said(us, actor={"objectType": "Group", "member": members})
    send()
    assert elsewhere.kept == {}


# --- filters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "leaves"),
    [
        pytest.param({"verbs": [ATTENDED]}, True, id="verb"),
        pytest.param({"verbs": [COMPLETED]}, False, id="another verb"),
        pytest.param({"verbs": [COMPLETED, ATTENDED]}, True, id="one of two verbs"),
        pytest.param({"activities": ["https://events.example.org/1"]}, True, id="object"),
        pytest.param({"activities": ["https://events.example.org"]}, True, id="parent"),
        pytest.param({"activities": ["https://other.example.org"]}, False, id="another activity"),
        pytest.param({"agents": ["bo@example.org"]}, True, id="agent"),
        pytest.param({"agents": ["ann@example.org"]}, False, id="another agent"),
        pytest.param({"origins": ["lms"]}, True, id="origin"),
        pytest.param({"origins": ["Byway"]}, False, id="another origin"),
        pytest.param({"verbs": [ATTENDED], "origins": ["Byway"]}, False, id="both have to fit"),
    ],
)
def test_filters(
    us: Authority, elsewhere: Elsewhere, match: dict[str, list[str]], leaves: bool
) -> None:
    a_forward(elsewhere.url, match=match)
    said(us, context={"contextActivities": {"parent": [{"id": "https://events.example.org"}]}})
    send()
    assert (len(elsewhere.kept), the_forward().withheld) == (leaves, 0)


def test_a_filter_is_taken_away(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url, match={"verbs": [COMPLETED], "origins": ["lms"]})
    change(match={"verbs": [""]})
    said(us)
    send()
    assert len(elsewhere.kept) == 1


# --- voids -------------------------------------------------------------------------------------


def test_a_void_follows_what_it_voids(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url, match={"verbs": [ATTENDED]})
    [sid] = said(us)
    send()
    [void] = put(a_void(us, uuid.UUID(sid)))
    send()
    assert list(elsewhere.kept) == [sid, void]


def test_what_is_voided_already_is_not_sent(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us)
    [void] = put(a_void(us, uuid.UUID(sid)))
    send()
    assert list(elsewhere.kept) == [void]
    assert the_forward().withheld == 1


def test_a_void_without_effect_here_is_not_sent(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us)
    put(a_void(an_authority("somebody else"), uuid.UUID(sid)))
    send()
    assert list(elsewhere.kept) == [sid]


def test_a_void_of_what_stayed_here_stays_here(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us, audience="private")
    put(a_void(us, uuid.UUID(sid)))
    send()
    assert elsewhere.kept == {}
    assert the_forward().withheld == 2


def test_a_void_follows_what_was_open_once(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us)
    send()
    open_to("private", sid)
    [void] = put(a_void(us, uuid.UUID(sid)))
    send()
    assert list(elsewhere.kept) == [sid, void]


def test_a_void_stays_where_the_other_store_does_not_let_us_look(
    us: Authority, elsewhere: Elsewhere
) -> None:
    a_forward(elsewhere.url)
    [sid] = said(us)
    send()
    open_to("private", sid)
    put(a_void(us, uuid.UUID(sid)))
    elsewhere.answers = [Response("", 403)]
    send()
    assert (list(elsewhere.kept), the_forward().withheld) == ([sid], 1)


# --- versions ----------------------------------------------------------------------------------


def newer(**context: object) -> dict[str, object]:
    return a_statement(version="2.0.0", context=context)


def test_a_store_of_1_0_3_gets_what_keeps_its_rules_under_its_label(
    us: Authority, elsewhere: Elsewhere
) -> None:
    a_forward(elsewhere.url, version="1.0.3")
    [sid] = put(entry_of(newer(language="en"), authority=us, audience="public"))
    send()
    [before] = here()
    assert elsewhere.kept[sid] == before | {"version": "1.0.3"}


def test_a_store_of_2_0_gets_its_label_as_stored(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url, version="2.0.0")
    [sid] = put(entry_of(newer(language="en"), authority=us, audience="public"))
    send()
    assert elsewhere.kept[sid]["version"] == "2.0.0"


# --- no way back -------------------------------------------------------------------------------


def test_what_was_pulled_from_a_store_is_not_sent_back(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    theirs = authority_of(pulls.origin_of(a_pull(f"{elsewhere.url}/statements/")))
    said(theirs)
    ours = said(us)
    send()
    assert list(elsewhere.kept) == ours


def test_what_was_pulled_from_another_store_is_sent(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    theirs = authority_of(pulls.origin_of(a_pull("https://another.example.org/xapi")))
    sent = said(theirs)
    send()
    assert list(elsewhere.kept) == sent
