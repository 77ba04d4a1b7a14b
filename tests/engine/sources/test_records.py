"""From a line back to what arrived: rows, runs, corrections, and what a learner left out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from factories import a_person
from flask import Flask
from sqlalchemy import select

from engine.api import (
    Account,
    Activity,
    Actor,
    Bundle,
    Delivery,
    Gone,
    Privacy,
    Source,
    SourceSettings,
    hookimpl,
)
from engine.competencies import exclusions
from engine.db import db, transaction
from engine.people.service import Who
from engine.sources import decisions, instances, records, runs, undo
from engine.sources.models import Item
from xapi.statements import read_timestamp

BO = "bo@example.org"


class Diary(Source):
    """A toy: a JSON list of {key, minutes, gone, who}, said row by row."""

    name = "diary"
    title = "Diaries"
    settings = SourceSettings
    privacy = Privacy(reads=("email",), keeps=("email",))

    def activities(self, bundle: Bundle, settings: object) -> Iterator[Activity | Gone]:
        for delivery in bundle.deliveries:
            for number, row in enumerate(json.loads(delivery.body)):
                yield self._said(f"[{number}]", row)

    def _said(self, place: str, row: dict[str, object]) -> Activity | Gone:
        if row.get("gone"):
            return Gone(key=str(row["key"]), rows=(place,))
        who = str(row.get("who", BO))
        account = Account(home_page="https://diary.example", name=who)
        return Activity(
            rows=(place,),
            keys=(str(row["key"]),),
            actor=Actor(email=who) if "@" in who else Actor(account=account),
            verb="attended",
            type="webinar",
            title="A talk",
            at=read_timestamp("2026-09-08T12:00:00Z"),
            duration=timedelta(minutes=int(str(row.get("minutes", 30)))),
        )


class Module:
    """The plugin around the toy."""

    @staticmethod
    @hookimpl
    def register_sources() -> list[Source]:
        return [Diary()]


@pytest.fixture
def app(make_app: object) -> Iterator[Flask]:
    app = make_app([("diary", Module)])  # type: ignore[operator]
    with app.app_context():
        with transaction():
            instances.add("diary", "diary", {}, basis="notice")
        yield app


@pytest.fixture
def bo(app: Flask) -> Who:
    return a_person()


def run(*rows: dict[str, object], bundle: str | None = None) -> int:
    """Read these rows for good; the run's number."""
    body = json.dumps(rows).encode()
    report = runs.run_file("diary", Delivery(body=body, name="diary.json", bundle=bundle))
    db.session.rollback()
    return int(report.run or 0)


def line(key: str = "one") -> uuid.UUID:
    """The statement that speaks for an item."""
    db.session.rollback()
    return uuid.UUID(str(db.session.scalars(select(Item.last_sid).where(Item.key == key)).one()))


def test_trace_shows_the_row_as_it_arrived(bo: Who) -> None:
    run({"key": "one"}, {"key": "two"})

    (told,) = records.trace(line("two")).told

    ((place, row),) = told.rows
    assert (place, json.loads(row or "")) == ("[1]", {"key": "two"})


def test_trace_names_the_run_the_source_and_the_file(bo: Who) -> None:
    number = run({"key": "one"})

    (told,) = records.trace(line()).told

    assert (told.run, told.source, told.door, told.name) == (number, "diary", "file", "diary.json")


def test_later_word_counts_and_the_earlier_is_kept(bo: Who) -> None:
    first, second = run({"key": "one"}), run({"key": "one", "minutes": 45})

    told = records.trace(line()).told

    assert [(one.run, one.counts) for one in told] == [(second, True), (first, False)]


def test_undone_run_stands_no_more(bo: Who) -> None:
    first, second = run({"key": "one"}), run({"key": "one", "minutes": 45})
    undo.undo(second)

    told = records.trace(line()).told

    assert [(one.run, one.stands, one.counts) for one in told] == [
        (second, False, False),
        (first, True, True),
    ]


def test_correction_counts_before_every_run(bo: Who) -> None:
    run({"key": "one"})
    decisions.correct(bo, line(), decisions.Correction(duration=timedelta(minutes=52)))

    trace = records.trace(line())

    assert trace.facts is not None
    assert trace.facts["duration"] == "PT52M"
    assert [one.counts for one in trace.told] == [False]


def test_changes_say_what_was_reported(bo: Who) -> None:
    run({"key": "one"}, {"key": "two"})
    decisions.correct(bo, line(), decisions.Correction(duration=timedelta(minutes=52)))

    (change,) = records.changes([line(), line("two")]).values()

    assert change.reported is not None
    assert (change.reported["duration"], change.corrected["duration"]) == ("PT30M", "PT52M")


def test_withdrawn_correction_is_no_change(bo: Who) -> None:
    run({"key": "one"})
    decisions.correct(bo, line(), decisions.Correction(duration=timedelta(minutes=52)))
    decisions.withdraw_correction(bo, line())

    assert records.changes([line()]) == {}


def test_statement_of_no_source_has_no_trace(bo: Who) -> None:
    assert records.trace(uuid.uuid4()) == records.Trace()


def test_row_of_a_bundle_is_shown_only_where_it_names_the_person(bo: Who) -> None:
    run({"key": "one", "who": BO}, bundle="session")
    run({"key": "two", "who": "ann@example.org"}, bundle="session")

    (told, _) = records.trace(line("one")).told

    ((_, row),) = told.rows
    assert "ann@example.org" not in (row or "")


def test_item_is_left_out_through_its_revisions(bo: Who) -> None:
    run({"key": "one"})
    root = decisions.root_of(bo, line())
    with transaction():
        exclusions.exclude(str(root), bo.id, excluded=True)
    run({"key": "one", "minutes": 45})

    assert records.left_out(bo, [line()]) == {line()}


def test_item_taken_in_again_is_not_left_out(bo: Who) -> None:
    run({"key": "one"})
    root = str(decisions.root_of(bo, line()))
    with transaction():
        exclusions.exclude(root, bo.id, excluded=True)
        exclusions.exclude(root, bo.id, excluded=False)

    assert records.left_out(bo, [line()]) == set()
