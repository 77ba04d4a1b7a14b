"""Whose levels a previewed report would move, told only of groups that are large enough.

The levels are worked out by the one scoring there is, from what each person has now and from what
she would have; nothing of it is kept.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from engine.competencies import projector
from engine.competencies.counting import Record
from engine.competencies.evidence import EvidenceRow, Validation
from engine.competencies.exclusions import excluded_roots
from engine.competencies.reading import referred, verb_of
from engine.competencies.scoring import standings
from engine.people import service as people
from engine.pipeline import reader
from engine.profiles import Decisions, record_of
from engine.sources.items import ItemState
from engine.sources.runs import Report
from xapi import actors, text
from xapi.vocabulary import VOIDED

MOST = 500
SMALLEST = 5

People = Mapping[Hashable, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """So many people would come to a level of a competency, from below (`up`) or from above."""

    competency: str
    level: int
    up: bool
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What can be said: groups that are shown, and in how many competencies some are not.

    `told` is False where nothing may be said, or nothing was worked out: of `people` there are
    fewer than SMALLEST or more than MOST.
    """

    people: int
    told: bool = False
    shown: tuple[Move, ...] = ()
    hidden: int = 0
    anybody_falls: bool = False


@dataclass(slots=True)
class _Change:
    """What a report would add to the evidence, and take from it."""

    rows: dict[str, list[EvidenceRow]] = field(default_factory=lambda: defaultdict(list))
    words: list[Validation] = field(default_factory=list)
    formers: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def of_report(report: Report, as_of: date) -> Moves:
    """Whose levels would move on a day if the report were recorded."""
    states = [
        outcome.state
        for outcome in report.outcomes
        if outcome.state is not None and outcome.outcome in ("new", "corrected")
    ]
    concerned = people_behind(states)
    if not SMALLEST <= len(concerned) <= MOST:
        return Moves(people=len(concerned))
    change = _change(report.statements, states)
    everybody = dict(concerned) | _judged(change)
    moved: Counter[tuple[str, int, bool]] = Counter()
    decisions = Decisions.load()
    for person, keys in everybody.items():
        moved.update(_moves(person, keys, change, decisions, as_of))
    return replace(_told(moved, len(everybody)), people=len(concerned))


def people_behind(states: Iterable[ItemState]) -> People:
    """The people whose items these are, with their identifiers as far as they are known."""
    keys = {key for state in states if (key := actors.key(state.agent))}
    return _owned(keys)


def _owned(keys: Iterable[str]) -> dict[Hashable, frozenset[str]]:
    keys = set(keys)
    owners = people.owners(keys)
    found: dict[Hashable, frozenset[str]] = {key: frozenset([key]) for key in keys - owners.keys()}
    return found | {owner: people.keys_of(owner) for owner in set(owners.values())}


def _change(statements: Iterable[Mapping[str, Any]], states: Iterable[ItemState]) -> _Change:
    ruleset = projector.ruleset_of(projector.serving().ruleset_id)
    items, change = {str(state.last_sid): state for state in states}, _Change()
    left_out = excluded_roots(str(state.root) for state in items.values())
    for statement in statements:
        if verb_of(statement) == VOIDED:
            change.gone.add(referred(statement) or "")
            continue
        state = items.get(statement["id"])
        if state is None or str(state.root) in left_out:
            continue
        weighed = ruleset.weigh(statement, authority=state.origin_id)
        for row in weighed.rows:
            change.rows[row.actor].append(row)
            if row.replaces:
                change.formers[row.statement_id] = row.replaces
        if weighed.validation:
            change.words.append(weighed.validation)
    return change


def _judged(change: _Change) -> dict[Hashable, frozenset[str]]:
    """The people whose stored work the report has a word on."""
    targets = {word.target for word in change.words}
    known = {row.statement_id for rows in change.rows.values() for row in rows}
    stored = reader().many([uuid.UUID(target) for target in targets - known])
    keys = {actors.key(text.parse(one.payload)["actor"]) for one in stored.values()}
    return _owned(key for key in keys if key)


def _moves(
    person: Hashable, keys: frozenset[str], change: _Change, decisions: Decisions, as_of: date
) -> set[tuple[str, int, bool]]:
    """Where one person would come to, as (competency, level, from below)."""
    words = people.words_of(person) if isinstance(person, int) else {}
    record = record_of(keys, words=words, decisions=decisions)
    now = standings(record, as_of)
    then = standings(_changed(record, change, decisions), as_of)
    levels = {
        one: (now[one].level if one in now else 0, then[one].level if one in then else 0)
        for one in now.keys() | then.keys()
    }
    return {(one, to, to > at) for one, (at, to) in levels.items() if to != at}


def _changed(record: Record, change: _Change, decisions: Decisions) -> Record:
    """The record as it would be."""
    mine = [row for key in record.own for row in change.rows.get(key, ())]
    rows = [row for row in (*record.rows, *mine) if row.statement_id not in change.gone]
    there = {row.statement_id for row in rows}
    new = [word for word in change.words if word.target in there]
    others = {word.validator for word in new}
    others |= {row.instructor for row in mine if row.instructor}
    return replace(
        record,
        rows=rows,
        validations=[
            word for word in (*record.validations, *new) if word.statement_id not in change.gone
        ],
        roles={**record.roles, **dict.fromkeys(others & decisions.experts, "expert")},
        persons={**record.persons, **people.owners(others)},
        formers={**record.formers, **change.formers},
    )


def _told(moved: Counter[tuple[str, int, bool]], everybody: int) -> Moves:
    """Groups under SMALLEST stay untold, and those that leave out so few that they are known."""
    groups = [
        Move(competency=competency, level=level, up=up, people=number)
        for (competency, level, up), number in moved.items()
    ]
    shown = [move for move in groups if _large(move.people, everybody)]
    hidden = {move.competency for move in groups if not _large(move.people, everybody)}
    return Moves(
        people=everybody,
        told=True,
        shown=tuple(sorted(shown, key=lambda move: (not move.up, -move.people, move.competency))),
        hidden=len(hidden),
        anybody_falls=any(not move.up for move in groups),
    )


def _large(group: int, everybody: int) -> bool:
    rest = everybody - group
    return group >= SMALLEST and (rest == 0 or rest >= SMALLEST)
