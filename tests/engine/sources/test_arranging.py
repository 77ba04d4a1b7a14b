"""The order in which what a source says is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from engine.api import Activity, Actor, Failed, Gone, ItemRef, Skipped
from engine.errors import BadReport
from engine.sources import arranging
from engine.sources.arranging import Arrangement, Said

NOON = datetime(2026, 9, 8, 12, tzinfo=UTC)
EVENING = datetime(2026, 9, 8, 18, tzinfo=UTC)
ARRIVED = 1_800_000_000_000_000


def did(row: int, *keys: str, about: str | None = None, reported: datetime | None = None) -> Said:
    return Activity(
        rows=(row,),
        keys=keys,
        actor=Actor(email="bo@example.org"),
        verb="attended",
        object=ItemRef(about) if about else None,
        at=NOON,
        reported_at=reported,
    )


def gone(row: int, key: str) -> Said:
    return Gone(key=key, rows=(row,))


@pytest.fixture(params=[pytest.param(5_000, id="kept"), pytest.param(0, id="read again")])
def _kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arranging, "KEPT", request.param)


pytestmark = pytest.mark.usefixtures("_kept")


def taken(*said: Said) -> list[Said]:
    return list(Arrangement.of(said).apply(lambda: said, arrived_at=ARRIVED))


def rows(*said: Said) -> list[tuple[int | str, ...]]:
    return [one.rows if hasattr(one, "rows") else (one.row,) for one in taken(*said)]


def test_what_is_told_once_stays_in_its_order() -> None:
    said = (did(1, "a"), Skipped(row=2, why="-"), did(3, "b"), Failed(row=4, why="-", mend="-"))
    assert taken(*said) == list(said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param((did(1, "a"), did(2, "a")), [(2, 1)], id="one key"),
        pytest.param((did(1, "a", "x"), did(2, "x", "b")), [(2, 1)], id="a shared key"),
        pytest.param((did(1, "a"), did(2, "b"), did(3, "a", "b")), [(3, 1, 2)], id="a third joins"),
        pytest.param((did(1, "a"), gone(2, "a")), [(2, 1)], id="made and gone"),
        pytest.param((gone(1, "a"), did(2, "a")), [(2, 1)], id="gone and back"),
        pytest.param(
            (did(1, "a", reported=EVENING), did(2, "a", reported=NOON)),
            [(1, 2)],
            id="the later report counts",
        ),
        pytest.param(
            (did(1, "a"), did(2, "a", reported=NOON)), [(1, 2)], id="no date means on arrival"
        ),
    ],
)
def test_an_item_told_of_twice_is_taken_once(
    said: tuple[Said, ...], expected: list[tuple[int, ...]]
) -> None:
    assert rows(*said) == expected


def test_an_item_keeps_the_keys_of_all_its_tellings() -> None:
    (one,) = taken(did(1, "a"), did(2, "b"), did(3, "c", "a", "b"))
    assert isinstance(one, Activity)
    assert one.keys == ("c", "a", "b")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param((did(1, "yes", about="a"), did(2, "a")), [(2,), (1,)], id="before its target"),
        pytest.param(
            (did(1, "z", about="y"), did(2, "y", about="x"), did(3, "x"), did(4, "w")),
            [(3,), (2,), (1,), (4,)],
            id="a chain from behind",
        ),
        pytest.param(
            (did(1, "x"), did(2, "yes", about="x"), did(3, "x")),
            [(3, 1), (2,)],
            id="before its target's last telling",
        ),
        pytest.param((did(1, "yes", about="elsewhere"),), [(1,)], id="its target is elsewhere"),
        pytest.param((did(1, "a", about="b"), did(2, "b", about="a")), [(2,), (1,)], id="a circle"),
    ],
)
def test_what_refers_to_an_item_comes_after_it(
    said: tuple[Said, ...], expected: list[tuple[int, ...]]
) -> None:
    assert rows(*said) == expected


CHAIN = (
    did(1, "a"),
    did(2, "b", about="a"),
    did(3, "c", about="b"),
    did(4, "d", about="c"),
    did(5, "a", reported=NOON),
)


@pytest.mark.parametrize("said", list(permutations(CHAIN)), ids=lambda said: "".join(rows_of(said)))
def test_whatever_the_order_what_refers_comes_after(said: tuple[Said, ...]) -> None:
    keys = [one.keys[0] for one in taken(*said) if isinstance(one, Activity)]
    assert keys == ["a", "b", "c", "d"]


SAID = (
    did(1, "a"),
    did(2, "b", about="c"),
    did(3, "c"),
    gone(4, "a"),
    did(5, "d", "b"),
)


@pytest.mark.parametrize("said", list(permutations(SAID)), ids=lambda said: "".join(rows_of(said)))
def test_no_row_is_lost_and_the_length_is_known(said: tuple[Said, ...]) -> None:
    arrangement = Arrangement.of(said)
    found = list(arrangement.apply(lambda: said, arrived_at=ARRIVED))
    assert len(found) == arrangement.length
    assert sorted(row for one in found for row in one.rows) == [1, 2, 3, 4, 5]


def rows_of(said: tuple[Said, ...]) -> list[str]:
    return [str(one.rows[0]) for one in said]


def test_a_plugin_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arranging, "MOST", 2)
    with pytest.raises(BadReport) as refusal:
        taken(did(1, "a"), did(2, "b"), did(3, "c"))
    assert refusal.value.why == "It tells of more than 2 things."


def test_what_is_too_much_together_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arranging, "KEPT", 2)
    found = [Arrangement.of([did(row, str(row))]) for row in range(3)]
    arranging.let_go(found)
    assert [one.heard is None for one in found] == [False, False, True]
