"""Whatever happens, in whatever order: following the log, a rebuild and a pool come to the same.

Each example adds its acts to the history that the ones before it left.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_log import (
    DATA,
    VERIFIED,
    VOIDED,
    an_origin,
    answered,
    new_id,
    on,
    projected,
    put,
)
from rebuilding_making import Shuffled, pool, short_stretches

from engine import profiles, snapshots
from engine.competencies import projector, rulesets
from engine.competencies.exclusions import exclude
from engine.db import db, holder_name, transaction
from engine.errors import Refused
from engine.lrs.store import Authority
from engine.people import service as people
from engine.pipeline import reader
from engine.rebuilding import shards
from engine.rebuilding.crews import Crew
from engine.rebuilding.rebuild import rebuild
from xapi.vocabulary import Extension

MAILS = [f"{name}@example.org" for name in ("bo", "ines", "olu", "nobody")]
AS_OF = date(2026, 11, 1)

quick = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

WHAT = (
    *("answer", "answer", "accept", "attest", "void", "void first", "correct", "merge"),
    *("unmerge", "link", "unlink", "expert", "exclude", "align", "follow"),
)
Act = tuple[str, int, int, int]
acts = st.lists(
    st.tuples(
        st.sampled_from(WHAT),
        st.integers(0, 40),
        st.integers(0, 3),
        st.integers(1, 28),
    ),
    min_size=1,
    max_size=12,
)


@dataclass(slots=True)
class History:
    """What has happened by now: ids in the order they came, voided ones too."""

    forum: Authority
    sids: list[str] = field(default_factory=list)
    aligned: int = 0

    def add(self, act: Act) -> None:
        """Let one more thing happen; what the engine refuses does not."""
        what, which, who, day = act
        doing: Callable[[int, str, str], object] = getattr(self, what.replace(" ", "_"))
        db.session.rollback()
        try:
            doing(which, MAILS[who], f"2026-10-{day:02}T09:00:00Z")
        except Refused:
            db.session.rollback()

    def put(self, *statements: dict[str, Any]) -> None:
        self.sids += put(self.forum, *statements)

    def known(self, which: int) -> str:
        """One of the statements that came, or one that never does."""
        return self.sids[which % len(self.sids)] if self.sids else new_id()

    def answer(self, which: int, mail: str, at: str) -> None:
        self.put(answered(mail, str(which % 6)) | {"timestamp": at})

    def accept(self, which: int, mail: str, at: str) -> None:
        self.put(on(self.known(which), by=mail, timestamp=at))

    def attest(self, which: int, mail: str, at: str) -> None:
        by = {"mbox": f"mailto:{MAILS[which % 4]}"}
        verified = {"verb": {"id": VERIFIED}, "object": {"id": DATA}, "timestamp": at}
        score = {"context": {"instructor": by}, "result": {"score": {"raw": which % 4}}}
        self.put(answered(mail) | verified | score)

    def void(self, which: int, mail: str, at: str) -> None:
        self.put(on(self.known(which), VOIDED, by=mail))

    def void_first(self, which: int, mail: str, at: str) -> None:
        """A void that comes before what it voids, which comes late in other ways too."""
        late = answered(mail, str(which)) | {"timestamp": at}
        self.put(on(late["id"], by="ines@example.org"), on(late["id"], VOIDED, by=mail), late)

    def correct(self, which: int, mail: str, at: str) -> None:
        """The next revision of an item, whose former one may be voided or not."""
        former = self.known(which)
        self.put(answered(mail, str(which % 6), **{Extension.REPLACES: former}) | {"timestamp": at})

    def merge(self, which: int, mail: str, at: str) -> None:
        with transaction():
            people.merge(people.get_person(MAILS[which % 3]), people.get_person(mail))

    def unmerge(self, which: int, mail: str, at: str) -> None:
        merged = people.Person.merged_into.is_not(None)
        with transaction() as session:
            for person in session.scalars(people.select(people.Person).where(merged)):
                people.unmerge(person)

    def link(self, which: int, mail: str, at: str) -> None:
        with transaction():
            people.link(people.get_person(MAILS[which % 3]), MAILS[3])

    def unlink(self, which: int, mail: str, at: str) -> None:
        with transaction():
            people.unlink(people.get_person(MAILS[which % 3]), MAILS[3])

    def expert(self, which: int, mail: str, at: str) -> None:
        with transaction():
            person = people.get_person(mail)
            (people.give_role if which % 2 else people.take_role)(person, "expert")

    def exclude(self, which: int, mail: str, at: str) -> None:
        with transaction():
            exclude(self.known(which), people.get_person(mail).id, excluded=which % 3 != 0)

    def align(self, which: int, mail: str, at: str) -> None:
        """Another ruleset is published, and served once it has caught up."""
        self.aligned += 1
        match = {"object_id": f"https://forum.example.org/t/{self.aligned}"}
        with transaction():
            row = rulesets.align(match=match, competency=DATA, by="test")
        rulesets.bring_into_force(row)

    def follow(self, which: int, mail: str, at: str) -> None:
        holder = holder_name()
        projector.advance(reader(), holder=holder)
        projector.release(holder)


@pytest.fixture
def history(app: Flask, monkeypatch: pytest.MonkeyPatch) -> History:
    short_stretches(monkeypatch, 3)
    monkeypatch.setattr(shards, "SIZE", 2)
    for mail in MAILS[:3]:
        a_person(mail, mail)
    return History(an_origin("forum", "source", attests="expert", ceiling="expert"))


@pytest.fixture
def two(app: Flask) -> Iterator[Crew]:
    with pool() as crew:
        yield crew


def happens(history: History, listed: list[Act]) -> None:
    for act in listed:
        history.add(act)
    settle()


def settle() -> None:
    """Follow the log to its end, a ruleset that is being built too."""
    profiles.catch_up()
    holder = holder_name()
    while projector.advance(reader(), holder=holder):
        pass
    projector.release(holder)
    db.session.rollback()


@quick
@given(listed=acts, seed=st.integers(0, 1000))
def test_a_rebuild_in_any_order_gives_what_following_gave(
    history: History, listed: list[Act], seed: int
) -> None:
    happens(history, listed)
    before, digest = projected(), profiles.digest_of(profiles.today())
    done = rebuild(check=False, crew=Shuffled(random.Random(seed)))
    assert (done.equal, done.digest) == (True, digest)
    assert projected() == before


@quick
@given(listed=acts)
def test_a_pool_gives_what_following_gave(history: History, two: Crew, listed: list[Act]) -> None:
    happens(history, listed)
    before, digest = projected(), profiles.digest_of(profiles.today())
    assert rebuild(check=True, crew=two).digest == digest
    assert rebuild(check=False, crew=two).equal
    assert projected() == before


@quick
@given(listed=acts)
def test_a_merge_and_back_leaves_every_digest_as_it_was(
    history: History, listed: list[Act]
) -> None:
    happens(history, listed)
    history.unmerge(0, "", "")
    before = profiles.person_digests(AS_OF)
    with transaction():
        people.merge(people.get_person(MAILS[0]), people.get_person(MAILS[1]))
    history.unmerge(0, "", "")
    assert profiles.person_digests(AS_OF) == before


@quick
@given(listed=acts)
def test_a_statement_and_its_void_leave_every_digest_as_it_was(
    history: History, listed: list[Act]
) -> None:
    happens(history, listed)
    before = profiles.person_digests(AS_OF)
    history.answer(7, MAILS[0], "2026-10-05T09:00:00Z")
    history.void(len(history.sids) - 1, MAILS[0], "")
    settle()
    assert profiles.person_digests(AS_OF) == before


@quick
@given(listed=acts)
def test_a_ruleset_and_back_leaves_every_digest_as_it_was(
    history: History, listed: list[Act]
) -> None:
    happens(history, listed)
    before, row = profiles.person_digests(AS_OF), rulesets.current()
    history.align(0, "", "")
    settle()
    rulesets.bring_into_force(row)
    settle()
    assert profiles.person_digests(AS_OF) == before


@quick
@given(listed=acts)
def test_a_snapshot_holds_the_digests_of_all_who_have_levels(
    history: History, listed: list[Act]
) -> None:
    happens(history, listed)
    snapshots.take(AS_OF)
    found = {one.digest for one in snapshots.levels(AS_OF, DATA)}
    assert found <= set(profiles.person_digests(AS_OF).values())
    assert len(found) == len(snapshots.levels(AS_OF, DATA))
