"""Calendars: intentions and meetings held; series, zones of all kinds, cancellations; asking."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from forum_making import asked, kinds, only, read, recording, sample
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from engine.api import Activity, BadReport, Delivery, Failed, Gone, Refused, Skipped, Unanswered
from engine.testkit import scratch

MEETINGS = sample("calendar", "meetings.ics")
CANCELLED = sample("calendar", "cancelled.ics")
BO = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@northmoor.example"
INES = "ORGANIZER;CN=Ines Roy:mailto:ines@northmoor.example"
STAMP = "DTSTAMP:20261001T080000Z"
START = "DTSTART:20260908T100000Z"
INTENDS = "planned-to-attend"


def ics(*lines: str, head: tuple[str, ...] = ()) -> bytes:
    """A calendar with one event."""
    event = ("BEGIN:VEVENT", "UID:a@x", STAMP, *lines, "END:VEVENT")
    return "\r\n".join(("BEGIN:VCALENDAR", *head, *event, "END:VCALENDAR", "")).encode()


def told(*lines: str, head: tuple[str, ...] = (), **settings: Any) -> list[Any]:
    return read("calendar", ics(*lines, head=head), **settings)


def starts(*lines: str, head: tuple[str, ...] = (), **settings: Any) -> list[str]:
    """The occurrences that somebody accepted, as their addresses name them."""
    activities = only(told(*lines, BO, head=head, **settings), Activity)
    return [one.url.rpartition("at=")[2] for one in activities]


def test_to_accept_is_to_intend() -> None:
    (planned,) = told(START, BO)
    assert (planned.verb, planned.actor.email) == (INTENDS, "bo@northmoor.example")


def test_a_meeting_that_is_over_was_held_by_its_organiser() -> None:
    planned, held = told(START, "DTEND:20260908T110000Z", BO, INES)
    assert (held.verb, held.at) == ("hosted", datetime(2026, 9, 8, 11, tzinfo=UTC))
    assert held.url == planned.url


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("DTSTART:20261008T100000Z", BO, INES), id="not over"),
        pytest.param((START, INES), id="nobody came"),
        pytest.param((START, BO.replace("ACCEPTED", "DECLINED"), INES), id="nobody accepted"),
        pytest.param((START, BO, INES, "STATUS:CANCELLED"), id="cancelled"),
        pytest.param(
            (START, BO, "ORGANIZER:mailto:x1@group.calendar.google.com"), id="held by a calendar"
        ),
    ],
)
def test_what_was_not_held(lines: tuple[str, ...]) -> None:
    assert [one for one in only(told(*lines), Activity) if one.verb == "hosted"] == []


@pytest.mark.parametrize(
    ("attendee", "kind"),
    [
        pytest.param(BO.replace("ACCEPTED", "DECLINED"), "Gone", id="declined"),
        pytest.param(BO.replace("ACCEPTED", "TENTATIVE"), "Gone", id="tentative"),
        pytest.param(BO.replace("ACCEPTED", "NEEDS-ACTION"), "Skipped", id="no answer"),
        pytest.param(BO.replace(";PARTSTAT=ACCEPTED", ""), "Skipped", id="no word of an answer"),
        pytest.param(BO.replace(";", ";CUTYPE=ROOM;", 1), "Skipped", id="room"),
        pytest.param(BO.replace(";", ";CUTYPE=GROUP;", 1), "Skipped", id="group"),
        pytest.param(BO.replace(";", ";ROLE=NON-PARTICIPANT;", 1), "Skipped", id="told only"),
        pytest.param("ATTENDEE;PARTSTAT=ACCEPTED:invalid:nomail", "Skipped", id="nobody"),
        pytest.param("ATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@", "Failed", id="half an address"),
        pytest.param("ATTENDEE;PARTSTAT=ACCEPTED:mailto:x1@virtual", "Skipped", id="a calendar"),
        pytest.param("X-NOTHING:1", "Skipped", id="no guests"),
    ],
)
def test_guests_that_intend_nothing(attendee: str, kind: str) -> None:
    assert kinds(told(START, attendee)) == [kind]


def test_a_guest_without_an_address_has_a_name_alone() -> None:
    (planned,) = told(START, 'ATTENDEE;CN="Lund, Bo";PARTSTAT=ACCEPTED:urn:uuid:1')
    assert (planned.actor.name, planned.actor.email) == ("Lund, Bo", None)


@pytest.mark.parametrize("word", ["PRIVATE", "CONFIDENTIAL"])
def test_private_events_are_left_out(word: str) -> None:
    assert kinds(told(START, BO, f"CLASS:{word}")) == ["Skipped"]


@pytest.mark.parametrize(
    ("categories", "kind"),
    [
        pytest.param("Lunch & learn", "lunch-and-learn", id="lunch"),
        pytest.param("Team,COMITÉ de lenguaje", "committee", id="committee"),
        pytest.param("Team", "webinar", id="as the source says"),
    ],
)
def test_categories_say_what_an_event_is(categories: str, kind: str) -> None:
    (planned,) = told(START, BO, f"CATEGORIES:{categories}", kind="webinar")
    assert planned.type == kind


# Times.

TEN = "20260908T120000"
OURS = (
    "BEGIN:VTIMEZONE", "TZID:Ours", "BEGIN:STANDARD", "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0200", "TZOFFSETTO:+0200", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("DTSTART:20260908T100000Z", id="UTC"),
        pytest.param(f"DTSTART;TZID=Europe/Paris:{TEN}", id="public name"),
        pytest.param(f"DTSTART;TZID=Romance Standard Time:{TEN}", id="Windows"),
        pytest.param(f'DTSTART;TZID="Romance Standard Time":{TEN}', id="in quotes"),
        pytest.param(f"DTSTART;TZID=/maker.example/2026_1/Europe/Paris:{TEN}", id="prefix"),
        pytest.param(f"DTSTART;TZID=Ours:{TEN}", id="defined in the file"),
        pytest.param(f"DTSTART:{TEN}", id="of the source"),
        pytest.param("dtstart:20260908t100000z", id="small letters"),
    ],
)
def test_zones_of_all_kinds(start: str) -> None:
    lines = (start, BO, STAMP.replace("2026100", "2026090"), INES)
    assert only(told(*lines, head=OURS), Activity)[-1].at == datetime(2026, 9, 8, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        pytest.param("UTC+01", "20260908T090000Z", id="UTC+01"),
        pytest.param('"(GMT -05:30)"', "20260908T153000Z", id="GMT in brackets"),
        pytest.param('"(UTC+01:00) Berlin, Bern, Rome"', "20260908T080000Z", id="towns"),
        pytest.param('"(UTC+01:00) Rom, Stockholm, Wien"', "20260908T080000Z", id="in German"),
        pytest.param("(GMT-05.00) Eastern Time (US & Canada)", "20260908T140000Z", id="region"),
        pytest.param("(UTC) Dublin, Lisbon, London", "20260908T090000Z", id="no distance"),
        pytest.param('"(UTC-03:00) Brasilia"', "20260908T130000Z", id="no town of public names"),
    ],
)
def test_a_zone_may_be_as_lists_show_it(zone: str, begins: str) -> None:
    assert starts(f"DTSTART;TZID={zone}:20260908T100000", "RRULE:FREQ=DAILY;COUNT=1") == [begins]


def test_a_series_in_a_file_that_does_not_say_when_it_was_made() -> None:
    start = "DTSTART;TZID=America/Toronto:20260908T100000"
    body = ics(start, "RRULE:FREQ=WEEKLY", BO).replace(STAMP.encode(), b"X-A:1")
    assert kinds(read("calendar", body)) == ["Skipped"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("RDATE:", id="no date"),
        pytest.param("RDATE:20260909Z", id="a day said to be in UTC"),
    ],
)
def test_added_dates_are_read_liberally(line: str) -> None:
    assert "Failed" not in kinds(told("DTSTART;VALUE=DATE:20260908", line, BO))


def test_an_address_in_quotes_is_read() -> None:
    (planned,) = told(START, 'ATTENDEE;PARTSTAT=ACCEPTED:"mailto:bo@northmoor.example"')
    assert planned.actor.email == "bo@northmoor.example"


def test_a_file_may_name_the_zone_of_all_its_times() -> None:
    head = ("X-WR-TIMEZONE:America/Toronto",)
    held = told("DTSTART:20260908T060000", BO, INES, head=head, timezone="")[-1]
    assert held.at == datetime(2026, 9, 8, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("DTSTART;TZID=Nowhere/Town:20260908T120000", id="unknown zone"),
        pytest.param('DTSTART;TZID="(UTC+05:00) Rome":20260908T120000', id="another's distance"),
        pytest.param('DTSTART;TZID="(UTC+01:00) Ours":20260908T120000', id="unknown town"),
        pytest.param("DTSTART:20260908T120000", id="no zone at all"),
        pytest.param("DTSTART:20260230T120000Z", id="no such day"),
        pytest.param("DTSTART:00010101T000000Z", id="another age"),
        pytest.param("DTSTART:soon", id="no time"),
        pytest.param("X-DTSTART:20260908T120000Z", id="none"),
    ],
)
def test_an_event_without_a_sound_time_fails_alone(start: str) -> None:
    assert kinds(told(start, BO, timezone="")) == ["Failed"]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        pytest.param("FREQ=WEEKLY;COUNT=3", ["01", "08", "15"], id="count"),
        pytest.param("FREQ=WEEKLY;UNTIL=20260909T000000Z", ["01", "08"], id="until"),
        pytest.param("FREQ=WEEKLY;UNTIL=20260908", ["01", "08"], id="until a day"),
        pytest.param("FREQ=WEEKLY;INTERVAL=2", ["01", "15", "29"], id="up to the file's making"),
        pytest.param("FREQ=MONTHLY;BYDAY=1TU", ["01"], id="first Tuesday"),
        pytest.param("FREQ=MONTHLY;BYDAY=-1TU", ["01", "29"], id="last Tuesday"),
        pytest.param(
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["01", "30"], id="last working day"
        ),
        pytest.param("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", ["01", "14", "28"], id="weeks apart"),
        pytest.param("FREQ=YEARLY;BYYEARDAY=-100", ["01", "23"], id="from the year's end"),
        pytest.param("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9", ["01"], id="never"),
        pytest.param("FREQ=WEEKLY;COUNT=2;BYHOUR=10;BYMINUTE=0", ["01", "08"], id="with a time"),
    ],
)
def test_a_series_is_followed(rule: str, days: list[str]) -> None:
    found = starts("DTSTART:20260901T100000Z", f"RRULE:{rule}")
    assert [one[6:8] for one in found] == days


def test_a_rule_may_name_one_time_of_day() -> None:
    lines = ("DTSTART:20260901T100000Z", "RRULE:FREQ=WEEKLY;BYHOUR=11;BYMINUTE=30;COUNT=2")
    assert starts(*lines)[1:] == ["20260901T113000Z", "20260908T113000Z"]


@pytest.mark.parametrize("name", ["RRULE", "EXDATE", "DTEND", "RECURRENCE-ID"])
def test_a_property_that_says_nothing_is_none(name: str) -> None:
    (planned,) = told(START, f"{name}:", BO)
    assert planned.keys == ("a@x||bo@northmoor.example|planned",)


def test_a_rule_of_an_older_format_is_told() -> None:
    (failed,) = only(told(START, "RRULE:W2 MO WE #4", BO), Failed)
    assert "how often" in failed.why


def test_a_series_keeps_its_hour_when_clocks_change() -> None:
    lines = ("DTSTART;TZID=Europe/Paris:20260324T090000", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert starts(*lines) == ["20260324T080000Z", "20260331T070000Z"]


def test_dates_are_added_and_taken_out() -> None:
    lines = ("DTSTART:20260901T100000Z", "RDATE:20260903T100000Z", "EXDATE:20260901T100000Z")
    outcomes = told(*lines, BO)
    assert kinds(outcomes) == ["Activity", "Gone"]


def test_an_endless_series_is_bounded() -> None:
    found = starts("DTSTART:20200101T100000Z", "RRULE:FREQ=DAILY")
    assert (len(found), found[-1]) == (400, "20260930T100000Z")


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("FREQ=SECONDLY", id="each second"),
        pytest.param("FREQ=DAILY;BYSECOND=1,2,3", id="seconds of each day"),
        pytest.param("FREQ=NEVER", id="unknown"),
        pytest.param("FREQ=WEEKLY;BYDAY=XX", id="unknown day"),
        pytest.param("FREQ=WEEKLY;INTERVAL=-1", id="backwards"),
        pytest.param("FREQ=WEEKLY;" + "BYDAY=MO;" * 99, id="too long"),
    ],
)
def test_rules_that_cannot_be_followed_fail_alone(rule: str) -> None:
    assert "Failed" in kinds(told("DTSTART:20260901T100000Z", f"RRULE:{rule}", BO))


def test_series_over_too_many_years_are_refused() -> None:
    event = ics("DTSTART:19900101T100000Z", "RRULE:FREQ=DAILY", "CREATED:20991001T080000Z")
    many = b"".join(event[15:-15].replace(b"UID:a@x", b"UID:%d" % n) for n in range(30))
    with pytest.raises(BadReport, match="too many years"):
        read("calendar", b"BEGIN:VCALENDAR" + many + b"END:VCALENDAR")


def test_an_occurrence_that_changed_stands_in_its_place() -> None:
    outcomes = read("calendar", MEETINGS)
    moved = "committee-2@northmoor.example|20260922T070000Z|noor@northmoor.example|planned"
    assert moved in {one.key for one in only(outcomes, Gone)}
    assert moved not in {key for one in only(outcomes, Activity) for key in one.keys}


def test_of_two_versions_the_later_counts() -> None:
    old = ics(START, BO).replace(b"END:VCALENDAR\r\n", b"")
    new = ics("SEQUENCE:2", START, BO.replace("ACCEPTED", "DECLINED"))
    body = old + new.replace(b"BEGIN:VCALENDAR\r\n", b"")
    assert kinds(read("calendar", body)) == ["Skipped", "Gone"]


def test_a_cancellation_takes_back_what_was_planned() -> None:
    with recording("calendar"):
        scratch.read(Delivery(body=MEETINGS))
        before = {key for key, _ in scratch.standing()}
        scratch.read(Delivery(body=CANCELLED))
        after = {key for key, _ in scratch.standing()}
    assert {key.partition("|")[0] for key in before - after} == {"talk-3@northmoor.example"}


def test_a_meeting_that_moves_stays_one() -> None:
    with recording("calendar"):
        scratch.read(Delivery(body=ics(START, BO)))
        scratch.read(Delivery(body=ics("DTSTART:20260909T100000Z", BO)))
        assert len(scratch.standing()) == 1


# Files.


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(MEETINGS.replace(b"\n", b"\r\n"), id="line ends"),
        pytest.param(MEETINGS.replace(b"\n", b"\r"), id="old line ends"),
        pytest.param(b"\xef\xbb\xbf" + MEETINGS, id="mark"),
        pytest.param(MEETINGS.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(MEETINGS.replace(b"SUMMARY:", b"NONSENSE\nSUMMARY:"), id="odd lines"),
    ],
)
def test_files_are_read_liberally(body: bytes) -> None:
    assert len(only(read("calendar", body), Activity)) == 9


def test_a_fold_in_the_middle_of_a_letter() -> None:
    body = ics(START, BO, "SUMMARY:Caf@").replace(b"@\r\n", b"\xc3\r\n \xa9\r\n")
    assert only(read("calendar", body), Activity)[0].title == "Café"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(MEETINGS[:900], id="cut off"),
        pytest.param(b"BEGIN:VCALENDAR\nEND:VEVENT\n", id="crossed"),
        pytest.param(b"BEGIN:VCALENDAR\n" * 20, id="nested"),
    ],
)
def test_what_is_no_calendar_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("calendar", body)
    assert refusal.value.mend


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "found nothing.", id="nothing"),
        pytest.param(b"BEGIN:VCARD\nEND:VCARD", "found BEGIN:VCARD.", id="a card"),
    ],
)
def test_a_refusal_says_what_was_found(body: bytes, said: str) -> None:
    with pytest.raises(BadReport, match=said):
        read("calendar", body)


@given(st.text(alphabet='ABCDEFZT0123456789;:=,-/+\\"\t ', max_size=60))
def test_no_line_breaks_the_reading(line: str) -> None:
    for name in ("DTSTART", "RRULE", "ATTENDEE", "EXDATE", "DURATION"):
        outcomes = told(START, BO, f"{name}:{line}")
        assert all(isinstance(one, Activity | Gone | Skipped | Failed) for one in outcomes)


# Asking.


def test_a_calendar_is_brought_once_a_day(httpserver: HTTPServer) -> None:
    served = {"Date": "Wed, 30 Sep 2026 08:00:00 GMT", "ETag": '"1"'}
    httpserver.expect_request("/c.ics").respond_with_data(MEETINGS, headers=served)
    given = {"address": httpserver.url_for("/c.ics")}
    (first,) = asked("calendar", **given)
    assert asked("calendar", first.cursor, **given) == []
    httpserver.clear()
    later = served | {"Date": "Thu, 01 Oct 2026 08:00:00 GMT"}
    httpserver.expect_request("/c.ics").respond_with_data(MEETINGS, headers=later)
    assert len(asked("calendar", first.cursor, **given)) == 1


def test_the_address_is_kept_out_of_what_is_told(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/s3cret/c.ics").respond_with_data(MEETINGS)
    (brought,) = asked("calendar", address=httpserver.url_for("/s3cret/c.ics"))
    assert "s3cret" not in f"{brought.name}{brought.cursor}"


def test_what_is_over_is_told_by_who_served_it() -> None:
    body = ics("DTSTART:20261008T100000Z", BO, INES)
    served = Delivery(body=body, headers={"date": "Fri, 09 Oct 2026 08:00:00 GMT"})
    with recording("calendar"):
        assert len(scratch.read(Delivery(body=body)).statements) == 1
        assert len(scratch.read(served).statements) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [pytest.param(403, "forbidden", id="closed"), pytest.param(404, "missing", id="gone")],
)
def test_a_refusal_says_what_it_is(httpserver: HTTPServer, status: int, kind: str) -> None:
    httpserver.expect_request("/c.ics").respond_with_data("", status=status)
    with pytest.raises(Unanswered) as refusal:
        asked("calendar", address=httpserver.url_for("/c.ics"))
    assert refusal.value.kind == kind


def test_without_an_address_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("calendar")
    assert refusal.value.where == "address"
