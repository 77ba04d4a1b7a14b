"""Collaborate: attendance reports of an institution."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from webinar_making import live, parts, send, site

from engine.api import BadReport, Bundle, Delivery, Failed, Skipped
from engine.testkit import Case, cases
from plugins import collaborate
from plugins.collaborate import Collaborate

LEARN = "https://learn.northmoor.example"
HEADINGS = (
    "SessionName,SessionIdentifier,RoomOpened,NameOfAttendee,EmailOfAttendee,Username,AttendeeRole,"
    "AttendeeFirstJoinTime,AttendeeLastLeaveTime,AttendeeTotalTimeInSession"
)
BO = (
    "Plain words,s1,09/22/2026 13:50,Bo,bo@example.org,blindq,Participant,09/22/2026 14:01,"
    "09/22/2026 15:00,00:47:30"
)
ABSENT = "Plain words,s1,09/22/2026 13:50,,,,,,,"


@pytest.mark.parametrize("case", cases(collaborate), ids=str)
def test_conformance(case: Case) -> None:
    case.run()


def read(*rows: str, headings: str = HEADINGS) -> list[Any]:
    return told("\n".join((headings, *rows)).encode())


def told(body: bytes) -> list[Any]:
    bundle = Bundle(key=None, deliveries=(Delivery(body=body),))
    return list(Collaborate().activities(bundle, {"url": LEARN, "date_order": "mdy"}))


def test_the_time_that_is_counted_leaves_out_absences() -> None:
    [bo] = read(BO)
    assert (bo.duration, bo.at) == (
        timedelta(minutes=47, seconds=30), datetime(2026, 9, 22, 15, tzinfo=UTC),
    )  # fmt: skip


def test_two_rows_of_one_person_count_once() -> None:
    [bo] = read(BO, BO.replace("14:01", "14:31").replace("15:00", "15:10"))
    assert (bo.duration, bo.rows) == (timedelta(hours=1, minutes=9), (2, 3))


def test_keys_are_as_the_report_writes_them() -> None:
    [bo] = read(BO)
    assert bo.keys == ("session:s1|09/22/2026 13:50|bo@example.org",)


@pytest.mark.parametrize("spelt", ["SessionInstanceIdentifer", "SessionInstanceIdentifier"])
def test_an_occurrence_has_its_own_identifier(spelt: str) -> None:
    [bo] = read(f"{BO},o1", headings=f"{HEADINGS},{spelt}")
    assert bo.keys[0] == "occurrence:o1|bo@example.org"


@pytest.mark.parametrize(
    ("role", "verb"),
    [("Moderator", "hosted"), ("Presenter", "presented"), ("Captioner", "attended")],
)
def test_roles(role: str, verb: str) -> None:
    assert [one.verb for one in read(BO.replace("Participant", role))] == [verb]


def test_a_username_is_an_account_of_the_learning_system() -> None:
    [bo] = read(BO.replace("bo@example.org", ""))
    assert (bo.actor.email, bo.actor.account.home_page, bo.actor.account.name) == (
        None, LEARN, "blindq",
    )  # fmt: skip


def test_a_username_that_is_an_address_counts_as_one() -> None:
    [bo] = read(BO.replace("bo@example.org", "").replace("blindq", "Bo@Example.org"))
    assert bo.actor.email == "bo@example.org"


@pytest.mark.parametrize(
    ("name", "username", "kind"),
    [
        pytest.param("Bo L", "bo l", "", id="the name she showed"),
        pytest.param("Bo L", "somebody", "Guest", id="a guest"),
    ],
)
def test_what_stands_for_the_username_of_a_guest_is_none(
    name: str, username: str, kind: str
) -> None:
    row = BO.replace("Bo,bo@example.org,blindq", f"{name},,{username}")
    [bo] = read(f"{row},{kind}", headings=f"{HEADINGS},AttendeeType")
    assert (bo.actor.name, bo.actor.account) == (name, None)


def test_guests_of_one_name_stay_apart() -> None:
    guest = BO.replace("bo@example.org", "").replace("blindq", "")
    assert len(read(guest, guest)) == 2


def test_sessions_that_nobody_joined_are_left_out() -> None:
    assert read(ABSENT) == [Skipped(row=2, why="a session that nobody joined")]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(BO.replace("bo@example.org", "bo@"), id="half an address"),
        pytest.param(BO.replace(",s1,", ",,"), id="no session"),
        pytest.param(BO.replace("09/22/2026 14:01", ""), id="no join"),
        pytest.param(BO.replace("14:01", "25:01"), id="no time of day"),
    ],
)
def test_a_bad_row_fails_alone(row: str) -> None:
    bad, good = read(row, BO)
    assert isinstance(bad, Failed)
    assert bad.mend
    assert good.rows == (3,)


def test_days_above_twelve_decide_the_order_of_all() -> None:
    swapped = BO.replace("09/22/2026", "22/09/2026")
    [bo] = read(swapped)
    assert bo.at == datetime(2026, 9, 22, 15, tzinfo=UTC)


def test_another_table_is_refused_with_what_was_expected() -> None:
    with pytest.raises(BadReport) as refused:
        read("Why,So", headings="Question,Answer")
    assert "sessionidentifier" in refused.value.why
    assert "“Question”" in refused.value.why


def test_a_workbook_says_the_same() -> None:
    book, written = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in (HEADINGS, BO):
        sheet.append(row.split(","))
    book.save(written)
    [bo] = told(written.getvalue())
    assert bo.duration == timedelta(minutes=47, seconds=30)


def test_it_is_recorded(instance_dir: Path, database_url: str) -> None:
    with site(instance_dir, database_url, "collaborate", url=LEARN):
        assert send("collaborate", f"{HEADINGS}\n{BO}\n".encode()) == {"new": 1}
        assert parts(live()) == [("bo@example.org", "attended", "PT47M30S")]
