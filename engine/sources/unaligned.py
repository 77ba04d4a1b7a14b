"""Activities that would count if somebody said for what: finding them, and aligning them.

Nothing is guessed. An activity is listed when the newest rules give it no evidence and would give
some as soon as its object or title led to a competency.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from engine.competencies import frameworks, projector, rulesets
from engine.competencies.checked import members
from engine.competencies.evidence import Ruleset
from engine.competencies.models import Projection, RulesetRow, evidence, line
from engine.competencies.reading import mapping
from engine.db import db, portions, reading, transaction
from engine.errors import Refused
from engine.lrs.keys import own_origin
from engine.pipeline import reader
from xapi import text
from xapi.vocabulary import Extension

NEWEST = 100_000
GROUPS = 1_000
TITLE, OBJECT = "title", "object_id"


@dataclass(slots=True, kw_only=True)
class Thing:
    """Activities of one title, or of one object without a title, that reach no competency."""

    title: str | None
    objects: dict[str, int] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many activities it is."""
        return sum(self.objects.values())

    @property
    def only_object(self) -> str | None:
        """The one object it is about; None when there are several."""
        return next(iter(self.objects)) if len(self.objects) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What reaches no competency, biggest first; `things` and `activities` count the others."""

    shown: tuple[Thing, ...]
    things: int
    activities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """The log is being weighed with new rules: how far, of how much."""

    done: int
    of: int


class Sieve:
    """The newest rules, and the same with an alignment of everything."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        everything = {"object_id": "*", "competencies": sorted(config["competencies"])[:1]}
        self._rules = Ruleset(config)
        self._wide = Ruleset({**config, "alignments": [everything]})

    def holds(self, statement: Mapping[str, Any]) -> bool:
        """Whether a statement gives no evidence, and would if it were aligned."""
        if self._rules.weigh(statement, authority=0).rows:
            return False
        return bool(self._wide.weigh(statement, authority=0).rows)


def newest() -> Sieve:
    """The sieve of the newest rules, in force or about to be."""
    row = rulesets.current()
    return _sieve(row.id, text.canonical(row.config).decode())


@lru_cache(maxsize=4)
def _sieve(_ruleset_id: int, config: str) -> Sieve:
    return Sieve(text.parse(config.encode()))


def across_log(limit: int = 50) -> Found:
    """What reaches no competency among the newest activities of the log.

    Learners' own notes are not looked at: what they call them is theirs.
    """
    serving, sieve = projector.serving(), newest()
    with reading() as connection:
        groups = connection.execute(_without_evidence(serving)).all()
        sids = _sids(connection, serving.generation, [group.seq for group in groups])
    samples, gathered = reader().many(list(sids.values())), _Gathered()
    for group in groups:
        statement = text.parse(samples[sids[group.seq]].payload)
        if sieve.holds(statement):
            gathered.add(statement, group.number)
    return gathered.found(limit)


def among(statements: Iterable[Mapping[str, Any]], limit: int = 20) -> Found:
    """What reaches no competency among these statements."""
    sieve, gathered = newest(), _Gathered()
    for statement in statements:
        if sieve.holds(statement):
            gathered.add(statement, 1)
    return gathered.found(limit)


def align(*, by_title: str = "", object_id: str = "", competency: str, by: str) -> None:
    """Let everything with these words in its title, or with this object, reach a competency.

    A new version of the rules is published; pages read the old one until the log is weighed anew.
    """
    match = {TITLE: by_title.strip()} if by_title.strip() else {OBJECT: object_id.strip()}
    if not any(match.values()):
        raise Refused("It is not said what to align.", "Give words of the title, or an object.")
    if OBJECT in match and ":" not in match[OBJECT]:
        raise Refused("This is not the address of an object.", "Choose one from the list.")
    if not competency:
        raise Refused("No competency was chosen.", "Choose the one it should count towards.")
    with transaction():
        row = rulesets.align(match=match, competency=competency, by=by)
    rulesets.bring_into_force(row)


def competencies() -> list[tuple[str, str]]:
    """The competencies of the newest rules as (id, name), in the order of their names."""
    config = rulesets.current().config
    framework = frameworks.in_force(config)
    named = [(one, framework.name(one)) for one in config["competencies"]]
    return sorted(named, key=lambda pair: pair[1].casefold())


def weighing() -> Weighing | None:
    """How far the log has been weighed with newer rules; None when pages read the newest."""
    query = select(Projection).where(Projection.state == "building")
    building = db.session.scalars(query.order_by(Projection.generation.desc())).first()
    if building is None:
        return None
    of = reader().count()
    return Weighing(done=min(building.statements, of), of=of)


def _without_evidence(serving: Projection) -> Select[int, Any]:
    """Objects of the newest lines that gave no evidence, the most frequent first, with a sample."""
    here = line.c.generation == serving.generation
    weighed = exists().where(
        evidence.c.generation == line.c.generation, evidence.c.seq == line.c.seq
    )
    recent = select(line).where(here, line.c.origin != own_origin().id, ~weighed)
    verbs = _verbs(db.session.get_one(RulesetRow, serving.ruleset_id).config)
    if verbs is not None:
        recent = recent.where(line.c.verb.in_(verbs))
    newest_lines = recent.order_by(line.c.seq.desc()).limit(NEWEST).subquery()
    number, seq = func.count().label("number"), func.max(newest_lines.c.seq).label("seq")
    what = (newest_lines.c.object_id, newest_lines.c.verb, newest_lines.c.object_type)
    grouped = select(number, seq).group_by(*what)
    return grouped.order_by(number.desc(), newest_lines.c.object_id).limit(GROUPS)


def _sids(connection: Connection, generation: int, seqs: Sequence[int]) -> dict[int, uuid.UUID]:
    """The statement of each of these lines."""
    here, sids = line.c.generation == generation, dict[int, uuid.UUID]()
    for part in portions(seqs):
        query = select(line.c.seq, line.c.sid).where(here, line.c.seq.in_(part))
        sids |= {row.seq: uuid.UUID(bytes=bytes(row.sid)) for row in connection.execute(query)}
    return sids


def _verbs(config: Mapping[str, Any]) -> list[str] | None:
    """The verbs the rules ask for; None when a rule takes any."""
    asked = [mapping(rule.get("match")).get("verb") for rule in config["rules"]]
    if None in asked:
        return None
    return sorted({verb for one in asked for verb in members(one)})


class _Gathered:
    """Statements put together by what they are about."""

    def __init__(self) -> None:
        self._things: dict[str, Thing] = {}

    def add(self, statement: Mapping[str, Any], number: int) -> None:
        thing = mapping(statement.get("object"))
        titles = mapping(mapping(thing.get("definition")).get("name"))
        title = next((name for name in titles.values() if isinstance(name, str)), None)
        object_id = str(thing.get("id", ""))
        # A word too short to align by would gather things that have to be aligned one by one.
        short = len((title or "").strip()) < rulesets.LEAST_KEYWORD
        key = object_id if short else " ".join((title or "").casefold().split())
        kept = self._things.setdefault(key, Thing(title=title, tags=_tags(statement)))
        kept.objects[object_id] = kept.objects.get(object_id, 0) + number

    def found(self, limit: int) -> Found:
        """The biggest of them."""
        ordered = sorted(
            self._things.values(), key=lambda one: (-one.count, (one.title or "").casefold())
        )
        return Found(
            shown=tuple(ordered[:limit]),
            things=len(ordered) - len(ordered[:limit]),
            activities=sum(one.count for one in ordered[limit:]),
        )


def _tags(statement: Mapping[str, Any]) -> tuple[str, ...]:
    extensions: Mapping[str, Any] = mapping(mapping(statement.get("context")).get("extensions"))
    tags: Sequence[Any] = members(extensions.get(Extension.TAGS))
    return tuple(tag for tag in tags if isinstance(tag, str))
