"""What the L&D team sees of its sources and runs, as values for pages; nothing is changed here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow.validate import OneOf
from sqlalchemy import func, select, union_all

from engine.api import Privacy, Source
from engine.config import keyring, settings
from engine.db import db
from engine.errors import NotFound
from engine.people.service import Who
from engine.pipeline import host
from engine.sources import deliveries, instances, untold
from engine.sources.alerts import MISSING
from engine.sources.asking import can_ask
from engine.sources.models import DeliveryRow, Run, RunProblem, SourceInstance
from engine.sources.problems import Seen, seen
from engine.sources.run_models import Replayed
from engine.sources.runs import REPLAY, UNFINISHED

PROBLEMS = 200
RUNS = 25
_USERINFO = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSeen:
    """One run; times in microseconds, `files` the names of what it read.

    :param things: how much there is to read, once that is known, and `done` how far it is.
    :param voided: how many items nothing speaks for any more since it took back what told of them.
    """

    id: int
    source: str
    title: str
    basis: str
    door: str
    state: str
    stands: bool
    by: str
    started_at: int
    ended_at: int | None
    why: str | None
    mend: str | None
    rows: int
    counts: Mapping[str, int]
    files: tuple[str, ...]
    done: int = 0
    things: int | None = None
    voided: int = 0
    is_kept: bool = True

    @property
    def is_under_way(self) -> bool:
        """Whether it is being read, or will be."""
        return self.stands and self.state in UNFINISHED

    def shows_rows_to(self, who: Who) -> bool:
        """Whether somebody of the team sees its rows, which are private to those they are about.

        Whoever started it does; of a run that nobody started, an operator.
        """
        return shows_rows(self.by, who)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it may be shown; of a secret only whether it is set."""

    name: str
    label: str
    value: str
    help: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSeen:
    """One instance, `shown` under the name it was given.

    `plugin_loaded` is False while its plugin is missing or quarantined; a `paused` one takes files
    alone.
    """

    name: str
    shown: str
    title: str
    plugin: str
    plugin_loaded: bool
    privacy: Privacy
    basis: str
    tags: tuple[str, ...]
    trouble: str | None
    polls: bool
    polled_at: int | None
    hook: str | None
    last: RunSeen | None
    maps: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of system that can be added; of one that `maps`, people say what columns mean."""

    name: str
    title: str
    privacy: Privacy
    maps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Rows of a run that were not recorded, why, and when the source had that problem."""

    id: int
    outcome: str
    where: str
    why: str
    mend: str
    seen: Seen | None = None


def shows_rows(started_by: str, who: Who) -> bool:
    """Whether somebody of the team sees the rows of a run that this person, or nobody, started."""
    return started_by == who.email if "@" in started_by else "operator" in who.roles


def sources() -> list[SourceSeen]:
    """All instances in the order of their names."""
    return [_source(instance) for instance in instances.every()]


def source(name: str) -> SourceSeen:
    """One instance, refused with the names there are."""
    return _source(instances.get(name))


def kinds() -> list[Kind]:
    """The kinds of systems that the plugins of this installation can read."""
    return [
        Kind(
            name=one.name,
            title=one.title,
            privacy=one.privacy,
            maps=bool(one.maps),
        )
        for one in sorted(host().sources.values(), key=lambda one: one.title.casefold())
    ]


def settings_of(name: str) -> list[Setting]:
    """The settings of an instance in the order of its form; secrets are never among the values."""
    instance = instances.get(name)
    kind = host().sources.get(instance.plugin)
    if kind is None:
        return []
    given, sealed = instance.settings, _sealed(instance)
    return [
        replace(one, value=_shown(given.get(one.name), choices))
        if not one.secret
        else replace(one, value="Set, not shown" if sealed.get(one.name) else "")
        for one, choices in zip(_settings(kind), _choices(kind), strict=True)
    ]


def _settings(kind: Source) -> Iterator[Setting]:
    """The settings of a kind of system, without values."""
    for name, field in kind.settings().fields.items():
        yield Setting(
            name=name,
            label=str(field.metadata.get("label") or name),
            value="",
            help=str(field.metadata.get("help") or ""),
            secret=bool(field.metadata.get("secret")),
        )


def _choices(kind: Source) -> Iterator[Mapping[object, str]]:
    """What the values of each setting are called, where there is a choice."""
    for field in kind.settings().fields.values():
        named = [one for one in field.validators if isinstance(one, OneOf) and one.labels]
        yield {
            key: str(label)
            for one in named
            for key, label in zip(one.choices, one.labels, strict=False)
        }


def runs_of(name: str, *, page: int = 1) -> tuple[list[RunSeen], bool]:
    """The runs of an instance, newest first, and whether there are older ones."""
    instance = instances.get(name)
    query = select(Run).where(Run.source_id == instance.id).order_by(Run.id.desc())
    start = (max(page, 1) - 1) * RUNS
    found = list(db.session.scalars(query.offset(start).limit(RUNS + 1)))
    files = _files([run.id for run in found])
    return [_run(run, instance, files) for run in found[:RUNS]], len(found) > RUNS


def run(run_id: int) -> RunSeen:
    """One run."""
    found = db.session.get(Run, run_id)
    if found is None:
        raise NotFound(f"There is no run {run_id}.", "Look at the source's runs.")
    instance = db.session.get_one(SourceInstance, found.source_id)
    told = _run(found, instance, _files([run_id]))
    voided = untold.count(run_id) if found.door == REPLAY else 0
    return replace(told, voided=voided, is_kept=bool(deliveries.of_run(run_id)))


def problems(run_id: int, outcomes: Sequence[str], *, page: int = 1) -> tuple[list[Problem], bool]:
    """A page of the rows of a run that ended in one of these outcomes; and whether more follow."""
    start = (max(page, 1) - 1) * PROBLEMS
    mine = (RunProblem.run_id == run_id) & RunProblem.outcome.in_(outcomes)
    query = select(RunProblem).where(mine).order_by(RunProblem.id)
    found = list(db.session.scalars(query.offset(start).limit(PROBLEMS + 1)))
    source_id = db.session.get_one(Run, run_id).source_id
    known = seen(source_id, [(one.outcome, one.why) for one in found[:PROBLEMS]])
    shown = [
        Problem(
            id=one.id,
            outcome=one.outcome,
            where=one.place,
            why=one.why,
            mend=one.mend,
            seen=known.get((one.outcome, one.why)),
        )
        for one in found[:PROBLEMS]
    ]
    return shown, len(found) > PROBLEMS


def _source(instance: SourceInstance) -> SourceSeen:
    kind = host().sources.get(instance.plugin)
    newest = select(Run).where(Run.source_id == instance.id).order_by(Run.id.desc()).limit(1)
    last = db.session.scalar(newest)
    tags = instance.settings.get("tags") or ()
    paused = instances.care_of(instance).paused
    return SourceSeen(
        name=instance.name,
        shown=instance.settings.get("title") or instance.name,
        title=_title(instance),
        plugin=instance.plugin,
        plugin_loaded=kind is not None,
        maps=bool(kind and kind.maps),
        privacy=kind.privacy if kind else Privacy(reads=(), keeps=()),
        basis=instances.origin_of(instance).basis,
        tags=tuple(re.split(r"\s*[,|]\s*", tags) if isinstance(tags, str) else tags),
        paused=paused,
        trouble=instance.trouble if kind else MISSING.format(instance.plugin),
        polls=can_ask(kind, instance) and not paused,
        polled_at=instance.polled_at,
        hook=_hook(kind, instance),
        last=_run(last, instance, _files([last.id])) if last else None,
    )


def _title(instance: SourceInstance) -> str:
    kind = host().sources.get(instance.plugin)
    return kind.title if kind else instance.plugin


def _hook(kind: Source | None, instance: SourceInstance) -> str | None:
    if kind is None or not kind.has_door("receive"):
        return None
    return f"{settings().public_url}/sources/{instance.name}/hook"


def _sealed(instance: SourceInstance) -> dict[str, Any]:
    if not instance.sealed:
        return {}
    sealed: dict[str, Any] = json.loads(keyring().open(instance.sealed))
    return sealed


def _shown(value: object, choices: Mapping[object, str]) -> str:
    """A setting in words; a password inside an address is left out."""
    if isinstance(value, str) and value in choices:
        return choices[value]
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else _USERINFO.sub("//…@", str(value))


def _run(run: Run, instance: SourceInstance, files: Mapping[int, tuple[str, ...]]) -> RunSeen:
    return RunSeen(
        id=run.id,
        source=instance.name,
        title=_title(instance),
        basis=instances.origin_of(instance).basis,
        door=run.door,
        state=run.state,
        stands=run.stands,
        by=run.by,
        started_at=run.started_at,
        ended_at=run.ended_at,
        why=run.why,
        mend=run.mend,
        rows=run.rows,
        counts=dict(run.counts),
        files=files.get(run.id, ()),
        done=run.done,
        things=run.things,
    )


def _files(run_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The names of what these runs read, each once."""
    again = select(Replayed.run_id, DeliveryRow.name, DeliveryRow.id).join(
        DeliveryRow, DeliveryRow.id == Replayed.delivery_id
    )
    its = select(DeliveryRow.run_id, DeliveryRow.name, DeliveryRow.id)
    read = union_all(
        its.where(DeliveryRow.run_id.in_(run_ids)), again.where(Replayed.run_id.in_(run_ids))
    ).subquery()
    query = (
        select(read.c.run_id, read.c.name)
        .group_by(read.c.run_id, read.c.name)
        .order_by(func.min(read.c.id))
    )
    files: dict[int, tuple[str, ...]] = {}
    for run_id, name in db.session.execute(query):
        if name:
            files[run_id] = (*files.get(run_id, ()), _USERINFO.sub("//…@", name))
    return files
