"""Levels on many days from a few ledgers are those that scoring gives on each day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from competency_histories import histories, quick
from competency_making import record
from hypothesis import given
from hypothesis import strategies as st

from engine.competencies.evidence import Validation
from engine.competencies.explain import raises
from engine.competencies.scoring import standings
from engine.competencies.timeline import timeline

LAST = date(2026, 6, 30)
dates = st.integers(0, 180).map(lambda days: LAST - timedelta(days=days))


def stood(found, day):
    """Level and thousandths of each competency on a day, as scoring says."""
    return {id_: (one.level, one.score_milli) for id_, one in standings(found, day).items()}


def accepting(statement, number):
    return Validation(
        statement_id=f"word-{number}",
        target=statement,
        validator=f"peer-{number}",
        verdict=1,
        day=LAST.toordinal(),
        at=f"{LAST}T23:59:59.999999+00:00",
    )


def accepted(found, statement):
    """The record once as many peers as are asked for accept a statement."""
    words = [accepting(statement, at) for at in range(found.policy.assurance.quorum)]
    return replace(found, validations=[*found.validations, *words])


@quick
@given(histories(), dates)
def test_any_day_is_as_it_was_scored_then(history, day):
    found = record(*history)
    lines = {id_: timeline(found, id_, LAST) for id_ in standings(found, day)}
    told = {id_: (line.level(day), line.score_milli(day)) for id_, line in lines.items()}
    assert told == stood(replace(found), day)


@quick
@given(histories(), dates)
def test_level_falls_on_the_day_that_scoring_says(history, day):
    known = record(*(one for one in history if one["timestamp"][:10] <= day.isoformat()))
    falls = timeline(record(*history), "c:community", LAST).falls_after(day)
    assert falls == timeline(known, "c:community", day).falls_after(day)


@quick
@given(histories())
def test_acceptance_does_what_was_foretold(history):
    found = record(*history)
    told = [one for one in raises(found, "c:community", LAST) if one.candidate.form == "existing"]
    after = [
        standings(accepted(found, one.candidate.statement), LAST)["c:community"] for one in told
    ]
    assert [(one.level, one.score_milli, one.mass) for one in told] == [
        (real.level, real.score_milli, real.positive[one.next_level - 1])
        for one, real in zip(told, after, strict=True)
    ]
