"""BigBlueButton: its webhook, its learning dashboard, its recordings, and how they meet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from webinar_making import call, live, parts, read_calls, send, site

from engine.api import BadReport, Bundle, Delivery, Skipped
from engine.testkit import Case, cases
from plugins import bigbluebutton
from plugins.bigbluebutton import BigBlueButton

PAIRS = Path(bigbluebutton.__file__).parent / "pairs"
MEETING = "8043d8e1a7cf-1788879600000"
START = 1788879600000
SECRET, CALLBACK = "shared-17", "https://byway.example/sources/bigbluebutton/hook"
ROOMS = "https://rooms.northmoor.example"


@pytest.mark.parametrize("case", cases(bigbluebutton), ids=str)
def test_conformance(case: Case) -> None:
    case.run()


def event(name: str, minutes: float = 0, user: str = "emp-200", internal: str = "w_bo") -> Any:
    """An event as the webhook sends it."""
    about: dict[str, Any] = {
        "meeting": {"internal-meeting-id": MEETING, "external-meeting-id": "lunch-12"}
    }
    who = {"internal-user-id": internal, "external-user-id": user, "name": "Bo", "role": "VIEWER"}
    about |= {"user": who} if name.startswith("user") else {}
    stamp = START + int(minutes * 60_000)
    return {"data": {"type": "event", "id": name, "attributes": about, "event": {"ts": stamp}}}


def form(*events: Any, stamp: int = START) -> bytes:
    """The body of a call."""
    told = json.dumps(events, separators=(",", ":"))
    return urlencode({"domain": "bbb.example.org", "event": told, "timestamp": stamp}).encode()


def read(*bodies: bytes) -> list[Any]:
    bundle = Bundle(key="x", deliveries=tuple(Delivery(body=body) for body in bodies))
    return list(BigBlueButton().activities(bundle, {"url": ROOMS, "moderators": "hosted"}))


def people(*bodies: bytes) -> list[Any]:
    return [one for one in read(*bodies) if not isinstance(one, Skipped)]


# --- what it says


JOINED, LEFT = event("user-joined", 1), event("user-left", 41)


def test_who_joined_and_left_was_there_between() -> None:
    [bo] = people(form(JOINED), form(LEFT))
    assert (bo.duration, bo.actor.account.name) == (timedelta(minutes=40), "emp-200")


def test_several_events_may_come_in_one_call() -> None:
    [bo] = people(form(JOINED, LEFT))
    assert bo.rows == ("call 1, event 1", "call 1, event 2")


def test_a_log_has_an_event_on_each_line() -> None:
    log = "\n".join(json.dumps(one) for one in (event("meeting-created"), JOINED, LEFT)) + "\n"
    [bo] = people(log.encode())
    assert (bo.duration, bo.keys) == (
        timedelta(minutes=40),
        people(form(JOINED), form(LEFT))[0].keys,
    )


def test_the_order_of_calls_does_not_matter() -> None:
    [bo] = people(form(LEFT), form(JOINED))
    assert bo.duration == timedelta(minutes=40)


def test_who_was_there_at_the_end_was_there_until_then() -> None:
    [bo] = people(form(JOINED), form(event("meeting-ended", 31)))
    assert bo.duration == timedelta(minutes=30)


def test_while_it_goes_on_the_time_is_unknown() -> None:
    [bo] = people(form(JOINED))
    assert bo.duration is None


def test_two_devices_at_once_count_once() -> None:
    phone = event("user-joined", 11, internal="w_phone")
    gone = event("user-left", 21, internal="w_phone")
    [bo] = people(form(JOINED), form(phone), form(gone), form(LEFT))
    assert bo.duration == timedelta(minutes=40)


def test_a_guest_without_an_id_is_only_a_name() -> None:
    [guest] = people(form(event("user-joined", user="w_bo")))
    assert (guest.actor.account, guest.keys) == (None, (f"meeting:{MEETING}|connection:w_bo",))


def test_events_of_no_use_are_left_out() -> None:
    assert read(form(event("chat-group-message-sent"))) == [
        Skipped(row="call 1, event 1", why="an event that is not used: chat-group-message-sent")
    ]


def test_moderators_count_like_others_where_all_are() -> None:
    body = (PAIRS / "learning_dashboard_data.json").read_bytes()
    bundle = Bundle(key=None, deliveries=(Delivery(body=body),))
    told = BigBlueButton().activities(bundle, {"url": ROOMS, "moderators": "attended"})
    assert {one.verb for one in told if not isinstance(one, Skipped)} == {"attended"}


@pytest.mark.parametrize("name", ["events.xml", "events_old.xml"])
def test_recordings_say_the_same_with_and_without_moments(name: str) -> None:
    said = people((PAIRS / name).read_bytes())
    assert [(one.actor.name, one.verb, one.duration) for one in said] == [
        ("Théa Gagné", "hosted", timedelta(hours=1, minutes=5)),
        ("Bo Lindqvist", "attended", timedelta(hours=1, seconds=30)),
        ("Noor", "attended", timedelta(hours=1, minutes=3, seconds=20)),
    ]


def test_whoever_never_left_a_recording_was_there_when_the_last_thing_happened() -> None:
    body = (PAIRS / "events_old.xml").read_bytes()
    end = b'eventname="EndAndKickAllEvent"><date>2026-09-08T13:05:00.000-03</date>'
    assert people(body.replace(end, b'eventname="CursorMoveEvent">')) == people(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(
            b"<response><returncode>SUCCESS</returncode></response>", "<response>", id="xml"
        ),
        pytest.param(b'{"meetings": []}', "found JSON with: meetings", id="json"),
        pytest.param(b'{"users": {}}', "intId", id="dashboard of no meeting"),
        pytest.param(b"<recording/>", "which meeting", id="recording of no meeting"),
        pytest.param(b"event=%7B%7D", "list of events", id="form without a list"),
        pytest.param(b'<recording><meeting id="a-1"/></recording>', "Nobody joined", id="nobody"),
    ],
)
def test_what_is_something_else_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(BadReport) as refused:
        read(body)
    assert words in str(refused.value)


# --- the webhook


@pytest.fixture
def rooms(instance_dir: Path, database_url: str) -> Iterator[Flask]:
    """An application with a BigBlueButton."""
    given = {"url": ROOMS, "secret": SECRET, "callback": CALLBACK}
    with site(instance_dir, database_url, "bigbluebutton", **given) as app:
        yield app


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BEARER = {**FORM, "Authorization": f"Bearer {SECRET}"}


def ring(app: Flask, body: bytes, headers: dict[str, str] = BEARER, query: str = "") -> int:
    code: int = call(app, "bigbluebutton", body, headers, query).status_code
    read_calls()
    return code


def checksum(said: str, algorithm: str = "sha1", secret: str = SECRET) -> str:
    proof = hashlib.new(algorithm, f"{CALLBACK}{said}{secret}".encode()).hexdigest()
    return f"?checksum={proof}"


def as_json(*events: Any) -> str:
    """The fields of a call as older servers write them into the checksum."""
    told = json.dumps(events, separators=(",", ":"))
    fields = {"domain": "bbb.example.org", "event": told, "timestamp": START}
    return json.dumps(fields, separators=(",", ":"))


def test_a_call_with_the_secret_as_token_is_taken(rooms: Flask) -> None:
    assert ring(rooms, form(JOINED)) == 202
    assert ring(rooms, form(LEFT)) == 202
    assert parts(live()) == [("emp-200", "attended", "PT40M")]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(checksum(as_json(JOINED)), id="of older servers"),
        pytest.param(checksum("{}", "sha256"), id="of newer servers"),
        pytest.param(checksum(as_json(JOINED), "sha512"), id="another algorithm"),
    ],
)
def test_a_call_with_a_checksum_is_taken(rooms: Flask, query: str) -> None:
    assert ring(rooms, form(JOINED), FORM, query) == 202


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        pytest.param(FORM, "", id="neither"),
        pytest.param({**FORM, "Authorization": "Bearer another"}, "", id="another token"),
        pytest.param({**FORM, "Authorization": "Bearer ü"}, "", id="a token that is no ASCII"),
        pytest.param(FORM, checksum("{}", secret="another"), id="another secret"),
        pytest.param(FORM, checksum(as_json(LEFT)), id="another body"),
        pytest.param(FORM, "?checksum=00", id="no checksum"),
    ],
)
def test_a_call_that_proves_nothing_is_refused(
    rooms: Flask, headers: dict[str, str], query: str
) -> None:
    assert ring(rooms, form(JOINED), headers, query) == 401


def test_the_same_call_again_is_one_delivery(rooms: Flask) -> None:
    first = call(rooms, "bigbluebutton", form(JOINED), BEARER).json
    assert call(rooms, "bigbluebutton", form(JOINED), BEARER).json == first


def test_calls_of_no_use_are_taken_and_forgotten(rooms: Flask) -> None:
    assert ring(rooms, form(event("chat-group-message-sent"))) == 200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"event=[", id="half a list"),
        pytest.param(form({"data": {"id": "user-joined", "attributes": []}}), id="no meeting"),
    ],
)
def test_a_call_of_another_form_is_refused(rooms: Flask, body: bytes) -> None:
    assert ring(rooms, body) == 422


# --- where they meet


def dashboard(joined: float, left: float) -> bytes:
    """The data of a dashboard with one person."""
    stay = {"registeredOn": START + int(joined * 60_000), "leftOn": START + int(left * 60_000)}
    user = {"extId": "emp-200", "name": "Bo", "intIds": {"w_bo": {"sessions": [stay]}}}
    told = {"intId": MEETING, "extId": "lunch-12", "name": "Lunch", "users": {"u1": user}}
    return json.dumps(told).encode()


def test_a_file_and_a_webhook_are_one_statement(rooms: Flask) -> None:
    assert send("bigbluebutton", dashboard(1, 41)) == {"new": 1}
    first = live()
    ring(rooms, form(JOINED))
    ring(rooms, form(LEFT))
    assert live() == first


def test_the_dashboard_corrects_what_the_webhook_missed(rooms: Flask) -> None:
    ring(rooms, form(JOINED))
    assert send("bigbluebutton", dashboard(1, 31)) == {"corrected": 1}
    assert parts(live()) == [("emp-200", "attended", "PT30M")]
