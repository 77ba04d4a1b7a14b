"""Work that several threads bring at once, done together by whoever comes first.

A transaction costs the same for one statement as for fifty; so those that wait for their turn are
stored in the next one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Place = TypeVar("Place")
Brought = TypeVar("Brought")
Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Turn(Generic[Brought, Result]):
    brought: Sequence[Brought]
    result: Future[Result] = field(default_factory=Future)


class Gathering(Generic[Place, Brought, Result]):
    """One at a time does the work for all who wait."""

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Place]],
        work: Callable[[Place, Sequence[Sequence[Brought]]], Sequence[Result]],
        *,
        most: int,
        may_fail: tuple[type[Exception], ...],
    ) -> None:
        """Set up.

        :param opened: where the work is done, a transaction; who comes while it is waited for is
            still taken along.
        :param work: does what several brought at once, a result for each; all of it or nothing.
        :param most: how much is done at once; who brings more is alone.
        :param may_fail: what is raised because of what somebody brought; it is then done again
            for each alone, so that nobody's mistake is another's.
        """
        self._opened, self._work, self._most, self._may_fail = opened, work, most, may_fail
        self._waiting: deque[_Turn[Brought, Result]] = deque()
        self._lock = threading.Lock()

    def do(self, brought: Sequence[Brought]) -> Result:
        """Have it done, with what others bring meanwhile; raises what `work` raises."""
        turn = _Turn[Brought, Result](brought)
        self._waiting.append(turn)
        with self._lock:
            try:
                while not turn.result.done():
                    self._settle()
            finally:
                if turn in self._waiting:  # whoever is told of a failure has nothing done later
                    self._waiting.remove(turn)
        return turn.result.result()

    def _gathered(self) -> list[_Turn[Brought, Result]]:
        """Those who wait, in order, as many as are done at once; at least one."""
        turns = [self._waiting.popleft()]
        size = len(turns[0].brought)
        while self._waiting and size + len(self._waiting[0].brought) <= self._most:
            turns.append(self._waiting.popleft())
            size += len(turns[-1].brought)
        return turns

    def _settle(self) -> None:
        turns: list[_Turn[Brought, Result]] = []
        try:
            try:
                self._try(turns)
            except self._may_fail as error:
                if not turns:
                    raise
                self._try_each(turns, error)
        except BaseException as error:  # what nobody foresaw is told to all who wait for it
            for turn in turns:
                if not turn.result.done():
                    turn.result.set_exception(error)
            raise

    def _try(self, turns: list[_Turn[Brought, Result]]) -> None:
        """Do it for these, or for those who wait once the place is open; who they were is kept."""
        with self._opened() as place:
            turns += [] if turns else self._gathered()
            results = self._work(place, [turn.brought for turn in turns])
        for turn, result in zip(turns, results, strict=True):
            turn.result.set_result(result)

    def _try_each(self, turns: list[_Turn[Brought, Result]], error: Exception) -> None:
        """Do it for each alone, after an error that one of them caused."""
        if len(turns) == 1:
            turns[0].result.set_exception(error)
            return
        for turn in turns:
            try:
                self._try([turn])
            except self._may_fail as its_own:
                turn.result.set_exception(its_own)
