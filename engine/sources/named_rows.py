"""Reading the rows of a name again, once a hand has said whose they are.

They are recorded in the run that brought them, under a handle of their own that is linked to the
person: so the link can be taken back like any other.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from engine.activity import agent_of
from engine.api import Account, Activity, Actor
from engine.competencies import projector
from engine.db import db, transaction
from engine.errors import Conflict
from engine.people import inbox
from engine.people import service as people
from engine.people.inbox import Decider
from engine.people.models import Identifier, Person
from engine.sources import deliveries, instances, writes
from engine.sources.models import DeliveryRow, Run, RunProblem
from engine.sources.planner import Outcome, Planner, nameless
from engine.sources.reading import BATCH, PATIENCE, RETRIES, Reading, Turn
from engine.sources.waiting import read_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one delivery that are about a name, as the source says them now."""

    run_id: int
    delivery_id: int
    said: tuple[Activity, ...]


def lights_up(handle: str) -> Counter[str]:
    """How many of a name's waiting rows would count for which competency; nothing is written."""
    found: Counter[str] = Counter()
    for reading, rows in _rows(handle):
        voice = reading.voice(run_id=rows.run_id, delivery_id=rows.delivery_id, arrived_at=0)
        planner = reading.planner(voice, ())
        said = [_of(one, _account(handle)) for one in rows.said]
        for batch in _batches(said):
            reading.look_up(planner, batch)
            for one in batch:
                planner.take(one)
        found.update(_competencies(planner, reading.origin_id))
    db.session.rollback()
    return found


def _competencies(planner: Planner, origin_id: int) -> Iterator[str]:
    ruleset = projector.ruleset_of(projector.serving().ruleset_id)
    for entry in planner.entries:
        weighed = ruleset.weigh(entry.statement, authority=origin_id)
        yield from {row.competency for row in weighed.rows}


def link(handle: str, whose: Callable[[], Person], decider: Decider) -> int:
    """Say whose the waiting rows of a name are and record them; how many were read.

    Nothing is linked when what arrived cannot be read any more.

    :param whose: called in the transaction that links, before it does.
    """
    instance = instances.get((inbox.name_in(handle) or ("", ""))[0])
    with Turn(instance.system, patience=PATIENCE) as turn:
        found = list(_rows(handle))
        if not found:
            raise Conflict(
                "These rows cannot be read again: what arrived is not kept any more.",
                "Put the name aside, or read the report again.",
            )
        with transaction():
            person = whose()
            key = _own_handle(handle, person)
            inbox.link(key, person, decider)
            inbox.heed([handle], decider)
        read = sum(_read(reading, rows, handle, key, turn) for reading, rows in found)
        read_waiting(instance.system, turn)
    return read


def _own_handle(handle: str, person: Person) -> str:
    """The handle under which this person's rows are recorded: never one that was another's."""
    source, name = inbox.name_in(handle) or ("", "")
    mine = people.keys_of(people.standing(person).id)
    keys = (inbox.name_handle(source, name, number) for number in itertools.count(1))
    return next(key for key in keys if key in mine or not _is_taken(key))


def _is_taken(key: str) -> bool:
    """Whether a handle is anybody's, or has rows of somebody who was unlinked."""
    known = select(Identifier.id).where(Identifier.key == key)
    return db.session.scalar(known) is not None


def _rows(handle: str) -> Iterator[tuple[Reading, Rows]]:
    """Where the rows of a name stand, read again from what arrived."""
    source, name = inbox.name_in(handle) or ("", "")
    reading = Reading.of(instances.get(source))
    for run_id in _runs(reading.source_id, name):
        for delivery_id in deliveries.of_run(run_id):
            said = tuple(_said(reading, delivery_id, name))
            if said:
                yield reading, Rows(run_id=run_id, delivery_id=delivery_id, said=said)


def _runs(source_id: int, name: str) -> list[int]:
    query = (
        select(Run.id)
        .join(RunProblem, RunProblem.run_id == Run.id)
        .where(Run.source_id == source_id, Run.stands, Run.state == "done")
        .where(RunProblem.outcome == "unmatched", RunProblem.why == nameless(name))
        .distinct()
        .order_by(Run.id)
    )
    return list(db.session.scalars(query))


def _said(reading: Reading, delivery_id: int, name: str) -> Iterator[Activity]:
    row = db.session.get_one(DeliveryRow, delivery_id)
    bundle = deliveries.stored_bundle(row)
    for said in reading.in_order(bundle, arrived_at=row.arrived_at):
        if isinstance(said, Activity) and _is_called(said, name):
            yield said


def _is_called(said: Activity, name: str) -> bool:
    actor = said.actor
    return isinstance(actor, Actor) and agent_of(actor) is None and actor.name == name


def _account(key: str) -> Account:
    home, _, name = key.partition("::")
    return Account(home_page=home, name=name)


def _of(said: Activity, account: Account) -> Activity:
    name = said.actor.name if isinstance(said.actor, Actor) else None
    return replace(said, actor=Actor(name=name, account=account))


def _batches(said: Sequence[Activity]) -> Iterator[Sequence[Activity]]:
    for start in range(0, len(said), BATCH):
        yield said[start : start + BATCH]


def _read(reading: Reading, rows: Rows, handle: str, key: str, turn: Turn) -> int:
    """Record the rows of one delivery where they stand; how many."""
    said = [_of(one, _account(key)) for one in rows.said]
    read = 0
    for batch in _batches(said):
        turn.renew()
        read += _record(reading, rows, handle, batch)
    return read


def _record(reading: Reading, rows: Rows, handle: str, batch: Sequence[Activity]) -> int:
    for _ in range(RETRIES):
        run = db.session.get_one(Run, rows.run_id, populate_existing=True)
        delivery = db.session.get_one(DeliveryRow, rows.delivery_id)
        voice = reading.voice(
            run_id=run.id, delivery_id=delivery.id, arrived_at=delivery.arrived_at
        )
        planner = reading.planner(voice, batch)
        outcomes, solved = _taken(planner, batch, _open_rows(run.id, handle))
        planner.settle_parts()
        told = [
            *writes.of_solved(solved),
            *writes.of_plan(planner, outcomes),
            writes.of_run(run.id, before=run.done, counts=_recounted(run.counts, outcomes)),
        ]
        if writes.stored(planner.entries, told):
            return sum(len(outcome.places) for outcome in outcomes)
    raise Conflict("These items keep changing while they are read.", "Do it again.")


def _taken(
    planner: Planner, batch: Sequence[Activity], open_rows: dict[str, int]
) -> tuple[list[Outcome], list[int]]:
    """What becomes of the rows that still wait, and where their waiting is written down."""
    outcomes, solved = [], []
    for said in batch:
        if problem := open_rows.pop(writes.place_words(said.rows), None):
            outcomes.append(planner.take(said))
            solved.append(problem)
    return outcomes, solved


def _open_rows(run_id: int, handle: str) -> dict[str, int]:
    _, name = inbox.name_in(handle) or ("", "")
    mine = (RunProblem.run_id == run_id) & (RunProblem.why == nameless(name))
    query = select(RunProblem.place, RunProblem.id).where(mine, RunProblem.outcome == "unmatched")
    return dict(db.session.execute(query).all())


def _recounted(counts: Mapping[str, int], outcomes: Sequence[Outcome]) -> dict[str, int]:
    """The counts of a run after rows that were unmatched ended in these outcomes."""
    counted = Counter(counts)
    for outcome in outcomes:
        counted["unmatched"] -= len(outcome.places)
        counted += outcome.counts()
    return dict(counted)
