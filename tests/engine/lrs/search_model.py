"""What a search has to find, worked out the slow and obvious way, and any log to search in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from factories import ATTENDED
from hypothesis import strategies as st
from lrs_making import ANSWERED, an_authority, an_entry, ids_of, page_of
from sqlalchemy import delete

from engine.db import writing
from engine.lrs.models import late_reference, posting, statement
from engine.lrs.reader import Access
from engine.lrs.store import Authority, Entry
from engine.moments import iso
from engine.pipeline import reader, store
from xapi import text
from xapi.vocabulary import VOIDED

RING = 4
"""Statements refer to others of their ring only, so no chain is longer than that."""
AGENTS = ("ann", "bo")
THINGS = ("urn:thing:1", "urn:thing:2")
VERBS = (ATTENDED, ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A statement to store, in the order of `rank`.

    `refers` counts on to another one of its ring, 0 to itself.
    """

    rank: int
    actor: str
    instructor: str | None
    verb: str
    thing: str
    parent: str | None
    refers: int | None
    origin: int
    audience: str
    ends_batch: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query; the ends are places in the log and microseconds beside them."""

    agent: str | None
    verb: str | None
    activity: str | None
    related_agents: bool
    related_activities: bool
    since: tuple[int, int] | None
    until: tuple[int, int] | None
    ascending: bool
    limit: int
    reads: str


def _rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), strategy)


TOLD = st.builds(
    Told,
    rank=st.integers(0, 99),
    actor=st.sampled_from(AGENTS),
    instructor=_rarely(st.sampled_from(AGENTS)),
    verb=st.sampled_from((*VERBS, VOIDED)),
    thing=st.sampled_from(THINGS),
    parent=_rarely(st.sampled_from(THINGS)),
    refers=st.none() | st.integers(0, RING - 1),
    origin=st.integers(0, 1),
    audience=st.sampled_from(("private", "public")),
    ends_batch=st.booleans(),
)
MOMENTS = _rarely(st.tuples(st.integers(0, 39), st.integers(-1, 1)))
ASKED = st.builds(
    Asked,
    agent=st.none() | st.sampled_from((*AGENTS, "authority")),
    verb=st.none() | st.sampled_from((*VERBS, VOIDED)),
    activity=st.none() | st.sampled_from(THINGS),
    related_agents=st.booleans(),
    related_activities=st.booleans(),
    since=MOMENTS,
    until=MOMENTS,
    ascending=st.booleans(),
    limit=st.integers(1, 7),
    reads=st.sampled_from(("all", "mine", "shared")),
)


@dataclass(slots=True)
class Shelf:
    """A store for two origins; emptied for each log."""

    origins: list[Authority] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)

    def open(self) -> None:
        """Make the origins."""
        self.origins = [an_authority("one"), an_authority("two")]

    def fill(self, told: Sequence[Told], *, filing: bool) -> None:
        """Store statements, several in a transaction, and file what is left for later.

        :param filing: after each transaction rather than at the end.
        """
        _empty()
        sids = [uuid.uuid4() for _ in told]
        made = [self._entry(one, at, sids) for at, one in enumerate(told)]
        pairs = sorted(zip(told, made, strict=True), key=lambda pair: pair[0].rank)
        self.told, self.entries = [one for one, _ in pairs], [entry for _, entry in pairs]
        for batch in self._batches():
            store().add(batch)
            while filing and store().file_late_references():
                pass
        while store().file_late_references():
            pass
        self.seqs = [one.seq for one in reader().log(0, 1000)]

    def _entry(self, one: Told, at: int, sids: Sequence[uuid.UUID]) -> Entry:
        thing: dict[str, Any] = {"id": one.thing}
        if one.refers is not None:
            place = at - at % RING + (at + one.refers) % RING
            target = sids[place] if place < len(sids) else uuid.uuid4()
            thing = {"objectType": "StatementRef", "id": str(target)}
        context: dict[str, Any] = {}
        if one.instructor:
            context["instructor"] = _agent(one.instructor)
        if one.parent:
            context["contextActivities"] = {"parent": [{"id": one.parent}]}
        voids = one.verb == VOIDED and one.refers is None
        return an_entry(
            self.origins[one.origin],
            one.audience,
            id=str(sids[at]),
            actor=_agent(one.actor),
            verb=ATTENDED if voids else one.verb,
            object=thing,
            context=context,
        )

    def _batches(self) -> Iterator[list[Entry]]:
        batch: list[Entry] = []
        for one, entry in zip(self.told, self.entries, strict=True):
            batch.append(entry)
            if one.ends_batch:
                yield batch
                batch = []
        if batch:
            yield batch

    # --- the query

    def found(self, asked: Asked) -> list[uuid.UUID]:
        """The ids on all pages, one after the other."""
        filters, access = self._filters(asked), self._access(asked)
        page = page_of(access, **filters)
        ids = ids_of(page)
        assert len(ids) <= asked.limit
        for _ in range(10 * len(self.entries)):
            if page.position is None:
                return ids
            page = page_of(access, after=page.position, **filters)
            assert len(page.seqs) <= asked.limit
            ids += ids_of(page)
        raise AssertionError("pages without an end")

    def _filters(self, asked: Asked) -> dict[str, str]:
        filters = {
            "related_agents": str(asked.related_agents).lower(),
            "related_activities": str(asked.related_activities).lower(),
            "ascending": str(asked.ascending).lower(),
            "limit": str(asked.limit),
        }
        if asked.agent:
            filters["agent"] = text.dump(self._asked_agent(asked)).decode()
        filters |= {"verb": asked.verb} if asked.verb else {}
        filters |= {"activity": asked.activity} if asked.activity else {}
        for name, moment in (("since", asked.since), ("until", asked.until)):
            filters |= {name: iso(self._moment(moment))} if moment else {}
        return filters

    def _asked_agent(self, asked: Asked) -> dict[str, Any]:
        is_authority = asked.agent == "authority"
        return self.origins[0].agent if is_authority else _agent(str(asked.agent))

    def _access(self, asked: Asked) -> Access:
        if asked.reads == "all":
            return Access(everything=True)
        audiences = ("public",) if asked.reads == "shared" else ()
        return Access(origin=self.origins[0].origin, audiences=audiences)

    def _moment(self, moment: tuple[int, int]) -> int:
        place, beside = moment
        return self.seqs[min(place, len(self.seqs) - 1)] + beside

    # --- what it has to find

    def wanted(self, asked: Asked) -> list[uuid.UUID]:
        """The ids that match, in order: every rule of the standard applied to each statement."""
        places = [at for at in range(len(self.entries)) if self._is_wanted(at, asked)]
        ids = [self.entries[at].sid for at in places]
        return ids if asked.ascending else ids[::-1]

    def _is_wanted(self, at: int, asked: Asked) -> bool:
        seq = self.seqs[at]
        late_enough = asked.since is None or seq > self._moment(asked.since)
        early_enough = asked.until is None or seq <= self._moment(asked.until)
        in_time = late_enough and early_enough
        shown = in_time and not self._is_voided(at) and self._is_seen(at, asked)
        seen = takewhile(lambda one: self._is_seen(one, asked), self._chain(at))
        return shown and any(self._matches(one, asked) for one in seen)

    def _is_seen(self, at: int, asked: Asked) -> bool:
        one = self.told[at]
        own = asked.reads == "all" or one.origin == 0
        return own or (asked.reads == "shared" and one.audience == "public")

    def _is_voided(self, at: int) -> bool:
        sid, origin = self.entries[at].sid, self.told[at].origin
        return not self.entries[at].walked.voids and any(
            entry.walked.voids and entry.walked.target == sid and one.origin == origin
            for entry, one in zip(self.entries, self.told, strict=True)
        )

    def _chain(self, at: int) -> list[int]:
        """The statement and those below it, until one has not come or comes again."""
        places = {entry.sid: place for place, entry in enumerate(self.entries)}
        chain, target = [at], self.entries[at].walked.target
        while target in places and places[target] not in chain:
            chain.append(places[target])
            target = self.entries[chain[-1]].walked.target
        return chain

    def _matches(self, at: int, asked: Asked) -> bool:
        one, said = self.told[at], self.entries[at].statement
        agents = {one.actor}
        if asked.related_agents:
            agents |= {str(one.instructor), *(("authority",) if one.origin == 0 else ())}
        things = set() if one.refers is not None else {one.thing}
        if asked.related_activities:
            things.add(str(one.parent))
        return (
            asked.agent in (None, *agents)
            and asked.verb in (None, said["verb"]["id"])
            and asked.activity in (None, *things)
        )


def _agent(name: str) -> dict[str, Any]:
    return {"mbox": f"mailto:{name}@example.org"}


def _empty() -> None:
    with writing() as connection:
        for table in (late_reference, posting, statement):
            connection.execute(delete(table))
