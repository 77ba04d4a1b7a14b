"""Mentoring: a meeting is on record once both say that it took place, whichever way they say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sheet_making import done, read, table, workbook
from webinar_making import live, parts, send, site

from engine.api import Failed, Gone
from plugins.mentoring import Mentoring

GIVEN = {"url": "https://mentors.example.org", "timezone": "America/Toronto"}
PAIR = "Bo,bo@example.org,Ana,ana@example.org"
HEAD = "Mentor,Mentor email,Mentee,Mentee email,Date,Minutes,Logged by,Status\n"
BY_MENTOR = f"{HEAD}{PAIR},2026-09-17,45,mentor,\n".encode()
BY_MENTEE = f"{HEAD}{PAIR},17/09/2026,50,Ana,\n".encode()
BY_NOBODY = f"{HEAD}{PAIR},2026-09-17,45,,\n".encode()
CANCELLED = f"{HEAD}{PAIR},2026-09-17,,,Cancelled\n".encode()
BOTH = [("bo@example.org", "mentored", "PT50M"), ("ana@example.org", "attended", "PT45M")]
ROW = {"mentor": "bo@example.org", "mentee": "ana@example.org", "date": "2026-09-17",
       "mentor_yes": "1", "mentee_yes": "1"}  # fmt: skip
HEADINGS = {
    "en": ("Mentor", "Mentee", "Session date", "Mentor confirmed", "Mentee confirmed"),
    "fr": ("Mentor", "Mentoré(e)", "Date de la séance", "Mentor a confirmé",
           "Confirmé par le mentoré(e)"),
    "es": ("Tutor", "Tutorado", "Fecha", "Confirmado por el tutor", "Confirmado por el tutorado"),
    "de": ("Mentorin", "Mentee", "Datum", "Mentorin bestätigt", "Mentee bestätigt"),
}  # fmt: skip


def said(body: bytes | str, **more: Any) -> list[Any]:
    return read(Mentoring(), body, GIVEN | more)


@pytest.fixture
def programme(instance_dir: Path, database_url: str) -> Iterator[Flask]:
    """An application with one programme."""
    with site(instance_dir, database_url, "mentoring", **GIVEN) as app:
        yield app


@given(language=st.sampled_from(sorted(HEADINGS)), order=st.permutations(sorted(ROW)))
def test_a_list_says_the_same_in_each_language_and_order(language: str, order: list[str]) -> None:
    headings = dict(zip(ROW, HEADINGS[language], strict=True))
    assert done(said(table([ROW], headings, order))) == [
        ("bo@example.org", "mentored"), ("ana@example.org", "attended"),
    ]  # fmt: skip


def test_what_one_side_says_makes_her_own_part_a_plan(programme: Flask) -> None:
    send("mentoring", BY_MENTOR)
    assert parts(live()) == [("bo@example.org", "planned", "")]


def test_what_one_side_says_puts_nothing_of_the_other_on_record(programme: Flask) -> None:
    assert send("mentoring", BY_MENTEE)["unmatched"] == 1


@pytest.mark.parametrize(
    "files",
    [
        pytest.param((BY_MENTOR, BY_MENTEE), id="the mentor first"),
        pytest.param((BY_MENTEE, BY_MENTOR), id="the mentee first"),
        pytest.param((BY_NOBODY, BY_MENTEE, BY_MENTOR), id="after the coordinator's plan"),
        pytest.param((BY_MENTOR, BY_MENTEE, BY_MENTOR), id="and the mentor's again"),
        pytest.param((BY_MENTOR + BY_MENTEE.partition(b"\n")[2],), id="both in one file"),
    ],
)
def test_both_sides_put_it_on_record_in_any_order(
    programme: Flask, files: tuple[bytes, ...]
) -> None:
    for body in files:
        send("mentoring", body.replace(b"17/09/2026", b"2026-09-17"))
    assert sorted(parts(live())) == sorted(BOTH)


def test_the_two_may_write_dates_in_their_own_ways(programme: Flask) -> None:
    send("mentoring", BY_MENTOR)
    send("mentoring", BY_MENTEE)
    assert sorted(parts(live())) == sorted(BOTH)


def test_a_coordinators_row_and_one_side_are_not_both_sides(programme: Flask) -> None:
    send("mentoring", BY_NOBODY)
    send("mentoring", BY_MENTEE)
    assert {verb for _, verb, _ in parts(live())} == {"planned"}


def test_a_cancelled_meeting_is_taken_off_the_record(programme: Flask) -> None:
    send("mentoring", BY_MENTOR + BY_MENTEE.partition(b"\n")[2])
    send("mentoring", CANCELLED)
    assert live() == []


def test_both_columns_of_one_row_may_confirm() -> None:
    head = "Mentor,Mentee,Date,Mentor confirmed,Mentee confirmed\n"
    assert done(said(f"{head}bo@example.org,ana@example.org,2026-09-17,yes,2026-09-18")) == [
        ("bo@example.org", "mentored"), ("ana@example.org", "attended"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("confirmed_by", "verb"),
    [pytest.param("both", "planned", id="as it is"),
     pytest.param("coordinator", "mentored", id="where the programme says so")],
)  # fmt: skip
def test_a_status_counts_for_both_only_where_it_was_agreed(confirmed_by: str, verb: str) -> None:
    first, *_ = said(f"{HEAD}{PAIR},2026-09-17,45,,Completed\n", confirmed_by=confirmed_by)
    assert first.verb.rsplit("/", 1)[-1] == verb


def test_a_cancelled_row_takes_back_both_parts() -> None:
    gone = said(CANCELLED)
    assert [isinstance(one, Gone) for one in gone] == [True, True]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(f"{PAIR},2026-09-17,45,Cy,", id="written by somebody else"),
        pytest.param(f"{PAIR},2026-09-17,45,mentor,Perhaps", id="an unknown status"),
        pytest.param(f"{PAIR},,45,mentor,", id="no date"),
        pytest.param(f"{PAIR},2026-09-17,long,mentor,", id="no length"),
        pytest.param("Bo,b@example.org,Bo,b@example.org,2026-09-17,4,mentor,", id="one person"),
        pytest.param(",,Ana,ana@example.org,2026-09-17,45,mentor,", id="no mentor"),
    ],
)
def test_a_row_that_contradicts_itself_fails_with_a_mend(row: str) -> None:
    [one] = said(f"{HEAD}{row}\n")
    assert isinstance(one, Failed)
    assert one.mend


def test_a_meeting_without_a_page_is_never_named_after_the_two() -> None:
    assert {one.url for one in said(BY_MENTOR)} == {None}


def test_a_workbook_is_read_as_well() -> None:
    rows = [line.split(",") for line in BY_MENTOR.decode().splitlines()]
    assert [one.keys for one in said(workbook(log=rows))] == [one.keys for one in said(BY_MENTOR)]
