"""Yammer: its export and its interface say the same, and private things stay private."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forum_making import asked, kinds, only, read, recording, sample, zipped
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Account, BadReport, Delivery, Failed, Gone, Refused, Unanswered
from engine.testkit import scratch

URL = "https://www.yammer.com/northmoor.example"
TABLE = sample("yammer", "messages.csv")
ANSWER: dict[str, Any] = json.loads(sample("yammer", "answer.json"))
START, REPLY = "message:1719000000000000001", "message:1719000000000000002"


def keys(outcomes: list[Any]) -> list[str]:
    return [getattr(one, "key", None) or one.keys[0] for one in outcomes if hasattr(one, "rows")]


def test_the_export_tells_threads_answers_and_deletions() -> None:
    told = read("yammer", TABLE)
    assert kinds(told) == ["Activity", "Activity", "Skipped", "Skipped", "Gone", "Skipped"]
    assert keys(told) == [START, REPLY, "message:1719000000000000005"]


def test_people_are_known_by_email_and_by_their_number() -> None:
    actor = read("yammer", TABLE)[0].actor
    assert actor.email == "ines.roy@northmoor.example"
    assert actor.account == Account(home_page=URL, name="1510000000000000011")


def test_users_of_the_export_complete_the_messages() -> None:
    told = read("yammer", sample("yammer", "export.zip"))
    assert told[1].actor.email == "bo.lund@northmoor.example"


def test_columns_may_stand_in_another_order() -> None:
    lines = [line.split(",") for line in TABLE.decode().splitlines()[:1]]
    header = ",".join(reversed(lines[0])) + "\n"
    row = dict.fromkeys(lines[0], "")
    row |= {"id": "5", "thread_id": "5", "sender_id": "9", "created_at": "2026-09-08 15:01:00 UTC"}
    body = header + ",".join(row[name] for name in reversed(lines[0])) + "\n"
    assert kinds(read("yammer", body.encode("utf-16"))) == ["Activity"]


def test_an_id_that_a_spreadsheet_shortened_is_refused() -> None:
    with pytest.raises(BadReport, match="shortened by a spreadsheet"):
        read("yammer", TABLE.replace(b"1719000000000000002,", b"1.719E+18,"))


def test_a_row_without_its_time_fails_alone() -> None:
    told = read("yammer", TABLE.replace(b"2026-09-08T16:20:00.000Z", b"yesterday"))
    assert len(only(told, Failed)) == 1


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        pytest.param({"privacy": "private"}, "Skipped", id="private message"),
        pytest.param({"direct_message": True}, "Skipped", id="direct message"),
        pytest.param({"group_id": 99}, "Skipped", id="a group that is not told of"),
        pytest.param({"sender_type": "bot"}, "Skipped", id="a program"),
        pytest.param({"deleted_at": "2026/09/09 08:00:00 +0000"}, "Gone", id="deleted"),
        pytest.param({"created_at": 17}, "Failed", id="no time"),
        pytest.param({"id": None}, "Failed", id="no id"),
    ],
)
def test_what_the_interface_tells(change: dict[str, Any], kind: str) -> None:
    answer = ANSWER | {"messages": [ANSWER["messages"][1] | change]}
    assert kinds(read("yammer", json.dumps(answer).encode())) == [kind]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"messages": ANSWER, "count": {"messages": 2}}, id="of a search"),
        pytest.param(
            {"value": ANSWER["messages"], "references": ANSWER["references"]}, id="of a connector"
        ),
    ],
)
def test_messages_in_another_wrapping_are_the_same(answer: dict[str, Any]) -> None:
    plain = read("yammer", json.dumps(ANSWER).encode())
    assert read("yammer", json.dumps(answer).encode()) == plain


@pytest.mark.parametrize("listed", [pytest.param(True, id="a list"), pytest.param(False, id="one")])
def test_messages_without_an_answer_around_them(listed: bool) -> None:
    message = ANSWER["messages"][1] | {"group_id": None, "liked_by": None}
    body = json.dumps([message] if listed else message).encode()
    assert kinds(read("yammer", body)) == ["Activity"]


@pytest.mark.parametrize(
    ("short_name", "kind"),
    [
        pytest.param("bolund", "Activity", id="that references explain"),
        pytest.param("somebody", "Skipped", id="that nothing explains"),
    ],
)
def test_who_likes_may_be_told_by_short_name(short_name: str, kind: str) -> None:
    likes = {"count": 1, "names": [{"full_name": "Bo Lund", "permalink": short_name}]}
    message = ANSWER["messages"][1] | {"group_id": None, "liked_by": likes}
    user = {"type": "user", "id": 12, "name": "bolund", "full_name": "Bo Lund"}
    answer = ANSWER | {"messages": [message], "references": [user]}
    assert kinds(read("yammer", json.dumps(answer).encode())) == ["Activity", kind]


@pytest.mark.parametrize(
    ("written", "kind"),
    [pytest.param("true", "Skipped", id="draft"), pytest.param("false", "Activity", id="sent")],
)
def test_drafts_of_an_export_are_left_out(written: str, kind: str) -> None:
    row = f"id,thread_id,sender_id,created_at,draft\n5,5,9,2026-09-08 15:01:00 UTC,{written}\n"
    assert kinds(read("yammer", row.encode())) == [kind]


def test_a_private_group_of_the_interface_is_left_out() -> None:
    references = [ANSWER["references"][2] | {"privacy": "private"}]
    answer = ANSWER | {"references": references}
    assert set(kinds(read("yammer", json.dumps(answer).encode()))) == {"Skipped"}


def test_likes_are_about_the_message() -> None:
    (like,) = [one for one in read("yammer", json.dumps(ANSWER).encode()) if one.object]
    assert (like.verb, like.object.key) == ("liked", REPLY)
    assert like.actor.email == "ines.roy@northmoor.example"


def test_export_and_interface_meet_in_one_statement() -> None:
    with recording("yammer"):
        first = scratch.read(Delivery(body=TABLE))
        second = scratch.read(Delivery(body=json.dumps(ANSWER).encode()))
    assert len(first.statements) == 2
    assert [one["verb"]["display"]["en"] for one in second.statements] == ["liked"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"messages": 3}', id="no messages"),
        pytest.param(zipped({"Users.csv": "id,name,email\n"}), id="an export without messages"),
        pytest.param(b"id,body\n1,x\n", id="another table"),
    ],
)
def test_what_is_neither_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("yammer", body)
    assert refusal.value.mend


# Asking the interface.


def network(server: HTTPServer, ids: list[int], page: int = 2) -> str:
    """A network of ours with messages of these ids, told newest first in pages; its address."""
    given = ANSWER["messages"][1]

    def answer(request: Request) -> Response:
        assert request.headers["Authorization"] == "Bearer t0ken"
        older = int(request.args.get("older_than", 10**20))
        newer = int(request.args.get("newer_than", 0))
        fitting = sorted((n for n in ids if newer < n < older), reverse=True)
        told = [given | {"id": n, "thread_id": n, "liked_by": {}} for n in fitting[:page]]
        meta = {"older_available": len(fitting) > page}
        whole = {"messages": told, "references": ANSWER["references"], "meta": meta}
        return Response(json.dumps(whole), content_type="application/json")

    server.expect_request("/api/v1/messages.json").respond_with_handler(answer)
    return server.url_for("/northmoor.example")


def numbers(brought: list[Delivery], url: str) -> list[str]:
    told = [one for each in brought for one in read("yammer", each.body, url=url)]
    return sorted(one.keys[0].removeprefix("message:") for one in told)


def test_every_page_is_brought_and_later_only_what_is_new(httpserver: HTTPServer) -> None:
    ids = [11, 12, 13]
    url = network(httpserver, ids)
    brought = asked("yammer", url=url, token="t0ken")
    assert numbers(brought, url) == ["11", "12", "13"]
    ids.append(14)
    later = asked("yammer", brought[-1].cursor, url=url, token="t0ken")
    assert numbers(later, url) == ["14"]


def test_a_poll_that_is_too_long_goes_on_in_the_next(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.yammer.asking.PAGES", 2)
    url = network(httpserver, [11, 12, 13, 14, 15])
    first = asked("yammer", url=url, token="t0ken")
    second = asked("yammer", first[-1].cursor, url=url, token="t0ken")
    assert numbers(first, url) == ["12", "13", "14", "15"]
    assert numbers(second, url) == ["11"]
    assert asked("yammer", second[-1].cursor, url=url, token="t0ken") == []


@pytest.mark.parametrize(
    ("status", "headers", "kind", "seconds"),
    [
        pytest.param(429, {"Retry-After": "30"}, "rate", 30, id="too often"),
        pytest.param(401, {}, "unauthorized", None, id="token has run out"),
        pytest.param(503, {}, "server", None, id="its own trouble"),
        pytest.param(200, {}, "schema", None, id="a page that asks to sign in"),
    ],
)
def test_a_refusal_says_what_it_is(
    httpserver: HTTPServer, status: int, headers: dict[str, str], kind: str, seconds: int | None
) -> None:
    httpserver.expect_request("/api/v1/messages.json").respond_with_data(
        "<form>", status=status, headers=headers
    )
    with pytest.raises(Unanswered) as refusal:
        asked("yammer", url=httpserver.url_for("/n"), token="t0ken")
    assert (refusal.value.kind, refusal.value.seconds) == (kind, seconds)


def test_without_a_token_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("yammer")
    assert refusal.value.where == "token"


def test_what_is_gone_names_the_message() -> None:
    (gone,) = only(read("yammer", TABLE), Gone)
    assert gone.key == "message:1719000000000000005"
