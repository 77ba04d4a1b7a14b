"""A rebuild from beginning to end: weigh the log anew beside what is served, compare, serve."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine import __version__
from engine.competencies import projector
from engine.db import Lease, drop_lease, holder_name, reading, take_lease, writing
from engine.errors import Conflict
from engine.pipeline import reader
from engine.profiles import PAUSE, today, whole
from engine.rebuilding import shards, stretches
from engine.rebuilding.crews import Alone, Crew
from engine.rebuilding.shards import Comparison, both
from engine.rebuilding.stretches import REBUILD

HELD_S, RENEWED_S = 600, 30
NEAR = 5000
"""How many statements behind the log a rebuild may be when it begins to follow it."""

Progress = Callable[[str, int, int | None], None]
"""What is told of a rebuild: what it is at, how much is done, and of how much if that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A rebuild's digest, how much it read, and whether it equals what pages show."""

    digest: str
    statements: int
    learners: int
    equal: bool


@dataclass(slots=True)
class _Turn:
    """The right to rebuild, renewed while the work goes on."""

    lease: Lease
    renewed: float = field(default_factory=time.monotonic)

    def renew(self) -> None:
        """Say that we are still at it."""
        if time.monotonic() - self.renewed < RENEWED_S:
            return
        with writing() as connection:
            lease = take_lease(connection, REBUILD, self.lease.holder, seconds=HELD_S)
        if lease is None:
            raise Conflict("Another rebuild has taken over.", "Leave it to that one.")
        self.renewed = time.monotonic()


def rebuild(*, check: bool, crew: Crew | None = None, progress: Progress | None = None) -> Rebuilt:
    """Work everything out again from the log beside what is served, compare, and serve it.

    With `check` the result is thrown away. Pages read the old rows until the new are whole, and
    statements may keep coming. What was broken off is gone on with, by whoever rebuilds next.

    :raises Conflict: another rebuild is under way, or a ruleset was published meanwhile.
    """
    with _alone() as turn:
        work = _Rebuild(
            generation=projector.rebuild_of(_served().ruleset_id, __version__),
            crew=crew or Alone(),
            turn=turn,
            tell=progress or (lambda _what, _done, _of: None),
        )
        return work.run(check=check)


@contextmanager
def _alone() -> Iterator[_Turn]:
    """One rebuild at a time."""
    with writing() as connection:
        lease = take_lease(connection, REBUILD, holder_name(), seconds=HELD_S)
    if lease is None:
        raise Conflict("Another rebuild is under way.", "Wait until it has ended.")
    try:
        yield _Turn(lease)
    finally:
        projector.release(lease.holder)
        with writing() as connection:
            drop_lease(connection, lease)


def _served() -> Any:
    with reading() as connection:
        return projector.serving_in(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rebuild:
    generation: int
    crew: Crew
    turn: _Turn
    tell: Progress

    def run(self, *, check: bool) -> Rebuilt:
        """Both stages, and what follows."""
        try:
            self._weigh()
            self._catch_up()
            result = self._compare()
        except Conflict:
            if self._is_outdated():
                projector.drop(self.generation)
            raise
        if check:
            projector.drop(self.generation)
        while not check and not projector.serve(self.generation):
            self._step()
        return result

    def _weigh(self) -> None:
        """Stage one: the whole log, then what has come meanwhile, until there is little left."""
        mine, served = self._both()
        if mine.state != "rebuilding":
            return
        done, behind = stretches.weighed(self.generation), NEAR
        while behind >= NEAR:
            end, behind = reader().last(), 0
            left = stretches.left(self.generation, mine.ruleset_id, self.turn.lease.fence, end)
            for count in self.crew.each(stretches.weigh, left):
                behind += count
                self._both()
                self._told("Weighing the log", done + behind, max(served.statements, done + behind))
            done += behind
        projector.follow_from(self.generation, end)

    def _catch_up(self) -> None:
        """Follow the log until both projections stand at the same place."""
        end = reader().last()
        while True:
            mine, served = self._both()
            if mine.cursor == served.cursor >= end:
                return
            self._told("Catching up", mine.statements, None)
            self._step()

    def _compare(self) -> Rebuilt:
        """Stage two: everybody's levels, in the rebuild and in what is served."""
        learners, digest, equal, day = 0, 0, True, today()
        tasks = (
            Comparison(generation=self.generation, as_of=day, shard=shard)
            for shard in shards.shards(self.generation)
        )
        for tally in self.crew.each(shards.compare, tasks):
            learners, digest = learners + tally.learners, digest + tally.digest
            equal = equal and tally.equal
            self._told("Comparing profiles", learners, None)
        statements = self._both()[0].statements
        return Rebuilt(
            digest=whole([digest]), statements=statements, learners=learners, equal=equal
        )

    def _step(self) -> None:
        """One stretch further, by us or by a worker."""
        if not projector.advance(reader(), holder=self.turn.lease.holder):
            time.sleep(PAUSE)
        self._both()

    def _both(self) -> tuple[Any, Any]:
        with reading() as connection:
            return both(connection, self.generation)

    def _is_outdated(self) -> bool:
        """Whether the rebuild is of no use any more, rather than taken over by somebody."""
        try:
            self._both()
        except Conflict:
            return True
        return False

    def _told(self, what: str, done: int, of: int | None) -> None:
        self.turn.renew()
        self.tell(what, done, of)
