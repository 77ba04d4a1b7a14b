"""Whose levels a preview would move: worked out as scoring does, told of large groups only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest
from factories import a_person
from flask import Flask
from sqlalchemy import select

from engine import profiles
from engine.api import Delivery
from engine.competencies.exclusions import exclude
from engine.db import db, transaction
from engine.people import service as people
from engine.sources import instances, moves, runs
from engine.sources.models import Item

DATA = "https://w3id.org/byway/frameworks/public-service-learning/data-literacy"
DAY = date(2026, 11, 15)
SIX = ("bo", "ines", "kai", "lena", "noor", "ruth")


def attendance(day: int, people: Iterable[str], minutes: int = 50) -> Delivery:
    """A webinar on a day of September that these attended so long."""
    on = f"09/{day}/2026"
    head = [
        "Attendee Report",
        f"Report generated time,{on} 02:31:08 PM",
        "Topic,Webinar ID,Actual Start Time",
        f"Open data,912 3456 78{day},{on} 10:58:12 AM",
        "Attendee Details",
        "Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)",
    ]
    stay = f"{on} 11:00:00 AM,{on} 11:{minutes:02}:00 AM,{minutes}"
    rows = [f"Yes,{one},{one}@example.org,{stay}" for one in people]
    return Delivery(body="\n".join([*head, *rows, ""]).encode(), name="report.csv")


@pytest.fixture
def source(app: Flask) -> str:
    given = {"timezone": "America/Toronto", "date_order": "mdy", "tags": "data"}
    with transaction():
        instances.add("zoom", "zoom", given, basis="notice")
    return "zoom"


def recorded(*deliveries: Delivery) -> None:
    for delivery in deliveries:
        runs.run_file("zoom", delivery)
    profiles.catch_up()
    db.session.rollback()


def before(people: Iterable[str] = SIX) -> None:
    """Five webinars, which are one too few for a level."""
    recorded(*(attendance(day, people) for day in range(11, 16)))


def told(delivery: Delivery) -> moves.Moves:
    return moves.of_report(runs.preview("zoom", delivery), DAY)


def up(people: int) -> moves.Move:
    return moves.Move(competency=DATA, level=1, up=True, people=people)


def test_a_group_that_would_reach_a_level_is_told(source: str) -> None:
    before()

    assert told(attendance(22, SIX)) == moves.Moves(people=6, told=True, shown=(up(6),))


def test_what_is_told_is_what_then_happens(source: str) -> None:
    bo = a_person()
    before()
    assert told(attendance(22, SIX)).shown == (up(6),)

    recorded(attendance(22, SIX))

    assert profiles.profile_of(bo.id, DAY).standings[DATA].level == 1


def test_nobody_moves_on_one_webinar_alone(source: str) -> None:
    assert told(attendance(22, SIX)) == moves.Moves(people=6, told=True)


@pytest.mark.parametrize(
    "known",
    [pytest.param(SIX[:4], id="four of six"), pytest.param(SIX[:5], id="all but one")],
)
def test_a_group_that_would_give_somebody_away_is_not_told(
    source: str, known: tuple[str, ...]
) -> None:
    before(known)

    assert told(attendance(22, SIX)) == moves.Moves(people=6, told=True, hidden=1)


def test_of_a_handful_nothing_is_told(source: str) -> None:
    before(SIX[:4])

    assert told(attendance(22, SIX[:4])) == moves.Moves(people=4)


def test_of_too_many_nothing_is_worked_out(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "MOST", 5)

    assert told(attendance(22, SIX)) == moves.Moves(people=6)


def test_a_correction_can_lower_a_level(source: str) -> None:
    before()
    recorded(attendance(22, SIX))

    found = told(attendance(22, SIX, minutes=5))

    assert found.shown == (moves.Move(competency=DATA, level=0, up=False, people=6),)
    assert found.anybody_falls


def test_what_a_learner_leaves_out_does_not_move_her(source: str) -> None:
    bo = a_person()
    before()
    recorded(attendance(22, SIX, minutes=5))
    hers = Item.key.contains("09/22") & Item.key.contains("bo@example.org")
    with transaction() as session:
        root = session.scalars(select(Item.root).where(hers)).one()
        exclude(str(root), bo.id, excluded=True)

    assert told(attendance(22, SIX)) == moves.Moves(people=6, told=True, hidden=1)


def test_two_addresses_of_one_person_are_one_person(source: str) -> None:
    a_person()
    with transaction():
        people.link(people.get_person("bo@example.org"), "mailto:bo.lund@example.org")
    before(["bo", *SIX[1:]])

    assert told(attendance(22, ["bo.lund", *SIX[1:]])).shown == (up(6),)


def test_looking_writes_nothing(source: str) -> None:
    before()
    told(attendance(22, SIX))

    assert not db.session.new
    assert not db.session.dirty
