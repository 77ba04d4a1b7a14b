"""Random histories in a real log, candidates for new rules, and the levels of everybody."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from datetime import date
from typing import Any

from factories import a_statement
from live_log import ACCEPTED, DAY, REJECTED, REPLIED, VERIFIED, VOIDED, an_origin, on
from sqlalchemy import func, select

from engine import profiles
from engine.competencies import projector, rulesets
from engine.competencies.models import line
from engine.db import Base, db, reading, transaction
from engine.lrs.store import Authority
from engine.people import service as people
from engine.pipeline import entry_of, reader, record
from engine.profiles import Decisions
from engine.simulation import Simulation
from xapi.vocabulary import COMPETENCY, Extension

TAGS = ("data", "policy", "community", "writing", "nothing-known")
READ = "http://activitystrea.ms/read"
ATTENDED = "http://adlnet.gov/expapi/verbs/attended"
SCORED = "http://adlnet.gov/expapi/verbs/scored"
WEBINAR = {"type": "http://id.tincanapi.com/activitytype/webinar"}


def config() -> dict[str, Any]:
    """The config in force, free to be changed."""
    db.session.rollback()
    return copy.deepcopy(rulesets.current().config)


def without(rule: str) -> dict[str, Any]:
    """The config in force without one rule."""
    found = config()
    found["rules"] = [one for one in found["rules"] if one["id"] != rule]
    return found


def with_rule(rule: str, **changes: Any) -> dict[str, Any]:
    """The config in force with something else in one rule."""
    found = config()
    next(one for one in found["rules"] if one["id"] == rule).update(changes)
    return found


def publish(candidate: Mapping[str, Any]) -> None:
    """Publish a version and have it served."""
    with transaction():
        row = rulesets.publish(candidate, title="candidate")
    rulesets.bring_into_force(row)
    while projector.advance(reader(), holder="here:1:a"):
        pass
    db.session.rollback()


def histories(count: int, seed: int) -> None:
    """So many learners with a random history each: some people, some nobody's identifiers."""
    chance = random.Random(seed)
    origin = an_origin("forum", "source", attests="expert", ceiling="expert")
    with transaction():
        expert = people.create_person(name="Ines", email="ines@example.org")
        people.give_role(expert, "expert")
    for number in range(count):
        _history(f"learner{number}@example.org", origin, chance)


def _history(email: str, origin: Authority, chance: random.Random) -> None:
    if chance.random() < 0.7:
        with transaction():
            people.create_person(name=email.partition("@")[0], email=email)
    statements = [_did(email, chance) for _ in range(chance.randint(0, 9))]
    words = [
        on(chance.choice(statements)["id"], verb, by, timestamp=_moment(chance))
        for verb, by in (_word(chance) for _ in range(chance.randint(0, 4)))
        if statements
    ]
    db.session.rollback()
    for statement in [*statements, *words]:
        record([entry_of(statement, authority=origin)])


def _word(chance: random.Random) -> tuple[str, str]:
    by = chance.choice(["ines@example.org", "peer@example.org", "learner0@example.org"])
    return chance.choice([ACCEPTED, ACCEPTED, REJECTED, VOIDED]), by


def _did(email: str, chance: random.Random) -> dict[str, Any]:
    verb = chance.choice([REPLIED, REPLIED, READ, ATTENDED, SCORED, VERIFIED])
    thing = {"id": f"https://x.example.org/{chance.randint(1, 6)}", "definition": WEBINAR}
    context = {"extensions": {Extension.TAGS: chance.sample(TAGS, chance.randint(1, 2))}}
    members: dict[str, Any] = {"timestamp": _moment(chance), "context": context, "object": thing}
    if verb == SCORED:
        members["result"] = {"score": {"scaled": chance.choice([0.3, 0.8, 1.0])}}
    if verb == VERIFIED:
        context["instructor"] = {"mbox": "mailto:ines@example.org"}
        id_ = next(iter(rulesets.current().config["competencies"]))
        members["object"] = {"id": id_, "definition": {"type": COMPETENCY}}
        members["result"] = {"score": {"raw": chance.randint(1, 4)}}
    return a_statement(email, verb, **members)


def _moment(chance: random.Random) -> str:
    return f"202{chance.randint(4, 6)}-0{chance.randint(1, 8)}-1{chance.randint(0, 9)}T10:00:00Z"


def levels(as_of: date = DAY) -> dict[str, dict[str, int]]:
    """Everybody's level in everything, as pages have it; by name or identifier."""
    db.session.rollback()
    with reading() as connection:
        generation = projector.serving_in(connection).generation
        query = select(line.c.actor).where(line.c.generation == generation).distinct()
        actors = connection.execute(query).scalars().all()
    owners, found = people.owners(actors), dict[str, dict[str, int]]()
    for actor in actors:
        owner = owners.get(actor)
        name = people.get_by_id(owner).name if owner else actor
        keys = people.keys_of(owner) if owner else [actor]
        words = people.words_of(owner) if owner else {}
        record = profiles.record_of(keys, words=words, decisions=Decisions.load())
        profile = profiles.profile_from(record, as_of)
        found[name] = {id_: one.level for id_, one in profile.standings.items()}
        found[name] |= {id_: one.level for id_, one in profile.nodes.items()}
    return found


def predicted(before: dict[str, dict[str, int]], found: Simulation) -> dict[str, dict[str, int]]:
    """The levels there were, with the moves of a simulation made."""
    after = copy.deepcopy(before)
    for one in found.moved:
        for move in one.moves:
            after[one.learner.told].pop(move.competency, None)
            if move.after is not None:
                after[one.learner.told][move.competency] = move.after.level
    return after


def counts() -> dict[str, int]:
    """How many rows every table has."""
    db.session.rollback()
    with reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }
