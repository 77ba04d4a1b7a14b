"""Work that gathers: each gets its own result, and nobody another's failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from engine.errors import Conflict
from engine.lrs.gathering import Gathering

BAD, WORSE = -1, -2


class Desk:
    """Doubles numbers; while `open` is not set, whoever comes waits."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.open = threading.Event()
        self.open.set()
        self.closed = False

    @contextmanager
    def opened(self) -> Iterator[Desk]:
        """Wait for the desk; who comes meanwhile is in the first batch, too."""
        self.open.wait(5)
        if self.closed:
            raise Conflict("closed", "come again")
        yield self

    def work(self, _desk: Desk, groups: Sequence[Sequence[int]]) -> list[list[int]]:
        self.batches.append(len(groups))
        numbers = [number for group in groups for number in group]
        if WORSE in numbers:
            raise OSError("nobody foresaw this")
        if BAD in numbers:
            raise Conflict("bad", "send another")
        return [[2 * number for number in group] for group in groups]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def gathering(desk: Desk) -> Gathering[Desk, int, list[int]]:
    return Gathering[Desk, int, list[int]](desk.opened, desk.work, most=100, may_fail=(Conflict,))


def outcome(gathering: Gathering[Desk, int, list[int]], number: int) -> list[int] | str:
    """What one of many gets."""
    try:
        return gathering.do([number])
    except (Conflict, OSError) as error:
        return type(error).__name__


def all_at_once(
    desk: Desk, gathering: Gathering[Desk, int, list[int]], numbers: Sequence[int]
) -> list[list[int] | str]:
    """What each gets where all but the first wait for it."""
    desk.open.clear()
    with ThreadPoolExecutor(len(numbers)) as pool:
        asked = [pool.submit(outcome, gathering, number) for number in numbers]
        threading.Timer(0.3, desk.open.set).start()
        return [one.result(10) for one in asked]


def test_each_gets_its_own_result(desk: Desk, gathering: Gathering[Desk, int, list[int]]) -> None:
    assert all_at_once(desk, gathering, range(20)) == [[2 * number] for number in range(20)]
    assert desk.batches == [20]


def test_a_mistake_is_nobody_elses(desk: Desk, gathering: Gathering[Desk, int, list[int]]) -> None:
    found = all_at_once(desk, gathering, [1, BAD, 3, 4])
    assert found == [[2], "Conflict", [6], [8]]


def test_after_what_nobody_foresaw_everybody_is_told_and_it_goes_on(
    desk: Desk, gathering: Gathering[Desk, int, list[int]]
) -> None:
    found = all_at_once(desk, gathering, [1, WORSE, 3])
    assert "OSError" in found
    assert all(one in ([2], [6], "OSError") for one in found)
    assert gathering.do([5]) == [10]


def test_who_finds_it_closed_is_told_so(
    desk: Desk, gathering: Gathering[Desk, int, list[int]]
) -> None:
    desk.closed = True
    assert set(all_at_once(desk, gathering, [1, 2, 3])) == {"Conflict"}
    desk.closed = False
    assert gathering.do([5]) == [10]
    assert desk.batches == [1]
