"""Rows beside what they become: of a preview the first of each outcome, of a run page by page."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, select

from engine.activity import Facts, essence, same_essence, statement_of
from engine.api import Delivery
from engine.db import db
from engine.people import service as people
from engine.pipeline import reader
from engine.sources import deliveries, instances
from engine.sources.items import ItemState, Word, load_items, word_of
from engine.sources.models import OUTCOMES, DeliveryRow, Run, RunItem, SourceInstance
from engine.sources.planner import Outcome
from engine.sources.raw import Raw
from engine.sources.replaying import Replay
from engine.sources.reports import Report
from engine.sources.untold import VOIDED
from engine.sources.writes import place_words
from xapi import actors, text

PAGE = 50
SAID = ("new", "corrected", "known", VOIDED)
FEW = 6
UNTOLD = "It was recorded before; read as it is now, the report does not say it any more."
GONE = "It was deleted at the source, so nothing speaks for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Rows of a delivery and what became of them.

    :param raw: the rows as they arrived, where they can be shown.
    :param told: what the rows say as a statement, to make a sentence of; None where they say that
        something is gone, or nothing that could be recorded.
    :param stored: the statement as it stands in the record, or would.
    :param before: what the record said until then, of rows that correct it.
    :param about: the title of the item it is about, where it is about one.
    :param hidden: whoever it is about has objected since.
    """

    outcome: str
    where: str
    raw: tuple[str, ...] = ()
    told: Mapping[str, Any] | None = None
    stored: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None
    about: str | None = None
    why: str = ""
    hidden: bool = False


def of_report(report: Report, brought: Mapping[int, Delivery]) -> list[Line]:
    """The first rows of each outcome in a preview, in the order of the outcomes.

    :param brought: the deliveries by the numbers that they were tried under.
    """
    raws = {number: Raw(delivery.body) for number, delivery in brought.items()}
    made = {one["id"]: one for one in report.statements}
    return [
        _previewed(name, outcome, _raw_of(outcome, raws), made)
        for name in OUTCOMES
        for outcome in report.firsts.get(name, ())
    ]


def _raw_of(outcome: Outcome, raws: Mapping[int, Raw]) -> Raw:
    """Where the rows of an outcome stand; among several deliveries only an item knows its own."""
    if len(raws) == 1:
        return next(iter(raws.values()))
    return raws[outcome.state.own[0].delivery_id] if outcome.state else Raw(b"")


def of_replay(replay: Replay, sees: Callable[[int], bool]) -> list[Line]:
    """The first that a replay would change, as far as somebody sees the rows of their deliveries.

    :param sees: whether she sees the rows of a delivery.
    """
    report, lines = replay.report, list[Line]()
    made = {one["id"]: one for one in report.statements}
    for name in ("new", "corrected"):
        for outcome in report.firsts.get(name, ()):
            delivery_id = outcome.state.own[0].delivery_id if outcome.state else 0
            if outcome.state and sees(delivery_id):
                raw = _raws({delivery_id})[delivery_id]
                lines.append(_previewed(name, outcome, raw, made))
    seen = [state for state in replay.lost if sees(state.own[0].delivery_id)]
    return [*lines, *map(_lost, seen)]


def _lost(state: ItemState) -> Line:
    """An item that nothing tells of any more, with what was last said of it."""
    place = place_words(state.own[0].places)
    said = [word for word in state.words.values() if word.facts]
    last = max(said, key=lambda word: word.order, default=None)
    told = _told(last.facts, state.id) if last else None
    return Line(outcome=VOIDED, where=place, told=told, why=UNTOLD)


def _previewed(
    name: str, outcome: Outcome, raw: Raw, made: Mapping[str, Mapping[str, Any]]
) -> Line:
    where, rows = place_words(outcome.places), _rows(raw, outcome.places)
    if outcome.outcome == "withheld":
        return Line(outcome=name, where=where, why=outcome.why)
    if outcome.state is None:
        return Line(outcome=name, where=where, raw=rows, why=outcome.why)
    state, sid = outcome.state, outcome.state.speaker.sid
    word = state.own[0]  # a preview's run has no number yet
    stored = made.get(str(sid)) or _stored([sid]).get(sid)
    return Line(
        outcome=name,
        where=where,
        raw=rows,
        told=_told(word.facts, state.id),
        stored=stored if word.facts else None,
        before=_before(state, word) if outcome.outcome == "corrected" else None,
        about=_about([word.facts]).get(str(_target(word.facts))),
        why="" if word.facts else GONE,
    )


def of_run(run_id: int, *, outcome: str = "", page: int = 1) -> tuple[list[Line], bool]:
    """A page of what a run said of its items, in the order of its rows; and whether more follow."""
    run = db.session.get_one(Run, run_id)
    start = (max(page, 1) - 1) * PAGE
    said = list(db.session.scalars(_said(run_id, outcome).offset(start).limit(PAGE + 1)))
    states = load_items([one.item_id for one in said])
    raws = _raws({one.delivery_id for one in said})
    stored = _stored([state.sid for state in states.values()])
    about = _about([one.facts for one in said])
    objected = _objected(db.session.get_one(SourceInstance, run.source_id), states.values())
    lines = [
        _recorded(one, states[one.item_id], raws, stored, about, objected) for one in said[:PAGE]
    ]
    return lines, len(said) > PAGE


def statements_of_run(run_id: int, limit: int) -> Iterator[dict[str, Any]]:
    """What a run said of its first items, as statements."""
    query = select(RunItem).where(RunItem.run_id == run_id).limit(limit)
    for said in db.session.scalars(query):
        told = _told(said.facts, said.item_id)
        if told is not None:
            yield told


def _said(run_id: int, outcome: str) -> Select[RunItem]:
    place = RunItem.places[0].as_string()
    query = select(RunItem).where(RunItem.run_id == run_id)
    if outcome in SAID:
        query = query.where(RunItem.outcome == outcome)
    # "row 9" comes before "row 10", and "posts[9]" before "posts[10]".
    return query.order_by(RunItem.delivery_id, func.length(place), place, RunItem.item_id)


def _recorded(
    said: RunItem,
    state: ItemState,
    raws: Mapping[int, Raw],
    stored: Mapping[uuid.UUID | None, Mapping[str, Any]],
    about: Mapping[str, str],
    objected: frozenset[str],
) -> Line:
    where = place_words(said.places)
    if actors.key(state.agent) in objected:
        return Line(outcome=said.outcome, where=where, hidden=True)
    stands = said.facts is not None and same_essence(essence(said.facts), state.essence)
    line = Line(
        outcome=said.outcome,
        where=where,
        raw=_rows(raws[said.delivery_id], said.places),
        told=_told(said.facts, state.id),
        before=_before(state, word_of(said)) if said.outcome == "corrected" else None,
        about=about.get(str(_target(said.facts))),
    )
    return replace(line, stored=stored.get(state.sid) if stands else None, why=_since(said, state))


def _before(state: ItemState, word: Word) -> Mapping[str, Any] | None:
    """What the highest of the other words said that this one outranks."""
    lower = [one for one in state.speaker.words.values() if one.order < word.order]
    return _told(max(lower, key=lambda one: one.order).facts, state.id) if lower else None


def _since(said: RunItem, state: ItemState) -> str:
    """What happened to the item since the run spoke of it."""
    if said.outcome == VOIDED:
        return UNTOLD
    if said.facts is None:
        return GONE
    if state.merged:
        return "It turned out to be the same as another and counts once, there."
    if state.sid is None:
        return "Nothing speaks for it now: its statement is voided."
    if not same_essence(essence(said.facts), state.essence):
        return "Other facts stand now: a later report's, or the learner's own correction."
    return ""


def _objected(instance: SourceInstance, states: Iterable[ItemState]) -> frozenset[str]:
    """The identifiers of people who do not allow this source now."""
    keys = {key for state in states if (key := actors.key(state.agent))}
    basis, owners = instances.origin_of(instance).basis, people.owners(keys)
    words = people.words_about(instance.origin_id)
    denied = {key for key in keys if not people.allows(basis, words.get(owners.get(key, 0)))}
    return frozenset(denied)


def _told(facts: Facts | None, item: uuid.UUID) -> dict[str, Any] | None:
    """What the facts say, for a sentence; its id is the item's, not a statement's."""
    if facts is None:
        return None
    return statement_of(facts, sid=item, target=_target(facts), replaces=None)


def _target(facts: Facts | None) -> uuid.UUID | None:
    item = facts["object"].get("item") if facts else None
    return uuid.UUID(item) if item else None


def _about(said: Sequence[Facts | None]) -> dict[str, str]:
    """The titles of the items that these facts are about."""
    targets = {target for facts in said if (target := _target(facts))}
    titles = {}
    for item, state in load_items(targets).items():
        facts, _ = state.speaker.standing()
        if facts is not None and facts["object"].get("title"):
            titles[str(item)] = str(facts["object"]["title"])
    return titles


def _stored(sids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, Mapping[str, Any]]:
    found = reader().many([sid for sid in sids if sid is not None])
    return {sid: text.parse(one.payload) for sid, one in found.items()}


def _raws(delivery_ids: Iterable[int]) -> dict[int, Raw]:
    """The deliveries; nothing of those not kept, nor of bundles, whose places may be in another."""
    rows = {one: db.session.get_one(DeliveryRow, one) for one in delivery_ids}
    return {
        one: Raw(b"" if row.bundle or not row.sealed else deliveries.delivery_of(row).body)
        for one, row in rows.items()
    }


def _rows(raw: Raw, places: Sequence[int | str]) -> tuple[str, ...]:
    return tuple(row for place in places[:FEW] if (row := raw.row(place)))
