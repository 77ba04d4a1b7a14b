"""MediaWiki: the API's answers and XML exports say the same; saves of a day are one; asking."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forum_making import asked, kinds, only, read, recording, sample
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Activity, BadReport, Delivery, Failed, Gone, Refused, Skipped, Unanswered
from engine.testkit import scratch

CHANGES: dict[str, Any] = json.loads(sample("mediawiki", "recentchanges.json"))
NEW, EDIT = CHANGES["query"]["recentchanges"][:2]
EXPORT = sample("mediawiki", "export.xml")


def told(*entries: dict[str, Any], name: str = "recentchanges") -> list[Any]:
    return read("mediawiki", json.dumps({"query": {name: list(entries)}}).encode())


def keys(outcomes: list[Any]) -> set[str]:
    return {one.keys[0] for one in only(outcomes, Activity)}


def test_saves_of_one_page_on_one_day_are_one_activity() -> None:
    activities = only(read("mediawiki", json.dumps(CHANGES).encode()), Activity)
    assert [(one.verb.rpartition("/")[2], len(one.rows)) for one in activities] == [
        ("authored", 1),
        ("edited", 2),
        ("discussed", 1),
    ]


def test_saves_on_two_days_are_two() -> None:
    assert len(told(EDIT, EDIT | {"timestamp": "2026-09-09T00:00:00Z"})) == 2


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("usercontribs.json", id="contributions"),
        pytest.param("revisions.json", id="revisions of pages"),
        pytest.param("export.xml", id="export"),
    ],
)
def test_every_way_in_has_the_same_keys(name: str) -> None:
    whole = keys(read("mediawiki", json.dumps(CHANGES).encode()))
    assert keys(read("mediawiki", sample("mediawiki", name))) < whole


def test_the_address_of_a_page_follows_its_title() -> None:
    page = told(NEW | {"title": "Où & comment?"})[0]
    assert page.url == "https://wiki.example.org/wiki/O%C3%B9_&_comment%3F"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"bot": True}, id="bot"),
        pytest.param({"bot": ""}, id="bot in the older form"),
        pytest.param({"user": "ArchiveBot"}, id="bot by name"),
        pytest.param({"user": "192.0.2.1"}, id="address"),
        pytest.param({"user": "2001:db8:0:0:0:0:0:1"}, id="newer address"),
        pytest.param({"anon": ""}, id="not signed in"),
        pytest.param({"temp": True}, id="temporary account"),
        pytest.param({"userhidden": True, "user": None}, id="hidden user"),
        pytest.param({"minor": True}, id="minor"),
        pytest.param({"ns": 2}, id="own page"),
        pytest.param({"ns": 3}, id="message to a user"),
        pytest.param({"ns": 11}, id="talk about a template"),
        pytest.param({"type": "log"}, id="log"),
        pytest.param({"type": "categorize"}, id="category"),
    ],
)
def test_left_out(more: dict[str, Any]) -> None:
    assert kinds(told(EDIT | more)) == ["Skipped"]


def test_people_whose_name_ends_like_a_bot_stay() -> None:
    assert kinds(told(EDIT | {"user": "Ana Abbot"})) == ["Activity"]


def test_a_deleted_page_is_gone() -> None:
    (gone,) = read("mediawiki", sample("mediawiki", "logevents.json"))
    assert isinstance(gone, Gone)
    assert gone.key == "page:31"


def test_a_restored_page_is_not_gone() -> None:
    entry = {"logid": 1, "type": "delete", "action": "restore", "logpage": 3}
    assert kinds(told(entry, name="logevents")) == ["Skipped"]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"pageid": "x"}, id="number"),
        pytest.param({"timestamp": "yesterday"}, id="time"),
        pytest.param({"ns": None}, id="namespace"),
        pytest.param({"user": 7}, id="user"),
    ],
)
def test_a_bad_entry_fails_alone(more: dict[str, Any]) -> None:
    assert sorted(kinds(told(EDIT | more, NEW))) == ["Activity", "Failed"]


def test_how_an_export_is_packed_is_said() -> None:
    with pytest.raises(BadReport, match="packed with xz"):
        read("mediawiki", b"\xfd7zXZ\x00\x00\x04")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="no members"),
        pytest.param(b'{"error": {"code": "x", "info": "no"}}', id="the refusal of the wiki"),
        pytest.param(b"<html/>", id="a page"),
        pytest.param(b"BZh91AY", id="packed"),
        pytest.param(b'<!DOCTYPE m [<!ENTITY e "x">]><mediawiki>&e;</mediawiki>', id="entities"),
        pytest.param(EXPORT[:900], id="cut off"),
    ],
)
def test_what_is_neither_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("mediawiki", body)
    assert refusal.value.mend


def test_exports_without_numbers_of_namespaces_name_them() -> None:
    body = EXPORT.replace(b"<ns>0</ns>", b"").replace(b"<ns>2</ns>", b"")
    assert keys(read("mediawiki", body)) == keys(read("mediawiki", EXPORT))


def test_a_single_old_revision_is_not_taken_for_a_beginning() -> None:
    body = (
        b"<mediawiki><page><title>A</title><id>1</id><revision><id>9</id><timestamp>"
        b"2009-01-01T00:00:00Z</timestamp><contributor><username>Bo</username></contributor>"
        b"</revision></page></mediawiki>"
    )
    assert keys(read("mediawiki", body)) == {"edit:1:2009-01-01:Bo"}


def test_a_page_without_a_number_fails_alone() -> None:
    body = EXPORT.replace(b"<id>57</id>", b"<id>x</id>")
    assert len(only(read("mediawiki", body), Failed)) == 1


# Asking.


class Wiki:
    """A wiki of ours with changes by number and time, two a page; `limit` answers, then lag."""

    def __init__(self, server: HTTPServer, changes: dict[int, str]) -> None:
        self.changes, self.limit, self.calls = changes, 100, list[str]()
        server.expect_request("/w/api.php").respond_with_handler(self.answer)
        self.settings = {"api": server.url_for("/w/api.php")}

    def answer(self, request: Request) -> Response:
        self.limit -= 1
        if self.limit < 0:
            lag = {"error": {"code": "maxlag", "info": "Waiting for a database"}}
            return Response(json.dumps(lag), headers={"Retry-After": "5"})
        name = request.args["list"]
        self.calls.append(name)
        told: Any = {"query": {name: []}}
        if name == "recentchanges":
            told = self.page(request)
        return Response(json.dumps(told), content_type="application/json")

    def page(self, request: Request) -> dict[str, Any]:
        since, offset = request.args.get("rcstart", ""), int(request.args.get("rccontinue", 0))
        fitting = sorted((at, n) for n, at in self.changes.items() if at >= since)
        told = [EDIT | {"rcid": n, "timestamp": at} for at, n in fitting[offset : offset + 2]]
        more = {"continue": {"rccontinue": str(offset + 2), "continue": "-||"}}
        return {"query": {"recentchanges": told}, **(more if len(fitting) > offset + 2 else {})}


def days(*numbers: int) -> dict[int, str]:
    return {number: f"2026-09-{number:02}T08:00:00Z" for number in numbers}


def numbers(brought: list[Delivery]) -> list[list[int]]:
    pages = [json.loads(one.body)["query"]["recentchanges"] for one in brought]
    return [[one["rcid"] for one in page] for page in pages]


def test_pages_are_followed_and_nothing_is_brought_twice(httpserver: HTTPServer) -> None:
    wiki = Wiki(httpserver, days(1, 2, 3))
    brought = asked("mediawiki", **wiki.settings)
    assert numbers(brought) == [[1, 2], [3]]
    assert asked("mediawiki", brought[-1].cursor, **wiki.settings) == []
    wiki.changes |= days(4)
    assert numbers(asked("mediawiki", brought[-1].cursor, **wiki.settings)) == [[3, 4]]


def test_a_wiki_that_lags_is_left_alone_and_what_came_stays(httpserver: HTTPServer) -> None:
    wiki = Wiki(httpserver, days(1, 2, 3))
    wiki.limit = 1
    first = asked("mediawiki", **wiki.settings)
    wiki.limit = 100
    second = asked("mediawiki", first[-1].cursor, **wiki.settings)
    assert numbers(first + second) == [[1, 2], [2, 3]]


def test_a_wiki_that_lags_at_once_says_for_how_long(httpserver: HTTPServer) -> None:
    wiki = Wiki(httpserver, {})
    wiki.limit = 0
    with pytest.raises(Unanswered) as refusal:
        asked("mediawiki", **wiki.settings)
    assert (refusal.value.kind, refusal.value.seconds) == ("rate", 5)


def test_the_whole_history_is_asked_for_first(httpserver: HTTPServer) -> None:
    wiki = Wiki(httpserver, days(1))
    asked("mediawiki", history=True, **wiki.settings)
    assert wiki.calls == ["allrevisions", "recentchanges", "logevents"]


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        pytest.param({"error": {"code": "readapidenied"}}, "forbidden", id="closed wiki"),
        pytest.param({"error": {"code": "mwoauth-invalid-token"}}, "unauthorized", id="token"),
        pytest.param({"error": {"code": "unknown_action"}}, "schema", id="another refusal"),
        pytest.param({"query": {"recentchanges": 7}}, "schema", id="another form"),
        pytest.param([], "schema", id="a list"),
    ],
)
def test_a_refusal_says_what_it_is(httpserver: HTTPServer, told: Any, kind: str) -> None:
    httpserver.expect_request("/api.php").respond_with_json(told)
    with pytest.raises(Unanswered) as refusal:
        asked("mediawiki", api=httpserver.url_for("/api.php"))
    assert refusal.value.kind == kind


def test_without_an_address_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("mediawiki")
    assert refusal.value.where == "api"


def test_file_and_poll_meet_in_one_statement(httpserver: HTTPServer) -> None:
    wiki = Wiki(httpserver, {902: EDIT["timestamp"]})
    with recording("mediawiki", **wiki.settings):
        first = scratch.read(Delivery(body=EXPORT))
        (page,) = asked("mediawiki", **wiki.settings)
        second = scratch.read(page)
    assert (len(first.statements), second.counts["known"]) == (2, 1)


def test_skipped_rows_say_why() -> None:
    outcomes = read("mediawiki", EXPORT)
    assert all(one.why for one in only(outcomes, Skipped))
