"""Pulling: everything that another store has comes here once, in its order, whatever its pages."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from exchange_making import (
    ME,
    Elsewhere,
    a_pull,
    fetch,
    here,
    ids,
    put,
    the_pull,
)
from factories import a_person, a_statement
from flask import Flask
from lrs_making import an_entry
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.db import PORTION, reading, transaction, writing
from engine.errors import Conflict
from engine.exchange import client, pulling, pulls, turns
from engine.exchange.client import Trouble
from engine.lrs import attachments as contents
from engine.lrs.store import Authority
from engine.moments import now_us
from engine.people import service as people
from engine.pipeline import reader
from xapi import multipart, text
from xapi.attachments import parts_for
from xapi.vocabulary import VOIDED

pytestmark = pytest.mark.usefixtures("us")
FIRST = datetime(2026, 9, 8, 12, 0, tzinfo=UTC)


def theirs(number: int = 0, **members: Any) -> dict[str, Any]:
    """A statement as another store has it; the number is the second it was stored in."""
    stored = (FIRST + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    given = {
        "stored": stored,
        "version": "1.0.3",
        "authority": {"account": {"homePage": "https://them.example", "name": "key"}},
    }
    return a_statement(**{**given, **members})


# --- what comes --------------------------------------------------------------------------------


def test_everything_comes_in_its_order(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(number) for number in range(3)]
    a_pull(elsewhere.url)
    assert fetch().new == 3
    assert ids(here()) == ids(elsewhere.stored)


def test_ids_stay_and_the_rest_is_ours(elsewhere: Elsewhere) -> None:
    sent = theirs()
    elsewhere.stored = [sent]
    a_pull(elsewhere.url)
    fetch()
    [found] = here()
    ours = {"stored": found["stored"], "authority": pulls.origin_of(the_pull()).authority}
    assert found["stored"] > sent["stored"]
    assert found == sent | ours


def test_what_comes_is_private(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs()]
    a_pull(elsewhere.url)
    fetch()
    assert [one.audience for one in reader().log(0, 2)] == ["private"]


def test_the_key_and_the_version_go_along(elsewhere: Elsewhere) -> None:
    a_pull(elsewhere.url, version="1.0.3")
    fetch()
    [asked] = elsewhere.requests
    assert asked.authorization is not None
    assert (asked.authorization.username, asked.authorization.password) == ("us", "hush")
    assert asked.headers["X-Experience-API-Version"] == "1.0.3"


def test_a_second_time_only_what_is_new_is_asked_for(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(number) for number in range(20)]
    a_pull(elsewhere.url)
    fetch()
    elsewhere.stored.append(theirs(30))
    again = fetch()
    assert (again.new, again.known, again.refused) == (1, 0, 0)
    assert elsewhere.requests[-1].args["since"] == "2026-09-08T12:00:18.000000Z"


def test_from_a_time_on(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(number) for number in range(20)]
    a_pull(elsewhere.url, since="2026-09-08T12:00:15Z")
    fetch()
    assert ids(here()) == ids(elsewhere.stored[15:])  # a second more, to be sure


def test_counts_are_kept(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(0), theirs(10), theirs(20, verb="no IRI")]
    a_pull(elsewhere.url)
    fetch()
    elsewhere.stored.append(theirs(30))
    fetch()
    row = the_pull()
    assert (row.new, row.known, row.refused) == (3, 0, 1)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param({}, "1.0.3", id="as it says"),
        pytest.param({"version": "1.0.0"}, "1.0.0", id="an older one"),
        pytest.param({"version": "2.0.0"}, "2.0.0", id="a newer one"),
    ],
)
def test_versions_stay(elsewhere: Elsewhere, sent: dict[str, Any], kept: str) -> None:
    elsewhere.stored = [theirs(**sent)]
    a_pull(elsewhere.url)
    fetch()
    assert here()[0]["version"] == kept


@pytest.mark.parametrize(("asked", "kept"), [("1.0.3", "1.0.0"), ("2.0.0", "2.0.0")])
def test_a_statement_without_version(elsewhere: Elsewhere, asked: str, kept: str) -> None:
    elsewhere.stored = [theirs()]
    del elsewhere.stored[0]["version"]
    a_pull(elsewhere.url, version=asked)
    fetch()
    assert here()[0]["version"] == kept


def test_a_statement_without_time_happened_when_it_was_stored(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs()]
    del elsewhere.stored[0]["timestamp"]
    a_pull(elsewhere.url)
    fetch()
    assert here()[0]["timestamp"] == elsewhere.stored[0]["stored"]


def test_a_void_takes_effect(elsewhere: Elsewhere) -> None:
    sent = theirs(0)
    refers = {"objectType": "StatementRef", "id": sent["id"]}
    elsewhere.stored = [sent, theirs(1, verb=VOIDED, object=refers)]
    a_pull(elsewhere.url)
    fetch()
    assert [one.voided for one in reader().log(0, 5)] == [True, False]


# --- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("as asked", id="rising"),
        pytest.param("falling", id="without ascending"),
        pytest.param("as it likes", id="by another time"),
    ],
)
def test_pages_in_any_order(elsewhere: Elsewhere, order: str) -> None:
    elsewhere.stored = [theirs(number * 7 % 10) for number in range(10)]
    elsewhere.order, elsewhere.page_size = order, 3
    a_pull(elsewhere.url)
    assert fetch().new == 10
    assert the_pull().since == "2026-09-08T12:00:09.000000Z"
    assert set(ids(here())) == set(ids(elsewhere.stored))


def test_a_page_of_more_than_is_stored_at_once(elsewhere: Elsewhere) -> None:
    many = [theirs(number) for number in range(PORTION + 1)]
    elsewhere.answers = [Response(text.dump({"statements": many, "more": ""}))]
    a_pull(elsewhere.url)
    assert (fetch().new, ids(here())) == (PORTION + 1, ids(many))


def test_one_stored_time_over_several_pages(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(0), *(theirs(5) for _ in range(7))]
    elsewhere.page_size = 2
    a_pull(elsewhere.url)
    fetch()
    elsewhere.stored += [theirs(5) for _ in range(2)]  # stored at the same moment, seen later
    again = fetch()
    assert (again.new, again.known) == (2, 0)
    assert len(here()) == 10


def test_a_stretch_ends_where_the_next_can_go_on(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGES", 2)
    elsewhere.stored = [theirs(number) for number in range(10)]
    elsewhere.page_size = 2
    row = a_pull(elsewhere.url)
    stretches = list(pulling.run(row.id))
    assert len(stretches) > 1
    assert [one.finished for one in stretches].index(True) == len(stretches) - 1
    assert ids(here()) == ids(elsewhere.stored)


def test_a_stretch_does_not_end_within_one_stored_time(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGES", 2)
    elsewhere.stored = [theirs(0) for _ in range(10)]
    elsewhere.page_size = 2
    row = a_pull(elsewhere.url)
    assert [one.new for one in pulling.run(row.id)] == [10]


@pytest.mark.parametrize("order", ["falling", "as it likes"])
def test_broken_off_among_pages_in_no_order_it_begins_again(
    elsewhere: Elsewhere, order: str
) -> None:
    elsewhere.stored = [theirs(9 - number) for number in range(6)]
    elsewhere.order, elsewhere.page_size, elsewhere.more = order, 2, "/xapi/gone"
    a_pull(elsewhere.url)
    with pytest.raises(Trouble):
        fetch()
    assert the_pull().since is None
    elsewhere.more = ""
    fetch()
    assert len(here()) == 6


def test_broken_off_among_rising_pages_it_goes_on(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(number) for number in range(0, 12, 2)]
    elsewhere.page_size, elsewhere.more = 2, "/xapi/gone"
    a_pull(elsewhere.url)
    with pytest.raises(Trouble):
        fetch()
    assert the_pull().since == "2026-09-08T12:00:02.000000Z"
    elsewhere.more = ""
    assert (fetch().new, len(here())) == (4, 6)


def test_a_time_to_come_is_none_to_go_on_from(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(stored="2999-01-01T00:00:00Z")]
    a_pull(elsewhere.url)
    fetch()
    assert str(the_pull().since) < "2999"


def test_a_time_before_all_times(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(stored="0001-01-01T00:00:01Z")]
    a_pull(elsewhere.url)
    fetch()
    assert fetch().new == 0


# --- attachments -------------------------------------------------------------------------------


def with_attachment(content: bytes) -> dict[str, Any]:
    described = {
        "usageType": "https://example.org/certificate",
        "display": {"en": "Certificate"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    }
    return theirs(attachments=[described])


def mixed(statement: dict[str, Any], content: bytes) -> Response:
    """A page with the bytes of an attachment."""
    sha2 = statement["attachments"][0]["sha2"]
    result = text.dump({"statements": [statement], "more": ""})
    body = multipart.write(result, parts_for({sha2: "text/plain"}, {sha2: content}), "b")
    return Response(body, content_type="multipart/mixed; boundary=b")


def attached() -> list[bytes]:
    with reading() as connection:
        seqs = [one.seq for one in reader().log(0, 10)]
        return list(contents.read(connection, seqs).values())


def test_attachments_come_along(elsewhere: Elsewhere) -> None:
    elsewhere.answers = [mixed(with_attachment(b"well done"), b"well done")]
    a_pull(elsewhere.url)
    fetch()
    assert elsewhere.requests[0].args["attachments"] == "true"
    assert attached() == [b"well done"]


def test_bytes_with_another_hash_are_left_out(elsewhere: Elsewhere) -> None:
    elsewhere.answers = [mixed(with_attachment(b"well done"), b"ill done")]
    a_pull(elsewhere.url)
    assert fetch().new == 1
    assert attached() == []


def test_a_store_without_multipart(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [with_attachment(b"well done")]
    a_pull(elsewhere.url)
    assert fetch().new == 1


# --- what does not come ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"verb": {"id": "attended"}}, id="breaks a rule"),
        pytest.param({"id": "7"}, id="no UUID"),
        pytest.param({"version": "3.0"}, id="unknown version"),
        pytest.param({"surprise": 1}, id="unknown property"),
    ],
)
def test_a_bad_statement_spoils_no_other(elsewhere: Elsewhere, bad: dict[str, Any]) -> None:
    elsewhere.stored = [theirs(0), theirs(1) | bad, theirs(2)]
    a_pull(elsewhere.url)
    found = fetch()
    assert (found.new, found.refused) == (2, 1)
    assert str(the_pull().trouble).startswith("1 statements were refused, lately: $")


@pytest.mark.parametrize("odd", [None, 7, "text", [], {}])
def test_things_that_are_no_statements(elsewhere: Elsewhere, odd: Any) -> None:
    body = text.dump({"statements": [odd, theirs()], "more": ""})
    elsewhere.answers = [Response(body)]
    a_pull(elsewhere.url)
    found = fetch()
    assert (found.new, found.refused) == (1, 1)


def test_reasons_hold_nobodys_data(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(0, actor={"mbox": "bo@example.org"})]
    a_pull(elsewhere.url)
    fetch()
    assert "bo@example.org" not in str(the_pull().trouble)


def test_what_was_refused_is_counted_once(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(0), theirs(1, surprise=1)]
    a_pull(elsewhere.url)
    fetch()
    fetch()
    assert the_pull().refused == 1
    assert the_pull().trouble is not None


def test_good_news_clear_the_trouble(elsewhere: Elsewhere) -> None:
    elsewhere.stored = [theirs(0, surprise=1)]
    a_pull(elsewhere.url)
    fetch()
    elsewhere.stored.append(theirs(5))
    fetch()
    assert the_pull().trouble is None


def test_an_id_that_stands_for_another_statement_here(us: Authority, elsewhere: Elsewhere) -> None:
    [sid] = put(an_entry(us))
    elsewhere.stored = [theirs(0, id=sid, verb="http://example.org/other"), theirs(1)]
    a_pull(elsewhere.url)
    found = fetch()
    assert (found.new, found.known, found.refused) == (1, 0, 1)
    assert "another statement" in str(the_pull().trouble)


def test_what_we_sent_them_is_known(us: Authority, elsewhere: Elsewhere) -> None:
    put(an_entry(us))
    [ours] = here()
    elsewhere.stored = [ours | {"stored": theirs()["stored"], "authority": theirs()["authority"]}]
    a_pull(elsewhere.url)
    found = fetch()
    assert (found.new, found.known, found.refused) == (0, 1, 0)


@pytest.mark.parametrize(
    ("basis", "word", "new"),
    [
        pytest.param("notice", "", 1, id="notice, no word"),
        pytest.param("notice", "objected", 0, id="notice, objected"),
        pytest.param("consent", "", 0, id="consent, no word"),
        pytest.param("consent", "given", 1, id="consent given"),
    ],
)
def test_what_has_no_legal_basis_is_not_stored(
    elsewhere: Elsewhere, basis: str, word: str, new: int
) -> None:
    a_person()
    row = a_pull(elsewhere.url, basis=basis)
    say(row.origin_id, word)
    elsewhere.stored = [theirs()]
    found = fetch()
    assert (found.new, found.refused, len(here())) == (new, 1 - new, new)


def say(origin: int, word: str) -> None:
    """Bo says what he thinks of an origin, or nothing."""
    with transaction():
        if word:
            people.say(people.get_person("bo@example.org"), origin, word)


# --- trouble with the store --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(Response("who?", 401), "status 401: who?", id="401"),
        pytest.param(Response("", 404), "status 404.", id="404"),
        pytest.param(Response("", 500), "status 500.", id="500"),
        pytest.param(Response("", 302, {"Location": "/x"}), "redirects to /x", id="redirect"),
        pytest.param(Response("<html>"), "cannot be read", id="no JSON"),
        pytest.param(Response("[]"), "no list of statements", id="an array"),
        pytest.param(Response("{}"), "no list of statements", id="no statements"),
        pytest.param(Response('{"statements": 1}'), "no list", id="a number"),
        pytest.param(Response('{"statements": [], "more": 1}'), "no list", id="more is no text"),
        pytest.param(
            Response("--b", content_type="multipart/mixed; boundary=b"), "cannot be read", id="cut"
        ),
        pytest.param(
            Response('{"statements": [], "more": "http://other.example/xapi"}'),
            "another server",
            id="more elsewhere",
        ),
        pytest.param(
            Response('{"statements": [], "more": "//other.example/xapi"}'),
            "another server",
            id="more elsewhere without scheme",
        ),
        pytest.param(Response('{"statements": [], "more": "http://["}'), "no address", id="more"),
        pytest.param(
            Response('{"statements": [], "more": "?ascending=true&limit=100&attachments=true"}'),
            "no end",
            id="more leads back",
        ),
    ],
)
def test_what_cannot_be_read_is_said_and_tried_again(
    elsewhere: Elsewhere, answer: Response, why: str
) -> None:
    a_pull(elsewhere.url)
    elsewhere.stored = [theirs()]
    elsewhere.answers = [answer]
    pulling.advance(ME)
    row = the_pull()
    assert (row.failures, row.since, here()) == (1, None, [])
    assert why in str(row.trouble)
    assert row.not_before > now_us()
    fetch()
    assert (the_pull().trouble, the_pull().failures, len(here())) == (None, 0, 1)


def test_a_page_that_is_too_large_is_asked_for_in_parts(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST", 30_000)
    elsewhere.stored = [theirs(number) for number in range(100)]
    a_pull(elsewhere.url)
    with pytest.raises(Trouble, match="larger than"):
        fetch()
    assert fetch().new == 100


def test_it_is_asked_when_its_time_has_come(elsewhere: Elsewhere) -> None:
    a_pull(elsewhere.url, every=60)
    pulling.advance(ME)
    pulling.advance(ME)
    assert len(elsewhere.requests) == 1
    assert 50 < (the_pull().not_before - now_us()) / 1_000_000 <= 60


def test_a_paused_pull_asks_nothing(elsewhere: Elsewhere) -> None:
    a_pull(elsewhere.url, enabled=False)
    pulling.advance(ME)
    assert elsewhere.requests == []


def test_only_one_worker_is_at_a_pull(elsewhere: Elsewhere) -> None:
    row = a_pull(elsewhere.url)
    with writing() as connection:
        turns.hold(connection, f"pull:{row.id}", "elsewhere:2:another")
    assert pulling.advance(ME) == 0
    with pytest.raises(Conflict):
        fetch()
    assert elsewhere.requests == []


def test_a_pull_set_back_meanwhile_is_left_as_it_was_set(
    app: Flask, httpserver: HTTPServer
) -> None:
    def answer(_request: Request) -> Response:
        with app.app_context(), transaction():
            pulls.change(pulls.get("p"), pulls.Wish(since="2020-01-01T00:00:00Z"))
        return Response(text.dump({"statements": [theirs()], "more": ""}))

    httpserver.expect_request("/changing/statements").respond_with_handler(answer)
    a_pull(httpserver.url_for("/changing"))
    pulling.advance(ME)
    assert the_pull().since == "2020-01-01T00:00:00.000000Z"
