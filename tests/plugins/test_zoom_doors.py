"""Zoom by its interface and its webhook, over HTTP, and how they meet what a file says."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from openpyxl import Workbook
from pytest_httpserver import HTTPServer
from webinar_making import always, answers, asked, call, live, parts, read_calls, send, site
from werkzeug import Response

from engine.api import Bundle, Delivery, Gone, Refused, Skipped, Unanswered
from engine.sources import doors, instances
from engine.testkit import Case, cases
from plugins import zoom as plugin
from plugins.zoom import Zoom
from plugins.zoom.rest import encoded

UUID = "4444AAAiAAAAAiAiAiiAii=="
SECRET = "whsecret-17"
REPORT = b"""\
Attendee Report
Topic,Webinar ID,Actual Start Time
Evidence for policy,912 3456 7890,09/08/2026 10:58:12 AM
Attendee Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)
Yes,Bo,bo@example.org,09/08/2026 11:01:00 AM,09/08/2026 11:41:00 AM,40
"""
SESSION = {
    "uuid": UUID, "id": 91234567890, "type": 5, "topic": "Evidence for policy",
    "user_email": "ines.roy@example.org", "start_time": "2026-09-08T14:58:12Z",
    "end_time": "2026-09-08T16:02:00Z", "participants_count": 2,
}  # fmt: skip
BO = {
    "id": "", "user_id": "16778240", "name": "Bo", "user_email": "bo@example.org",
    "join_time": "2026-09-08T15:01:00Z", "leave_time": "2026-09-08T15:41:00Z", "duration": 2400,
}  # fmt: skip
AGAIN = {**BO, "user_id": "9", "join_time": "2026-09-08T15:31:00Z"}
INES = {**BO, "id": "zoomInes", "user_id": "7", "name": "Ines", "user_email": SESSION["user_email"]}


@pytest.mark.parametrize("case", cases(plugin), ids=str)
def test_conformance(case: Case) -> None:
    case.run()


@pytest.fixture
def zoom(instance_dir: Path, database_url: str, httpserver: HTTPServer) -> Iterator[Flask]:
    """An application with a Zoom account on this machine."""
    given = {
        "timezone": "America/Toronto", "date_order": "mdy", "account_id": "AbC",
        "api": httpserver.url_for("/"), "client_id": "client", "client_secret": "s3cret-app",
        "webhook_secret": SECRET,
    }  # fmt: skip
    with site(instance_dir, database_url, "zoom", **given) as app:
        yield app


def account(server: HTTPServer, *sessions: dict[str, Any]) -> None:
    """An account with one user and these sessions; its participants are still to be said."""
    always(server, "/oauth/token", {"access_token": "t1"}, method="POST")
    always(server, "/v2/users", {"users": [{"id": "u1"}]})
    always(server, "/v2/report/users/u1/meetings", {"meetings": list(sessions)})
    always(server, "/v2/webinars/91234567890/panelists", {"panelists": []})


def people(server: HTTPServer, *pages: Any) -> None:
    answers(server, f"/v2/report/webinars/{UUID}/participants", *pages)


# --- the interface


def test_it_brings_who_was_there_once_for_each(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION)
    people(httpserver, {"participants": [INES, BO, AGAIN]})
    assert doors.poll("zoom").counts["new"] == 2
    assert parts(live()) == [
        ("ines.roy@example.org", "host", "PT40M"),
        ("bo@example.org", "attended", "PT40M"),
    ]


def test_it_signs_in_with_the_app(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver)
    doors.poll("zoom")
    sign_in, users = asked(httpserver)[:2]
    assert sign_in.authorization is not None
    assert (sign_in.authorization.username, sign_in.authorization.password) == (
        "client", "s3cret-app",
    )  # fmt: skip
    assert parse_qs(sign_in.get_data(as_text=True))["account_id"] == ["AbC"]
    assert users.headers["Authorization"] == "Bearer t1"


def test_it_reads_page_after_page(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION)
    people(httpserver, {"participants": [INES], "next_page_token": "p2"}, {"participants": [BO]})
    assert doors.poll("zoom").counts["new"] == 2
    pages = [one for one in asked(httpserver) if one.path.endswith("/participants")]
    assert [one.args.get("next_page_token") for one in pages] == [None, "p2"]


def test_a_token_that_ran_out_is_renewed(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION)
    people(httpserver, Response(status=401), {"participants": [BO]})
    assert doors.poll("zoom").counts["new"] == 1


def test_panelists_presented(zoom: Flask, httpserver: HTTPServer) -> None:
    panel = {"panelists": [{"email": "Bo@example.org"}]}
    answers(httpserver, "/v2/webinars/91234567890/panelists", panel)
    account(httpserver, SESSION)
    people(httpserver, {"participants": [BO]})
    doors.poll("zoom")
    assert parts(live()) == [("bo@example.org", "present", "PT40M")]


def test_what_has_come_is_not_asked_for_again(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION)
    people(httpserver, {"participants": [BO]})
    doors.poll("zoom")
    assert doors.poll("zoom").run is None


def test_it_goes_on_from_the_day_before(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION)
    people(httpserver, {"participants": [BO]})
    doors.poll("zoom")
    doors.poll("zoom")
    last = [one for one in asked(httpserver) if one.path.endswith("/meetings")][-1]
    assert (last.args["from"], last.args["to"]) == ("2026-09-08", "2026-09-09")


def test_a_session_that_ended_just_now_waits(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, {**SESSION, "end_time": "2026-09-09T08:30:00Z"})
    assert doors.poll("zoom").run is None


def test_asked_to_wait_it_keeps_what_came(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION, {**SESSION, "uuid": "second=="})
    people(httpserver, {"participants": [BO]})
    wait = Response(status=429, headers={"Retry-After": "60"})
    answers(httpserver, "/v2/report/webinars/second==/participants", wait, {"participants": [INES]})
    assert doors.poll("zoom").counts["new"] == 1
    assert doors.poll("zoom").counts["new"] == 1


def test_asked_to_wait_at_once_it_says_how_long(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION)
    people(httpserver, Response(status=429, headers={"Retry-After": "60"}))
    with pytest.raises(Unanswered) as waits:
        doors.poll("zoom")
    assert (waits.value.kind, waits.value.seconds) == ("rate", 60)


def test_half_a_page_brings_nothing(zoom: Flask, httpserver: HTTPServer) -> None:
    account(httpserver, SESSION)
    people(httpserver, Response('{"participants": [{"user_id"', mimetype="application/json"))
    with pytest.raises(Refused):
        doors.poll("zoom")
    assert (live(), instances.get("zoom").cursor) == ([], None)


def test_a_wrong_app_is_said_so(zoom: Flask, httpserver: HTTPServer) -> None:
    always(httpserver, "/oauth/token", Response('{"reason":"Invalid client"}', status=400))
    with pytest.raises(Unanswered) as refused:
        doors.poll("zoom")
    assert refused.value.kind == "unauthorized"


def never(*_: Any) -> Any:
    raise AssertionError("Nothing is to be asked.")


def test_without_an_app_it_says_what_is_missing() -> None:
    with pytest.raises(Refused) as refused:
        Zoom().poll(None, never, {"api": "https://api.zoom.us"})
    assert refused.value.where == "account_id"


@pytest.mark.parametrize(
    ("uuid", "path"),
    [
        pytest.param("4444AAAi==", "4444AAAi%3D%3D", id="once"),
        pytest.param("/abc==", "%252Fabc%253D%253D", id="begins with a slash"),
        pytest.param("a//b", "a%252F%252Fb", id="two slashes"),
        pytest.param("a/b", "a%2Fb", id="one slash"),
    ],
)
def test_a_uuid_in_an_address(uuid: str, path: str) -> None:
    assert encoded(uuid) == path


# --- the webhook


def event(name: str, at: int = 1788879660000, **participant: Any) -> dict[str, Any]:
    """An event as Zoom sends it."""
    thing = {
        "id": "91234567890", "uuid": UUID, "topic": "Evidence for policy", "type": 5,
        "start_time": SESSION["start_time"], "timezone": "America/Toronto",
    }  # fmt: skip
    part = "registrant" if "registration" in name else "participant"
    who = {"user_id": "16778240", "user_name": "Bo", "email": "bo@example.org", "id": ""}
    payload = {"account_id": "AbC", "object": {**thing, part: {**who, **participant}}}
    return {"event": name, "event_ts": at, "payload": payload}


JOINED = event("webinar.participant_joined", join_time="2026-09-08T15:01:00Z")
LEFT = event("webinar.participant_left", 1788882060000, leave_time="2026-09-08T15:41:00Z")


def signed(told: Any, secret: str = SECRET, age: int = 0) -> tuple[bytes, dict[str, str]]:
    """A body and the headers that prove it."""
    body, stamp = json.dumps(told).encode(), str(int(time.time()) - age)
    proof = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return body, {"x-zm-request-timestamp": stamp, "x-zm-signature": f"v0={proof}"}


def ring(app: Flask, *told: Any) -> list[int]:
    """Send events, and let the worker read them."""
    codes = [call(app, "zoom", *signed(one)).status_code for one in told]
    read_calls()
    return codes


def test_who_joined_and_left_was_there_between(zoom: Flask) -> None:
    assert ring(zoom, JOINED, LEFT) == [202, 202]
    assert parts(live()) == [("bo@example.org", "attended", "PT40M")]


def test_the_order_of_calls_does_not_matter(zoom: Flask) -> None:
    ring(zoom, LEFT, JOINED)
    assert parts(live()) == [("bo@example.org", "attended", "PT40M")]


def test_who_has_not_left_was_there_for_an_unknown_time(zoom: Flask) -> None:
    ring(zoom, JOINED)
    assert parts(live()) == [("bo@example.org", "attended", "")]


def test_two_devices_at_once_count_once(zoom: Flask) -> None:
    phone = event("webinar.participant_joined", user_id="2", join_time="2026-09-08T15:11:00Z")
    gone = event("webinar.participant_left", user_id="2", leave_time="2026-09-08T15:21:00Z")
    ring(zoom, JOINED, phone, gone, LEFT)
    assert parts(live()) == [("bo@example.org", "attended", "PT40M")]


def test_the_same_call_again_is_one_delivery(zoom: Flask) -> None:
    ring(zoom, JOINED)
    first = call(zoom, "zoom", *signed(JOINED)).json
    assert call(zoom, "zoom", *signed(JOINED)).json == first


def test_a_registration_and_its_cancelling(zoom: Flask) -> None:
    ring(zoom, event("webinar.registration_created", id="r1", first_name="Bo", last_name="Lund"))
    assert parts(live()) == [("bo@example.org", "registered", "")]
    ring(zoom, event("webinar.registration_cancelled", 1788882060000))
    assert live() == []


def test_a_handshake_is_answered(zoom: Flask) -> None:
    told = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6U"}}
    proof = hmac.new(SECRET.encode(), b"qgg8vlvZRS6U", hashlib.sha256).hexdigest()
    answer = call(zoom, "zoom", *signed(told))
    assert answer.status_code == 200
    assert answer.get_json() == {"plainToken": "qgg8vlvZRS6U", "encryptedToken": proof}


def test_a_handshake_signs_nothing_that_could_be_a_call(zoom: Flask) -> None:
    told = {"event": "endpoint.url_validation", "payload": {"plainToken": 'v0:1788879660:{"a":1}'}}
    assert call(zoom, "zoom", *signed(told)).status_code == 422


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"secret": "another"}, id="another secret"),
        pytest.param({"age": 90_000}, id="signed yesterday"),
    ],
)
def test_a_call_that_proves_nothing_is_refused(zoom: Flask, given: dict[str, Any]) -> None:
    assert call(zoom, "zoom", *signed(JOINED, **given)).status_code == 401


@pytest.mark.parametrize(
    "header", [pytest.param(name, id=name) for name in ("x-zm-signature", "x-zm-request-timestamp")]
)
def test_a_call_without_its_headers_is_refused(zoom: Flask, header: str) -> None:
    body, headers = signed(JOINED)
    assert call(zoom, "zoom", body, headers | {header: ""}).status_code == 401


def test_a_body_that_was_changed_is_refused(zoom: Flask) -> None:
    body, headers = signed(JOINED)
    assert call(zoom, "zoom", body + b" ", headers).status_code == 401


def test_another_account_is_refused(zoom: Flask) -> None:
    other = JOINED | {"payload": JOINED["payload"] | {"account_id": "Else"}}
    assert ring(zoom, other) == [401]


def test_events_of_no_use_are_taken_and_forgotten(zoom: Flask) -> None:
    assert ring(zoom, event("meeting.sharing_started")) == [200]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([], id="a list"),
        pytest.param({"event": "meeting.participant_joined"}, id="no object"),
        pytest.param({**JOINED, "event_ts": "soon"}, id="no time"),
        pytest.param({**JOINED, "event_ts": 10**30}, id="a time beyond all"),
        pytest.param(
            {**JOINED, "payload": {"object": {"participant": {}}}}, id="nothing says which session"
        ),
    ],
)
def test_a_call_of_another_form_is_refused(zoom: Flask, told: Any) -> None:
    assert ring(zoom, told) == [422]


# --- where they meet


def test_a_file_a_poll_and_a_webhook_are_one_statement(zoom: Flask, httpserver: HTTPServer) -> None:
    assert send("zoom", REPORT) == {"new": 1}
    first = live()
    account(httpserver, SESSION)
    people(httpserver, {"participants": [BO]})
    assert doors.poll("zoom").counts["known"] == 1
    ring(zoom, JOINED, LEFT)
    assert live() == first


def test_a_copy_saved_by_a_spreadsheet_is_the_same_report(zoom: Flask) -> None:
    """Its times are written in another way, and are the same moments."""
    send("zoom", REPORT)
    first = live()
    assert send("zoom", workbook(REPORT), "report.xlsx") == {"known": 1}
    assert live() == first


def workbook(report: bytes) -> bytes:
    """The report as a workbook whose times are times."""
    book, written = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in csv.reader(io.StringIO(report.decode())):
        sheet.append([as_time(cell) for cell in row])
    book.save(written)
    return written.getvalue()


def as_time(cell: str) -> str | datetime:
    return datetime.strptime(cell, "%m/%d/%Y %I:%M:%S %p") if cell.endswith("AM") else cell  # noqa: DTZ007 - a workbook's times have no zone


def test_the_webhook_first_and_then_the_others(zoom: Flask, httpserver: HTTPServer) -> None:
    ring(zoom, JOINED, LEFT)
    first = live()
    account(httpserver, SESSION)
    people(httpserver, {"participants": [BO]})
    doors.poll("zoom")
    assert send("zoom", REPORT) == {"known": 1}
    assert live() == first


# --- what JSON says


def read(told: Any) -> list[Any]:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    bundle = Bundle(key=None, deliveries=(Delivery(body=body),))
    return list(Zoom().activities(bundle, {"timezone": "UTC"}))


def told(*people: Any, **session: Any) -> dict[str, Any]:
    return {"session": {**SESSION, **session}, "participants": list(people)}


def test_a_guest_without_address_is_only_a_name() -> None:
    [guest] = read(told({**BO, "user_email": ""}))
    assert (guest.actor.email, guest.actor.account) == (None, None)
    assert guest.keys[0] == f"uuid:{UUID}|connection:16778240|2026-09-08T15:01:00Z"


def test_an_account_of_zoom_is_kept_as_one() -> None:
    [ines] = read(told({**INES, "user_email": ""}))
    assert (ines.actor.account.home_page, ines.actor.account.name) == (
        "https://zoom.us",
        "zoomInes",
    )


def test_who_only_waited_was_not_there() -> None:
    assert read(told({**BO, "status": "in_waiting_room"})) == [
        Skipped(row="participants[0]", why="stayed in the waiting room")
    ]


def test_who_left_before_joining_was_there_for_an_unknown_time() -> None:
    [bo] = read(told({**BO, "leave_time": "2026-09-08T14:00:00Z"}))
    assert (bo.duration, bo.at.isoformat()) == (None, "2026-09-08T15:01:00+00:00")


def test_a_meeting_is_no_webinar() -> None:
    [bo] = read(told(BO, type=2))
    assert bo.type == "meeting"


def test_a_registration_report_registers() -> None:
    body = (
        b"Registration Report\nTopic,Webinar ID,Scheduled Time\n"
        b"Evidence for policy,912 3456 7890,09/08/2026 11:00:00 AM\nRegistrant Details\n"
        b"First Name,Last Name,Email,Registration Time,Approval Status\n"
        b"Bo,Lund,bo@example.org,09/01/2026 09:00:00 AM,approved\n"
        b"Amal,Idris,amal@example.org,09/02/2026 09:00:00 AM,cancelled\n"
        b"Jo,Park,jo@example.org,09/22/2026 09:00:00 AM,pending\n"
    )
    bo, amal, jo = read(body)
    assert (bo.verb, bo.keys) == ("registered", ("registered:91234567890|bo@example.org",))
    assert amal == Gone(key="registered:91234567890|amal@example.org", rows=(7,))
    assert jo == Skipped(row=8, why="the registration waits for approval")


def test_where_rows_repeat_the_session_the_last_address_is_the_persons() -> None:
    body = (
        b"Topic,Meeting ID,User Name,User Email,Start Time,Duration (Minutes),"
        b"Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"
        b"Lunch,812 3456 7890,Sol,sol@example.org,09/22/2026 12:00:00 PM,59,"
        b"Bo,bo@example.org,09/22/2026 12:01:00 PM,09/22/2026 12:31:00 PM,30,No\n"
    )
    [bo] = read(body)
    assert (bo.actor.email, bo.verb, bo.duration.total_seconds()) == (
        "bo@example.org", "attended", 1800,
    )  # fmt: skip
