"""Attendance sheets: in any order and language, with their roles, marks and certificates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheet_making import done, read, table, workbook
from webinar_making import live, parts, send, site

from engine.api import Activity, BadReport, Failed, Skipped
from plugins.attendance import Attendance

GIVEN = {"url": "https://academy.example.org", "timezone": "America/Toronto"}
ROW = {
    "event": "How budgets work", "date": "2026-09-17", "first": "Bo", "last": "Lund",
    "email": "bo@example.org", "status": "1", "hours": "1.5",
}  # fmt: skip
HEADINGS = {
    "en": {
        "event": "Event", "date": "Date", "first": "First name", "last": "Last name",
        "email": "E-mail address", "status": "Attended", "hours": "Hours",
    },
    "fr": {
        "event": "Événement", "date": "Date de l'événement", "first": "Prénom", "last": "Nom",
        "email": "Courriel", "status": "Présence", "hours": "Heures",
    },
    "es": {
        "event": "Evento", "date": "Fecha", "first": "Nombre", "last": "Apellidos",
        "email": "Correo electrónico", "status": "Asistió", "hours": "Horas",
    },
    "de": {
        "event": "Veranstaltung", "date": "Datum", "first": "Vorname", "last": "Name",
        "email": "E-Mail-Adresse", "status": "Anwesend", "hours": "Stunden",
    },
}  # fmt: skip


def said(body: bytes | str, **more: Any) -> list[Any]:
    return read(Attendance(), body, GIVEN | more)


def sheet(*rows: str, headings: str = "Event,Date,Email,Attended,Role,Duration") -> str:
    return "\n".join((headings, *rows))


def test_a_title_that_is_how_people_are_addressed_names_no_event() -> None:
    body = "Event: How budgets work\n" + sheet(
        "Dr.,2026-09-17,bo@example.org,1", headings="Title,Date,Email,Attended"
    )
    assert [one.title for one in said(body)] == ["How budgets work"]


@given(
    language=st.sampled_from(sorted(HEADINGS)),
    order=st.permutations(sorted(ROW)),
    delimiter=st.sampled_from(",;\t"),
)
def test_a_sheet_says_the_same_in_each_language_and_order(
    language: str, order: list[str], delimiter: str
) -> None:
    [one] = said(table([ROW], HEADINGS[language], order, delimiter))
    assert (one.actor.name, one.actor.email, one.title, one.duration, f"{one.at:%Y-%m-%d}") == (
        "Bo Lund", "bo@example.org", "How budgets work", timedelta(minutes=90), "2026-09-17",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "verb"),
    [
        pytest.param("", "attended", id="none"),
        pytest.param("Delegate", "attended", id="delegate"),
        pytest.param("SPEAKER", "presented", id="speaker"),
        pytest.param("Intervenante", "presented", id="French speaker"),
        pytest.param("Organizador", "hosted", id="Spanish organiser"),
        pytest.param("Referentin", "presented", id="German speaker"),
        pytest.param("Attendee / Speaker", "presented", id="two roles: the stronger"),
    ],
)
def test_what_a_role_means(role: str, verb: str) -> None:
    [one] = said(sheet(f"Talk,2026-09-17,bo@example.org,yes,{role},"))
    assert one.verb == verb


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        pytest.param("Yes", Activity, id="yes"),
        pytest.param("✓", Activity, id="a tick"),
        pytest.param("Présente", Activity, id="French, a woman"),
        pytest.param("2026-09-17 12:02", Activity, id="when she was checked in"),
        pytest.param("No-show", Skipped, id="no-show"),
        pytest.param("Attending", Skipped, id="a ticket that was never checked"),
        pytest.param("entschuldigt", Skipped, id="excused"),
        pytest.param("", Skipped, id="nothing"),
        pytest.param("perhaps", Failed, id="nobody knows"),
    ],
)
def test_what_a_mark_means(mark: str, kind: type) -> None:
    [one] = said(sheet(f"Talk,2026-09-17,bo@example.org,{mark},,"))
    assert isinstance(one, kind)


def test_an_unknown_role_fails_with_the_roles_that_are_known() -> None:
    [one] = said(sheet("Talk,2026-09-17,bo@example.org,yes,Juggler,"))
    assert (one.row, one.mend) == (2, "Write attendee, speaker or organiser.")


def test_one_file_holds_many_events_and_each_person_once_in_each() -> None:
    rows = ("A,2026-09-17,bo@example.org,yes,,30", "A,2026-09-17,bo@example.org,yes,Speaker,20",
            "B,2026-09-18,bo@example.org,yes,,")  # fmt: skip
    first, second = said(sheet(*rows))
    assert (first.rows, first.verb, first.duration, second.title) == (
        (2, 3), "presented", timedelta(minutes=30), "B",
    )  # fmt: skip


def test_title_date_and_start_may_stand_above_the_table() -> None:
    [one] = said(
        "Event: Budgets\nDate,17 September 2026\nTime,12:00-13:15\n\nName,Email\nBo,b@example.org"
    )
    assert (one.title, one.at.astimezone(UTC), one.duration) == (
        "Budgets", datetime(2026, 9, 17, 17, 15, tzinfo=UTC), timedelta(minutes=75),
    )  # fmt: skip


def test_a_workbook_has_an_event_on_each_sheet() -> None:
    rows = [["Name", "E-mail", "Time in", "Time out"],
            ["Bo", "bo@example.org", time(12), time(12, 45)]]  # fmt: skip
    body = workbook(
        one=[["Budgets"], ["Date", date(2026, 9, 17)], *rows],
        two=[["Letters"], ["Date", date(2026, 9, 18)], *rows],
    )
    assert [(one.title, f"{one.at:%d}", one.duration) for one in said(body)] == [
        ("Budgets", "17", timedelta(minutes=45)), ("Letters", "18", timedelta(minutes=45)),
    ]  # fmt: skip


def test_the_order_of_dates_is_learned_from_the_whole_file() -> None:
    rows = ("A,09/08/2026,bo@example.org,yes,,", "A,21/08/2026,ana@example.org,yes,,")
    assert [f"{one.at:%Y-%m-%d}" for one in said(sheet(*rows))] == ["2026-08-09", "2026-08-21"]


def test_an_end_before_its_start_is_an_unknown_length() -> None:
    [one] = said("Event,Date,Email,Start,End\nA,2026-09-17,bo@example.org,14:00,13:00")
    assert one.duration is None


def test_a_certificate_is_earned_on_the_day_it_was_issued() -> None:
    [one] = said(
        "Course,Email,Certificate number,Completion date\nA,bo@example.org,GA-7,2026-09-18"
    )
    assert (one.keys, one.verb, one.type) == (
        ("certificate:GA-7",), "earned", "certificate",
    )  # fmt: skip


def test_a_certificate_beside_an_attendance_is_a_thing_of_its_own() -> None:
    earned, came = said("Event,Date,Email,Certificate\nA,2026-09-17,bo@example.org,yes")
    assert (came.verb, earned.verb.rsplit("/", 1)[-1]) == ("attended", "earned")


def test_who_has_a_name_only_is_not_given_an_address() -> None:
    [one] = said("Event,Date,Participant,Status\nA,2026-09-17,Bo Lund,present")
    assert (one.actor.name, one.actor.email) == ("Bo Lund", None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("Name,Email\nBo,bo@example.org", "which event", id="no event"),
        pytest.param("Event,Email\nA,bo@example.org", "when it took place", id="no date"),
        pytest.param(
            "Event,Date,Email,Registration date\nA,2026-09-17,bo@example.org,2026-09-01",
            "list of registrations", id="registrations",
        ),
        pytest.param(
            "Event,Date,Email\nA,08/09/2026,bo@example.org", "Ambiguous", id="an open date order"
        ),
        pytest.param("Region,Budget\nNorth,12", "Headings found: “Region”", id="another table"),
    ],
)  # fmt: skip
def test_a_sheet_that_cannot_be_understood_is_refused(body: str, words: str) -> None:
    with pytest.raises(BadReport, match=words):
        said(body)


def test_rows_of_words_that_are_headings_too_stay_rows() -> None:
    body = "Event,Date,Name,Role,Attended\nTalk,2026-09-17,Bo,Participant,Present"
    assert done(said(body)) == [("Bo", "attended")]


def test_the_same_event_in_another_notation_is_the_same(
    instance_dir: Path, database_url: str
) -> None:
    with site(instance_dir, database_url, "attendance", **GIVEN):
        send("attendance", sheet("A,2026-09-17,bo@example.org,yes,,").encode())
        send("attendance", sheet("A,17/09/2026,bo@example.org,yes,,40").encode())
        assert parts(live()) == [("bo@example.org", "attended", "PT40M")]


@pytest.mark.parametrize("heading", ["Check-in time", "checked_in_at", "Time in"])
def test_who_has_no_time_of_arrival_beside_those_who_have_did_not_come(heading: str) -> None:
    head = f"Event,Date,Email,{heading}\nTalk,2026-05-20,bo@example.org,"
    outcomes = said(f"{head}17:03\nTalk,2026-05-20,ana@example.org,\n")
    assert [type(one).__name__ for one in outcomes] == ["Skipped", "Activity"]


def test_a_sheet_on_which_nobody_wrote_a_time_of_arrival_is_of_those_who_came() -> None:
    [one] = said("Event,Date,Email,Time in\nTalk,2026-05-20,bo@example.org,\n")
    assert one.actor.email == "bo@example.org"


def test_who_left_or_stayed_for_some_time_has_come() -> None:
    head = "Event,Date,Email,Time in,Minutes\nTalk,2026-05-20,bo@example.org,17:03,30\n"
    assert len(said(f"{head}Talk,2026-05-20,ana@example.org,,20\n")) == 2
