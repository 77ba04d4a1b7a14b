"""GoToWebinar: reports, the interface and the webhook, and how they meet."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from pytest_httpserver import HTTPServer
from webinar_making import always, answers, asked, call, live, parts, read_calls, send, site
from werkzeug import Response

from engine.api import BadReport, Bundle, Delivery, Failed, Refused, Skipped, Unanswered
from engine.sources import doors, instances
from engine.testkit import Case, cases
from plugins import gotowebinar
from plugins.gotowebinar import GoToWebinar

SECRET = "f1679e36-17fe"
GENERAL = """\
"General Information"
"Webinar Name","Webinar ID","Actual Start Date/Time","Duration"
"Plain words","123-456-789","Sep 08, 2026 10:58 AM EDT","1 hour"
"""
DETAILS = """\
"Session Details"
"Attended","Last Name","First Name","Email Address","Join Time","Leave Time","Time in Session"
"""
BO = (
    '"Yes","Lund","Bo","bo@example.org","Sep 08, 2026 11:01 AM EDT","Sep 08, 2026 11:41 AM EDT",'
    '"40 minutes"\n'
)
REPORT = GENERAL + DETAILS + BO
SESSION = {
    "sessionKey": 15887209, "webinarKey": 8325357307900339981, "webinarName": "Plain words",
    "webinarID": "123456789", "startTime": "2026-09-08T14:58:12Z",
    "endTime": "2026-09-08T16:02:00Z",
}  # fmt: skip
STAY = {"joinTime": "2026-09-08T15:01:00Z", "leaveTime": "2026-09-08T15:41:00Z"}
PERSON = {
    "registrantKey": 8325357307900339001, "firstName": "Bo", "lastName": "Lund",
    "email": "bo@example.org", "attendance": [STAY],
}  # fmt: skip
JOINED = {
    "eventName": "registrant.joined", "eventVersion": "1.0.0", "product": "g2w", "eventKey": "e1",
    "sessionKey": 15887209, "webinarKey": 8325357307900339981, "firstName": "Bo",
    "lastName": "Lund", "email": "bo@example.org", "joinTime": 1788879660000,
    "registrantKey": 8325357307900339001,
}  # fmt: skip
SESSIONS = "/G2W/rest/v2/organizers/77/sessions"
ATTENDEES = "/G2W/rest/v2/organizers/77/webinars/8325357307900339981/sessions/15887209/attendees"


@pytest.mark.parametrize("case", cases(gotowebinar), ids=str)
def test_conformance(case: Case) -> None:
    case.run()


def read(body: str | bytes, name: str = "report.csv", **given: Any) -> list[Any]:
    raw = body.encode() if isinstance(body, str) else body
    bundle = Bundle(key=None, deliveries=(Delivery(body=raw, name=name),))
    settings = {"timezone": "America/Toronto", "date_order": "mdy"} | given
    return list(GoToWebinar().activities(bundle, settings))


# --- reports


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(BO, id="join and leave"),
        pytest.param(BO.replace('"Sep 08, 2026 11:41 AM EDT"', '"--"'), id="join and minutes"),
        pytest.param(
            BO.replace('"Sep 08, 2026 11:41 AM EDT"', '""').replace("40 minutes", "0 hours 40 min"),
            id="join, hours and minutes",
        ),
        pytest.param(
            BO.replace('"Sep 08, 2026 11:41 AM EDT"', '""').replace("40 minutes", "00:40:00"),
            id="join and a clock",
        ),
        pytest.param(
            BO + BO.replace("11:01", "11:11").replace("11:41", "11:31"), id="two rows that overlap"
        ),
        pytest.param(
            BO.replace("11:01 AM EDT", "11:01 AM EDT\nSep 08, 2026 11:11 AM EDT").replace(
                "11:41 AM EDT", "11:31 AM EDT\nSep 08, 2026 11:41 AM EDT"
            ),
            id="two lines in a cell that overlap",
        ),
    ],
)
def test_how_long_somebody_was_there(row: str) -> None:
    [bo] = read(GENERAL + DETAILS + row)
    assert (bo.verb, bo.duration, bo.actor.email) == (
        "attended", timedelta(minutes=40), "bo@example.org",
    )  # fmt: skip


def test_who_left_before_joining_was_there_for_an_unknown_time() -> None:
    [bo] = read(REPORT.replace("11:41", "10:41"))
    assert bo.duration is None


def test_the_keys_are_as_the_report_writes_them_then_the_moment() -> None:
    [bo] = read(REPORT)
    assert bo.keys == (
        "report:123456789|Sep 08, 2026 10:58 AM EDT|bo@example.org",
        "at:123456789|2026-09-08T14:58Z|bo@example.org",
    )


def test_registrants_who_did_not_come_are_left_out() -> None:
    absent = '"No","Idris","Amal","amal@example.org","--","--","--"\n'
    assert read(GENERAL + DETAILS + absent) == [Skipped(row=6, why="registered, did not come")]


def test_staff_presented() -> None:
    staff = REPORT.replace("Session Details", "Staff Details")
    assert [one.verb for one in read(staff)] == ["presented"]


def test_a_broken_address_fails_alone() -> None:
    bad, bo = read(REPORT + BO.replace("bo@example.org", "bo@"))
    assert isinstance(bad, Failed)
    assert bo.actor.email == "bo@example.org"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param((GENERAL, ""), "which webinar", id="no general information"),
        pytest.param((DETAILS + BO, ""), "no table of people", id="no people"),
        pytest.param(("123-456-789", "5.62E+18"), "shortened by a spreadsheet", id="damaged id"),
        pytest.param(("10:58 AM EDT", "10:58 AM CST"), "CST", id="a zone that is not the source's"),
        pytest.param(("Email Address", "Mail"), "Email Address", id="unknown headings"),
    ],
)
def test_what_a_report_must_say(change: tuple[str, str], words: str) -> None:
    with pytest.raises(BadReport) as refused:
        read(REPORT.replace(*change))
    assert words in str(refused.value)
    assert refused.value.mend


def test_several_sessions_in_one_report_are_refused() -> None:
    other = GENERAL.splitlines()[2].replace("08", "15")
    with pytest.raises(BadReport, match="several sessions"):
        read(GENERAL + other + "\n" + DETAILS + BO)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(REPORT.replace(",", "\t").replace("Sep 08\t", "Sep 08,"), id="tabs"),
        pytest.param("\ufeff" + REPORT, id="with a mark"),
        pytest.param(REPORT.encode("utf-16"), id="UTF-16"),
        pytest.param(
            REPORT.replace("EDT", "").replace("Sep 08, 2026", "09/08/2026"), id="numbers, no zone"
        ),
    ],
)
def test_ways_to_write_a_report(written: str | bytes) -> None:
    [bo] = read(written)
    assert (bo.duration, bo.url) == (
        timedelta(minutes=40), "https://global.gotowebinar.com/webinar/123456789#2026-09-08T14:58Z",
    )  # fmt: skip


# --- the interface


@pytest.fixture
def goto(instance_dir: Path, database_url: str, httpserver: HTTPServer) -> Iterator[Flask]:
    """An application with an organiser whose GoTo is this machine."""
    address = httpserver.url_for("/").rstrip("/")
    given = {
        "timezone": "America/Toronto", "organizer_key": "77", "client_id": "client",
        "client_secret": "s3cret-app", "refresh_token": "refresh-1", "webhook_secret": SECRET,
        "api": address, "sign_in": address,
    }  # fmt: skip
    with site(instance_dir, database_url, "gotowebinar", **given) as app:
        yield app


def listed(*sessions: Any, pages: int = 1, number: int = 0) -> dict[str, Any]:
    return {
        "_embedded": {"sessionInfoResources": list(sessions)},
        "page": {"size": 100, "totalPages": pages, "number": number},
    }


def organiser(server: HTTPServer, *sessions: Any) -> None:
    always(server, "/oauth/token", {"access_token": "t1", "organizer_key": "77"}, method="POST")
    always(server, SESSIONS, listed(*sessions))


def test_it_brings_who_attended(goto: Flask, httpserver: HTTPServer) -> None:
    organiser(httpserver, SESSION)
    again = {"joinTime": "2026-09-08T15:31:00Z", "leaveTime": "2026-09-08T15:51:00Z"}
    answers(httpserver, ATTENDEES, [{**PERSON, "attendance": [STAY, again]}])
    assert doors.poll("gotowebinar").counts["new"] == 1
    assert parts(live()) == [("bo@example.org", "attended", "PT50M")]


def test_it_signs_in_with_the_refresh_token(goto: Flask, httpserver: HTTPServer) -> None:
    organiser(httpserver)
    doors.poll("gotowebinar")
    given = parse_qs(asked(httpserver)[0].get_data(as_text=True))
    assert given == {"grant_type": ["refresh_token"], "refresh_token": ["refresh-1"]}


def test_it_reads_page_after_page(goto: Flask, httpserver: HTTPServer) -> None:
    answers(httpserver, SESSIONS, listed(pages=2), listed(SESSION, pages=2, number=1))
    organiser(httpserver)
    answers(httpserver, ATTENDEES, [PERSON])
    assert doors.poll("gotowebinar").counts["new"] == 1


def test_a_token_that_ran_out_is_renewed(goto: Flask, httpserver: HTTPServer) -> None:
    organiser(httpserver, SESSION)
    ran_out = Response('{"int_err_code":"InvalidToken"}', status=403)
    answers(httpserver, ATTENDEES, ran_out, [PERSON])
    assert doors.poll("gotowebinar").counts["new"] == 1


def test_what_has_come_is_not_asked_for_again(goto: Flask, httpserver: HTTPServer) -> None:
    organiser(httpserver, SESSION)
    answers(httpserver, ATTENDEES, [PERSON])
    doors.poll("gotowebinar")
    assert doors.poll("gotowebinar").run is None


def test_asked_to_wait_it_keeps_what_came(goto: Flask, httpserver: HTTPServer) -> None:
    organiser(
        httpserver, SESSION, {**SESSION, "sessionKey": 2, "startTime": "2026-09-08T17:00:00Z"}
    )
    answers(httpserver, ATTENDEES, [PERSON])
    other = ATTENDEES.replace("15887209", "2")
    answers(httpserver, other, Response(status=429), [{**PERSON, "email": "jo@example.org"}])
    assert doors.poll("gotowebinar").counts["new"] == 1
    assert doors.poll("gotowebinar").counts["new"] == 1


def test_half_an_answer_brings_nothing(goto: Flask, httpserver: HTTPServer) -> None:
    organiser(httpserver, SESSION)
    answers(httpserver, ATTENDEES, Response('[{"registrantKey": 83253', status=200))
    with pytest.raises(Refused):
        doors.poll("gotowebinar")
    assert (live(), instances.get("gotowebinar").cursor) == ([], None)


def test_a_refresh_token_that_ran_out_is_said_so(goto: Flask, httpserver: HTTPServer) -> None:
    always(httpserver, "/oauth/token", Response('{"error":"invalid_grant"}', status=400))
    with pytest.raises(Unanswered) as refused:
        doors.poll("gotowebinar")
    assert refused.value.kind == "unauthorized"


def never(*_: Any) -> Any:
    raise AssertionError("Nothing is to be asked.")


def test_without_a_client_it_says_what_is_missing() -> None:
    with pytest.raises(Refused) as refused:
        GoToWebinar().poll(None, never, {})
    assert refused.value.where == "client_id"


def test_keys_of_nineteen_digits_stay_whole() -> None:
    told = json.dumps({"session": SESSION, "attendees": [{**PERSON, "email": None}]})
    [bo] = read(told)
    assert bo.keys[0] == "session:15887209|registrant:8325357307900339001"


# --- the webhook


def signed(told: Any, form: str = "hex", secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(told).encode()
    proof = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    forms = {"hex": proof.hex(), "base64": base64.b64encode(proof).decode()}
    return body, {"X-Webhook-Signature": forms[form]}


@pytest.mark.parametrize("form", ["hex", "base64"])
def test_a_call_is_a_hint_and_no_record(goto: Flask, form: str) -> None:
    assert call(goto, "gotowebinar", *signed(JOINED, form)).status_code == 202
    read_calls()
    assert live() == []


def test_the_same_event_again_is_one_delivery(goto: Flask) -> None:
    first = call(goto, "gotowebinar", *signed(JOINED)).json
    assert call(goto, "gotowebinar", *signed({**JOINED, "joinTime": 1})).json == first


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="unsigned"),
        pytest.param(signed(JOINED, secret="another")[1], id="another secret"),
        pytest.param({"X-Webhook-Signature": "ü"}, id="no ASCII"),
    ],
)
def test_a_call_that_proves_nothing_is_refused(goto: Flask, headers: dict[str, str]) -> None:
    assert call(goto, "gotowebinar", json.dumps(JOINED).encode(), headers).status_code == 401


def test_events_of_no_use_are_taken_and_forgotten(goto: Flask) -> None:
    told = {**JOINED, "eventName": "webinar.changed"}
    assert call(goto, "gotowebinar", *signed(told)).status_code == 200


def test_a_call_without_an_event_is_refused(goto: Flask) -> None:
    assert call(goto, "gotowebinar", *signed([1])).status_code == 422


# --- where they meet


def test_a_file_a_poll_and_a_webhook_are_one_statement(goto: Flask, httpserver: HTTPServer) -> None:
    assert send("gotowebinar", REPORT.encode()) == {"new": 1}
    first = live()
    organiser(httpserver, SESSION)
    answers(httpserver, ATTENDEES, [PERSON])
    assert doors.poll("gotowebinar").counts["known"] == 1
    call(goto, "gotowebinar", *signed(JOINED))
    read_calls()
    assert live() == first
