"""Microsoft Teams: reports in every language, Graph, and how they meet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from webinar_making import always, answers, asked, live, parts, send, site
from werkzeug import Response

from engine.api import Activity, BadReport, Bundle, Delivery, Failed, Refused, Skipped, Unanswered
from engine.sources import doors, instances
from engine.testkit import Case, cases
from plugins import teams
from plugins.teams import Teams
from plugins.teams.report import read_length

PAIRS = Path(teams.__file__).parent / "pairs"
SUMMARY = """\
1. Summary
Meeting title\tPlain words
Attended participants\t1
Start time\t9/22/26, 3:00:05 PM
End time\t9/22/26, 4:00:00 PM

"""
PEOPLE = """\
2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
"""
BO = "Bo\t9/22/26, 3:01:00 PM\t9/22/26, 3:41:00 PM\t40m\tbo@example.org\tbo@example.org\tAttendee\n"
REPORT = SUMMARY + PEOPLE + BO
STAYS = "\n3. In-Meeting Activities\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n"


@pytest.mark.parametrize("case", cases(teams), ids=str)
def test_conformance(case: Case) -> None:
    case.run()


def read(body: str | bytes, zone: str = "Europe/Madrid", **given: Any) -> list[Any]:
    raw = body.encode() if isinstance(body, str) else body
    bundle = Bundle(key=None, deliveries=(Delivery(body=raw),))
    return list(Teams().activities(bundle, {"timezone": zone, "tenant": "northmoor"} | given))


# --- reports


LIVE = """\
Session Id,Participant Id,Full Name,UserAgent,UTC Event Timestamp,Action,Role
s1,bo@northmoor.example,Bo Lund,Mozilla (KHTML; like Gecko),09/22/2026 01:41:00 PM,Left,Attendee
s2,bo@northmoor.example,Bo Lund,Edge,09/22/2026 01:50:00 PM,Joined,Attendee
s1,bo@northmoor.example,Bo Lund,Mozilla (KHTML; like Gecko),09/22/2026 01:01:00 PM,Joined,Attendee
s2,bo@northmoor.example,Bo Lund,Edge,09/22/2026 02:00:00 PM,Left,Attendee
"""


def test_a_report_of_a_live_event_is_read_in_utc() -> None:
    (bo,) = read(LIVE)
    assert (bo.actor.account.name, bo.duration) == ("bo@northmoor.example", timedelta(minutes=50))
    assert bo.at.isoformat() == "2026-09-22T14:00:00+00:00"


def test_who_watched_a_live_event_without_signing_in_is_nobody() -> None:
    row = "s3,, ,Edge,09/22/2026 01:02:00 PM,Joined,Attendee\n"
    assert [type(one) for one in read(LIVE + row)] == [Skipped, Activity]


def test_a_name_alone_makes_no_person_of_two_sessions_of_a_live_event() -> None:
    row = "{},,Ines Roy,Edge,09/22/2026 01:02:00 PM,Joined,Attendee\n"
    told = read(LIVE + row.format("s3") + row.format("s4"))
    assert [one.actor.name for one in told] == ["Bo Lund", "Ines Roy", "Ines Roy"]


def test_who_looked_in_on_another_day_than_the_event_was_not_there() -> None:
    row = "s3,ines,Ines Roy,Edge,09/15/2026 01:02:00 PM,Joined,Attendee\n"
    skipped, bo = read(LIVE + row)
    assert (type(skipped), bo.actor.name) == (Skipped, "Bo Lund")
    assert bo.keys[0].startswith("report:|09/22/2026 01:01:00 PM|")


def test_an_unknown_action_in_a_live_event_fails_alone() -> None:
    row = "s3,ines,Ines Roy,Edge,09/22/2026 01:02:00 PM,Waved,Attendee\n"
    assert [type(one) for one in read(LIVE + row)] == [Failed, Activity]


@pytest.mark.parametrize(
    ("name", "title", "start"),
    [
        pytest.param("english.csv", "Lunch and learn (June)", "2026-09-22T12:48:05Z", id="English"),
        pytest.param(
            "espanol.csv", "Datos abiertos, en llano", "2026-09-22T13:00:01Z", id="Spanish"
        ),
        pytest.param("deutsch.csv", "Klare Sprache", "2026-09-22T13:00:01Z", id="German"),
        pytest.param("francais.csv", "Langage clair", "2026-09-22T13:00:01Z", id="French"),
        pytest.param("middle_generation.csv", "Data clinic", "2022-09-15T13:00:01Z", id="of 2022"),
    ],
)
def test_what_a_report_is_about(name: str, title: str, start: str) -> None:
    first = read((PAIRS / name).read_bytes())[-1]
    assert (first.title, first.keys[-1].split("|")[0]) == (title, f"at:{start}")


def test_a_language_nobody_here_has_seen_is_read_by_its_shape() -> None:
    norwegian = (
        "1. Sammendrag\nMøtetittel\tKlart språk\nDeltakere\t1\nStarttid\t22.09.26, 15:00:05\n\n"
        "2. Deltakere\n"
        "Navn\tBle først med\tSist forlatt\tVarighet\tE-post\tDeltaker-ID (UPN)\tRolle\n"
        "Bo\t22.09.26, 15:01:00\t22.09.26, 15:41:00\t40 m\tbo@example.org\t\tDeltaker\n"
    )
    [bo] = read(norwegian)
    assert (bo.title, bo.duration, bo.actor.email) == (
        "Klart språk", timedelta(minutes=40), "bo@example.org",
    )  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(REPORT.encode("utf-16"), id="UTF-16"),
        pytest.param(REPORT.encode("utf-8-sig"), id="UTF-8"),
        pytest.param(REPORT.replace(", ", " ").replace("\t", ","), id="commas"),
        pytest.param(REPORT.replace("\t", ";"), id="semicolons"),
        pytest.param(REPORT.replace(" PM", "\u202fPM"), id="narrow spaces"),
        pytest.param(REPORT.replace("\n", "\r\n"), id="ends of lines"),
        pytest.param(REPORT.replace("9/22/26, 3:", "2026-09-22 15:").replace(" PM", ""), id="ISO"),
        pytest.param(REPORT.replace("\tRole", "\tRole\tEngagement: Camera On"), id="more columns"),
        pytest.param(REPORT.replace("Name\t", "NAME\t"), id="capitals"),
    ],
)
def test_ways_to_write_a_report(written: str | bytes) -> None:
    [bo] = read(written)
    assert (bo.duration, bo.actor.email, bo.verb) == (
        timedelta(minutes=40), "bo@example.org", "attended",
    )  # fmt: skip


def test_what_was_in_the_third_section_counts_overlapping_stays_once() -> None:
    stays = (
        "Bo\t9/22/26, 3:01:00 PM\t9/22/26, 3:31:00 PM\t30m\tbo@example.org\tAttendee\n"
        "Bo\t9/22/26, 3:11:00 PM\t9/22/26, 3:41:00 PM\t30m\tbo@example.org\tAttendee\n"
    )
    [bo] = read(REPORT.replace("40m", "1h") + STAYS + stays)
    assert (bo.duration, len(bo.rows)) == (timedelta(minutes=40), 3)


def test_a_rejoin_is_not_counted_as_presence() -> None:
    [bo] = read(REPORT.replace("40m", "12m 30s"))
    assert bo.duration == timedelta(minutes=12, seconds=30)


def test_stays_of_two_people_of_one_name_are_nobodys() -> None:
    guest = "iPad\t9/22/26, 3:01:00 PM\t9/22/26, 3:11:00 PM\t10m\t\t\tAttendee\n"
    stay = "iPad\t9/22/26, 3:01:00 PM\t9/22/26, 3:11:00 PM\t10m\t\tAttendee\n"
    told = read(SUMMARY + PEOPLE + guest * 2 + STAYS + stay)
    assert isinstance(told[0], Skipped)
    assert [one.keys[0] for one in told[1:]] == [
        "report:Plain words|9/22/26, 3:00:05 PM|iPad#1",
        "report:Plain words|9/22/26, 3:00:05 PM|iPad#2",
    ]


def test_a_user_name_without_an_address_is_an_account() -> None:
    [bo] = read(REPORT.replace("\tbo@example.org\t", "\t\t", 1))
    assert (bo.actor.email, bo.actor.account.name, bo.actor.account.home_page) == (
        None, "bo@example.org", "https://login.microsoftonline.com/northmoor",
    )  # fmt: skip


def test_a_presenter_attended_like_everybody() -> None:
    assert [one.verb for one in read(REPORT.replace("Attendee", "Presenter"))] == ["attended"]


def test_a_broken_row_fails_alone() -> None:
    bad, bo = read(REPORT + BO.replace("bo@example.org", "bo@").replace("Bo", "Jo"))
    assert isinstance(bad, Failed)
    assert bo.actor.name == "Bo"


def test_a_row_without_times_fails_and_the_rest_go_on() -> None:
    bad, bo = read(SUMMARY + PEOPLE + "Jo\n" + BO)
    assert (bad.row, bo.actor.name) == (9, "Bo")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("Question\tAnswer\tTime\nWhy\tSo\t3\n", "“Question”", id="another table"),
        pytest.param(SUMMARY, "headings found: none", id="summary alone"),
        pytest.param(
            REPORT.replace("9/22/26", "9/8/26"), "Ambiguous date order", id="either order"
        ),
        pytest.param(PEOPLE + "Bo\t\t\t\tbo@example.org\n", "when the meeting began", id="no time"),
    ],
)
def test_what_cannot_be_read_is_refused(body: str, words: str) -> None:
    with pytest.raises(BadReport) as refused:
        read(body)
    assert words in str(refused.value)
    assert refused.value.mend


def test_the_oldest_reports_in_portuguese() -> None:
    (bo,) = read(
        "Nome Completo\tAtividade\tData e hora\n"
        "Bo\tEntrou\t22/09/2026 15:01:00\nBo\tSaiu\t22/09/2026 15:41:00\n"
    )
    assert (bo.actor.name, bo.duration) == ("Bo", timedelta(minutes=40))


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(" à ", id="French"),
        pytest.param(" às ", id="Portuguese"),
        pytest.param(", a las ", id="Spanish"),
        pytest.param(" um ", id="German"),
        pytest.param(" alle ore ", id="Italian"),
    ],
)
def test_a_word_may_stand_between_day_and_hour(between: str) -> None:
    body = REPORT.replace("9/22/26, ", f"22/09/2026{between}").replace(" PM", "")
    (bo,) = read(body)
    assert (bo.duration, bo.at.isoformat()) == (timedelta(minutes=40), "2026-09-22T03:41:00+02:00")


def test_the_oldest_reports_know_names_alone() -> None:
    told = read((PAIRS / "oldest.csv").read_bytes())
    assert [(one.actor.name, one.actor.email, one.duration) for one in told] == [
        ("Théa Gagné", None, timedelta(minutes=59, seconds=59)),
        ("Bo Lindqvist", None, timedelta(minutes=20)),
    ]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        pytest.param("1h 30m 5s", 5405, id="all units"),
        pytest.param("45m", 2700, id="minutes"),
        pytest.param("8s", 8, id="seconds"),
        pytest.param("3h", 10800, id="hours"),
        pytest.param("1 Std. 3 Min. 2 Sek.", 3782, id="German"),
        pytest.param("1 h 3 min", 3780, id="Spanish"),
        pytest.param("01:03:02", 3782, id="clock"),
    ],
)
def test_lengths(written: str, seconds: int) -> None:
    assert read_length(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", ["", "long", "3 apples", "1h and more", "h"])
def test_what_is_no_length_is_unknown(written: str) -> None:
    assert read_length(written) is None


@settings(max_examples=60)
@given(st.text(alphabet='\t\n",;:/ .09APMName(UPN)123é', max_size=300))
def test_anything_is_read_or_refused(text: str) -> None:
    with suppress(BadReport):
        assert all(isinstance(one, Activity | Skipped | Failed) for one in read(REPORT + text))


# --- Graph


RECORD = {
    "id": "u-bo", "emailAddress": "Bo@example.org", "role": "Attendee",
    "totalAttendanceInSeconds": 2400,
    "identity": {"id": "u-bo", "displayName": "Bo", "tenantId": "t1"},
    "attendanceIntervals": [
        {"joinDateTime": "2026-09-22T13:01:00.12Z", "leaveDateTime": "2026-09-22T13:41:00.9Z"}
    ],
}  # fmt: skip
LISTED = {
    "id": "r1", "totalParticipantCount": 1, "meetingStartDateTime": "2026-09-22T13:00:05.28Z",
    "meetingEndDateTime": "2026-09-22T14:00:00Z",
}  # fmt: skip
WHOLE = {**LISTED, "attendanceRecords": [RECORD]}
USER = "/v1.0/users/u-org"
REPORTS = f"{USER}/onlineMeetings/m1/attendanceReports"
NOW = "Wed, 23 Sep 2026 09:00:00 GMT"


def told(report: Any) -> list[Any]:
    return read(json.dumps(report))


def test_a_report_of_graph_says_who_came() -> None:
    [bo] = told(WHOLE)
    assert (bo.duration, bo.actor.email, bo.keys[0]) == (
        timedelta(minutes=40), "bo@example.org", "attendance:r1|bo@example.org",
    )  # fmt: skip


def test_who_registered_and_did_not_come_is_left_out() -> None:
    assert told({**LISTED, "attendanceRecords": [{**RECORD, "attendanceIntervals": []}]}) == [
        Skipped(row="attendanceRecords[0]", why="registered, did not come")
    ]


def test_a_visitor_has_no_account() -> None:
    visitor = {"id": "teamsvisitor:7", "displayName": "Noor", "tenantId": None}
    record = {**RECORD, "emailAddress": None, "identity": visitor}
    [noor] = told({**LISTED, "attendanceRecords": [record]})
    assert (noor.actor.email, noor.actor.account) == (None, None)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param({"value": [LISTED]}, id="a list of reports"),
        pytest.param(LISTED, id="without its records"),
        pytest.param({"attendanceRecords": [RECORD]}, id="of no meeting"),
        pytest.param({**WHOLE, "meetingStartDateTime": "soon"}, id="no time"),
    ],
)
def test_json_of_another_form_is_refused(report: Any) -> None:
    with pytest.raises(BadReport) as refused:
        told(report)
    assert refused.value.mend


@pytest.fixture
def office(instance_dir: Path, database_url: str, httpserver: HTTPServer) -> Iterator[Flask]:
    """An application whose Microsoft is this machine."""
    address = httpserver.url_for("/").rstrip("/")
    given = {
        "timezone": "Europe/Madrid", "tenant": "northmoor", "client_id": "app",
        "client_secret": "s3cret-app", "organisers": "u-org", "graph": address,
        "sign_in": address,
    }  # fmt: skip
    with site(instance_dir, database_url, "teams", **given) as app:
        yield app


def calendar(server: HTTPServer, *reports: Any) -> None:
    """An organiser with one meeting, and these reports of it."""
    late = Response('{"access_token": "t1"}', mimetype="application/json")
    always(server, "/northmoor/oauth2/v2.0/token", late, method="POST", date=NOW)
    entry = {"isOrganizer": True, "onlineMeeting": {"joinUrl": "https://teams.example/it's"}}
    always(server, f"{USER}/calendarView", {"value": [entry, {"onlineMeeting": None}]})
    meeting = {"id": "m1", "subject": "Plain words"}
    always(server, f"{USER}/onlineMeetings", {"value": [meeting]})
    always(server, REPORTS, {"value": list(reports)})


def test_it_brings_who_attended(office: Flask, httpserver: HTTPServer) -> None:
    calendar(httpserver, LISTED)
    answers(httpserver, f"{REPORTS}/r1", WHOLE)
    assert doors.poll("teams").counts["new"] == 1
    assert parts(live()) == [("bo@example.org", "attended", "PT40M")]


def test_it_signs_in_as_an_app(office: Flask, httpserver: HTTPServer) -> None:
    calendar(httpserver)
    doors.poll("teams")
    fields = parse_qs(asked(httpserver)[0].get_data(as_text=True))
    assert (fields["grant_type"], fields["client_id"]) == (["client_credentials"], ["app"])


def test_it_asks_for_the_meeting_behind_a_link(office: Flask, httpserver: HTTPServer) -> None:
    calendar(httpserver)
    doors.poll("teams")
    [one] = [one for one in asked(httpserver) if one.path.endswith("/onlineMeetings")]
    assert one.args["$filter"] == "JoinWebUrl eq 'https://teams.example/it''s'"


def test_it_reads_page_after_page(office: Flask, httpserver: HTTPServer) -> None:
    more = httpserver.url_for("/v1.0/next")
    answers(httpserver, REPORTS, {"value": [], "@odata.nextLink": more})
    answers(httpserver, "/v1.0/next", {"value": [LISTED]})
    calendar(httpserver)
    answers(httpserver, f"{REPORTS}/r1", WHOLE)
    assert doors.poll("teams").counts["new"] == 1


def test_records_on_a_second_page_are_read_too(office: Flask, httpserver: HTTPServer) -> None:
    more = httpserver.url_for("/v1.0/next")
    calendar(httpserver, LISTED)
    other = {**RECORD, "id": "u-jo", "emailAddress": "jo@example.org"}
    answers(httpserver, f"{REPORTS}/r1", {**WHOLE, "attendanceRecords@odata.nextLink": more})
    answers(httpserver, "/v1.0/next", {"value": [other]})
    assert doors.poll("teams").counts["new"] == 2


def test_a_page_at_another_host_is_not_asked_for(office: Flask, httpserver: HTTPServer) -> None:
    answers(httpserver, REPORTS, {"value": [], "@odata.nextLink": "https://evil.example/x"})
    calendar(httpserver)
    with pytest.raises(Unanswered, match="another host"):
        doors.poll("teams")


def test_a_token_that_ran_out_is_renewed(office: Flask, httpserver: HTTPServer) -> None:
    calendar(httpserver, LISTED)
    answers(httpserver, f"{REPORTS}/r1", Response(status=401), WHOLE)
    assert doors.poll("teams").counts["new"] == 1


def test_what_has_come_is_not_asked_for_again(office: Flask, httpserver: HTTPServer) -> None:
    calendar(httpserver, LISTED)
    answers(httpserver, f"{REPORTS}/r1", WHOLE)
    doors.poll("teams")
    assert doors.poll("teams").run is None


def test_asked_to_wait_it_keeps_what_came(office: Flask, httpserver: HTTPServer) -> None:
    second = {**LISTED, "id": "r2", "meetingStartDateTime": "2026-09-22T11:00:00Z"}
    calendar(httpserver, LISTED, second)
    answers(httpserver, f"{REPORTS}/r1", WHOLE)
    wait = Response(status=429, headers={"Retry-After": "60"})
    answers(httpserver, f"{REPORTS}/r2", wait, {**second, "attendanceRecords": [RECORD]})
    assert doors.poll("teams").counts["new"] == 1
    assert doors.poll("teams").counts["new"] == 1


def test_half_an_answer_brings_nothing(office: Flask, httpserver: HTTPServer) -> None:
    calendar(httpserver, LISTED)
    answers(httpserver, f"{REPORTS}/r1", Response('{"attendanceRecords": [{', status=200))
    with pytest.raises(Refused):
        doors.poll("teams")
    assert (live(), instances.get("teams").cursor) == ([], None)


def never(*_: Any) -> Any:
    raise AssertionError("Nothing is to be asked.")


def test_without_an_app_it_says_what_is_missing() -> None:
    with pytest.raises(Refused) as refused:
        Teams().poll(None, never, {"tenant": "x"})
    assert refused.value.where == "client_id"


def test_a_file_and_graph_are_one_statement(office: Flask, httpserver: HTTPServer) -> None:
    assert send("teams", REPORT.encode("utf-16")) == {"new": 1}
    first = live()
    calendar(httpserver, LISTED)
    answers(httpserver, f"{REPORTS}/r1", WHOLE)
    assert doors.poll("teams").counts["known"] == 1
    assert live() == first
