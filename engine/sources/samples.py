"""Samples of what somebody is mapping: kept as previews are, looked through, never recorded."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

import orjson

from engine.activity import agent_of, facts_of, statement_of
from engine.api import Activity, Actor, Bundle, Column, Delivery, Failed, Skipped, Source
from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.host import calling, iterating
from engine.pipeline import host
from engine.sources import instances, previews
from engine.sources.arranging import Said
from engine.sources.asking import fetch_for
from engine.sources.checking import checked
from engine.sources.doors import sound
from engine.sources.lines import Line
from engine.sources.raw import Raw
from engine.sources.secrecy import unspoken
from engine.sources.writes import place_words

SOURCE = "a mapping"
"""What samples are kept under; no source is called so, because names have no spaces."""
MOST_COLUMNS = 200
SHOWN = 5
MOST_FAULTS = 20
MOST_TRIED = 2_000
"""Things said that are looked at; the preview of the source reads the whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file or an answer, and the settings it was asked for with; `kind` is the source that reads
    it. Without a token there is none yet."""

    kind: str
    token: str = ""
    delivery: Delivery = field(default_factory=lambda: Delivery(body=b""))
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a mapping makes of a sample: its first rows, and those that fail; or why nothing is.

    There is `more` of it than was looked at.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    lines: Sequence[Line] = ()
    faults: Sequence[tuple[str, str, str]] = ()
    refusal: Refused | None = None
    more: bool = False


def kinds() -> list[Source]:
    """The sources that read what a person maps."""
    return [one for one in host().sources.values() if one.maps]


def kind(name: str) -> Source:
    """The source of this name, if it reads what a person maps; without a name the first there is.

    :raises NotFound: there is none.
    """
    found = next((one for one in kinds() if name in ("", one.name)), None)
    if found is None:
        mend = "Choose one on the page of sources."
        raise NotFound("There is no such kind of source that can be mapped.", mend)
    return found


def keep(name: str, delivery: Delivery, settings: Mapping[str, str], *, by: str) -> Sample:
    """Keep a sample, encrypted, for a day."""
    head = {"kind": name, "name": delivery.name, "settings": dict(settings)}
    packed = Delivery(body=orjson.dumps(head) + b"\n" + delivery.body, name=delivery.name)
    token = previews.keep(packed, source=SOURCE, by=by).token
    return Sample(kind=name, token=token, delivery=delivery, settings=settings)


def find(token: str, *, by: str) -> Sample:
    """What somebody gave as a sample.

    :raises NotFound: it is too old, discarded, or somebody else's.
    """
    packed = previews.find(token, source=SOURCE, by=by).delivery
    head, _, body = packed.body.partition(b"\n")
    told = orjson.loads(head)
    return Sample(
        kind=told["kind"],
        token=token,
        delivery=Delivery(body=body, name=told["name"]),
        settings=told["settings"],
    )


def discard(token: str, *, by: str) -> None:
    """Forget a sample."""
    previews.discard(token, source=SOURCE, by=by)


def brought(
    name: str, delivery: Delivery, settings: Mapping[str, str], *, by: str
) -> Sample | Refused:
    """A sample that was uploaded, else one from the address among the settings; it is kept."""
    source = kind(name)
    try:
        found = delivery if delivery.body else _asked(source, settings)
    except Refused as refusal:
        return refusal
    return keep(source.name, found, settings, by=by)


def _asked(source: Source, settings: Mapping[str, str]) -> Delivery:
    """The first page a system answers with, by the guarded fetcher; nothing moves on there."""
    own = _partly(source, settings)
    if not own.get("url"):
        raise Refused("There is neither a file nor an address.", "Choose a file, or type one.")
    with unspoken(source, own):
        fetch = fetch_for(source, own)
        pages = iterating(source.name, lambda: source.poll(None, fetch, dict(own)))
        first = next(pages, None)
    if first is None:
        raise Refused("The address answers with nothing.", "Give one that has something in it.")
    return sound(first, source)


def _partly(source: Source, settings: Mapping[str, str]) -> dict[str, Any]:
    """Settings as far as they are known, checked one by one."""
    schema = source.settings(partial=True)
    given = {name: value for name, value in settings.items() if value}
    if faults := calling(source.name, partial(schema.validate, given)):
        name, said = next(iter(faults.items()))
        raise Refused(" ".join(map(str, said)), "Correct it.", where=str(name))
    loaded: dict[str, Any] = calling(source.name, partial(schema.load, given))
    return loaded


def columns(sample: Sample, mapping: Mapping[str, Any]) -> list[Column] | Refused:
    """The columns of a sample, as far as its mapping says where they stand."""
    source = kind(sample.kind)
    settings = {**sample.settings, "mapping": mapping}
    try:
        found = calling(source.name, partial(source.columns, sample.delivery, settings))
        return list(found)[:MOST_COLUMNS]
    except Refused as refusal:
        return refusal


def tried(sample: Sample, settings: Mapping[str, Any]) -> Tried:
    """What settings make of the rows of a sample; nothing is written."""
    source = kind(sample.kind)
    try:
        loaded = instances.load_settings(source, settings)
        bundle = Bundle(key=None, deliveries=(sample.delivery,))
        said = iterating(source.name, lambda: source.activities(bundle, loaded))
        taken = [
            one
            for each in islice(said, MOST_TRIED + 1)
            for one in checked(each, plugin=source.name)
        ]
    except Refused as refusal:
        db.session.rollback()
        return Tried(refusal=refusal)
    return _tried(
        taken[:MOST_TRIED], len(taken) > MOST_TRIED, Raw(sample.delivery.body), loaded["tags"]
    )


def _tried(taken: Sequence[Said], more: bool, raw: Raw, tags: Sequence[str]) -> Tried:
    lines = [_line(one, raw, tags) for one in islice(_of_each(taken), 2 * SHOWN)]
    failed = [one for one in taken if isinstance(one, Failed)]
    return Tried(
        counts=Counter(_outcome(one) for one in taken),
        lines=lines,
        faults=[(place_words((one.row,)), one.why, one.mend) for one in failed[:MOST_FAULTS]],
        more=more,
    )


def _of_each(taken: Sequence[Said]) -> Iterator[Said]:
    """The first rows that become something, then the first that are rightly left out."""
    yield from islice((one for one in taken if isinstance(one, Activity)), SHOWN)
    yield from islice((one for one in taken if isinstance(one, Skipped)), 1)


def _outcome(said: Said) -> str:
    if isinstance(said, Activity):
        known = not isinstance(said.actor, Actor) or agent_of(said.actor) is not None
        return "new" if known else "unmatched"
    return "skipped" if isinstance(said, Skipped) else "failed"


def _line(said: Said, raw: Raw, tags: Sequence[str]) -> Line:
    places = (
        said.rows
        if isinstance(said, Activity)
        else (said.row,)
        if isinstance(said, Skipped)
        else ()
    )
    rows = tuple(row for place in places if (row := raw.row(place)))
    line = Line(outcome=_outcome(said), where=place_words(places), raw=rows)
    if isinstance(said, Activity):
        return replace(line, told=_told(said, tags))
    return replace(line, why=said.why) if isinstance(said, Skipped) else line


def _told(said: Activity, tags: Sequence[str]) -> dict[str, Any]:
    """An activity as the statement it would be, but for its id, which no source has given yet."""
    item = uuid.uuid5(uuid.NAMESPACE_OID, said.keys[0])
    actor = said.actor if isinstance(said.actor, Actor) else Actor()
    agent = agent_of(actor) or {"objectType": "Agent", "name": actor.name or "somebody"}
    facts = facts_of(said, agent=agent, item=item, target=None, tags=tags)
    return statement_of(facts, sid=item, target=None, replaces=None)


def add(sample: Sample, name: str, given: Mapping[str, Any], *, basis: str) -> Refused | None:
    """Add the source that a mapping was made for; None when it is there."""
    try:
        with transaction():
            instances.add(sample.kind, name, given, basis=basis)
    except Refused as refusal:
        db.session.rollback()
        return refusal
    return None


def change(name: str, mapping: str) -> Refused | None:
    """Give a source another mapping; what is read from now on outranks what was read before."""
    try:
        with transaction():
            instances.change(instances.get(name), {"mapping": mapping})
    except Refused as refusal:
        db.session.rollback()
        return refusal
    return None


def mapping_of(name: str) -> tuple[Source, str]:
    """The kind of a source and its mapping as it was written.

    :raises NotFound: there is no such source, or nobody maps it.
    """
    instance = instances.get(name)
    found = kind(instance.plugin)
    return found, str(instance.settings.get("mapping") or "")
