"""One competency of one person as piles of evidence, from which a level on any day is a short sum.

Things that were met on one day and weigh the same are added up together, so that a level costs as
many steps as there are days, not as there are things. All sums are in whole numbers, hence equal
to those over single things.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from itertools import chain

from engine.competencies.counting import Counted, Record, count_rows
from engine.competencies.decay import MICRO, decay_ppm
from engine.competencies.policy import Kind, Policy

Fade = Callable[[int], int]
"""What is left of a weight of a day, in millionths."""

_Days = Mapping[int, Counted]
"""The rows that stand for one thing, by day."""

_Piles = Mapping[str, "Pile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """The evidence of one kind that speaks for one level.

    `cells` has the row that stands for each thing on each day. The rest follows from it: how many
    things there are that were met `once`, by day and weight; those met `again`; what each of the
    `days` weighs.
    """

    kind: Kind
    cells: Mapping[str, _Days]
    once: Mapping[tuple[int, int], int]
    again: frozenset[str]
    days: Mapping[int, int]

    @classmethod
    def of(cls, kind: Kind, listed: Iterable[Counted]) -> Pile:
        """A pile of rows, those that stand for the others first."""
        cells: dict[str, dict[int, Counted]] = {}
        for one in listed:
            cells.setdefault(one.thing, {}).setdefault(one.row.day, one)
        return cls(
            kind=kind,
            cells=cells,
            once=Counter(chain.from_iterable(map(_alone, cells.values()))),
            again=frozenset(thing for thing, days in cells.items() if len(days) > 1),
            days=_weights(cells.values()),
        )

    def with_more(self, more: Iterable[Counted]) -> Pile:
        """The pile with some more rows, or with rows that count for more than they did."""
        cells, once, days = dict(self.cells), Counter(self.once), Counter(self.days)
        for one in more:
            before = cells.get(one.thing, {})
            stood = before.get(one.row.day)
            if stood is not None and stood.order <= one.order:
                continue
            after = {**before, one.row.day: one}
            once.subtract(_alone(before))
            once.update(_alone(after))
            days[one.row.day] += one.weight - (stood.weight if stood else 0)
            cells[one.thing] = after
        again = self.again | {one.thing for one in more if len(cells[one.thing]) > 1}
        return replace(self, cells=cells, once=once, again=again, days=days)

    def by_thing(self, fade: Fade, seen: int) -> int:
        """A of the model: each thing counts with its best day."""
        once = sum(
            number * (weight * fade(day) // MICRO)
            for (day, weight), number in self.once.items()
            if day <= seen
        )
        return once + sum(_best(self.cells[thing], fade, seen) for thing in self.again)

    def by_day(self, fade: Fade, seen: int) -> int:
        """B of the model: no day counts for more than the kind allows."""
        cap = self.kind.day_cap
        return sum(
            (found if cap is None else min(cap, found)) * fade(day) // MICRO
            for day, found in self.days.items()
            if day <= seen
        )

    def is_busy(self) -> bool:
        """Whether some day had more than a day can be worth."""
        cap = self.kind.day_cap
        return cap is not None and any(found > cap for found in self.days.values())

    def mass(self, fade: Fade, seen: int) -> int:
        """K of the model: the smaller of both, saturated at the kind's cap."""
        return saturated(self.kind, min(self.by_thing(fade, seen), self.by_day(fade, seen)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """One competency of one person: piles by polarity, level and kind; decay is not in it."""

    competency: str
    counted: Sequence[Counted]
    policy: Policy
    positive: Sequence[_Piles]
    negative: Sequence[_Piles]

    @classmethod
    def of(cls, competency: str, counted: Iterable[Counted], policy: Policy) -> Ledger:
        """Rows sorted into piles."""
        # Sorted once: the first row to enter a cell is then the one that stands for it.
        listed = sorted(counted, key=lambda one: one.order)
        ups = [one for one in listed if one.row.polarity > 0]
        downs = [one for one in listed if one.row.polarity < 0]
        levels = range(1, len(policy.scale.levels) + 1)
        return cls(
            competency=competency,
            counted=listed,
            policy=policy,
            positive=_piled(policy, [[one for one in ups if one.reach >= at] for at in levels]),
            negative=_piled(policy, [[one for one in downs if one.reach <= at] for at in levels]),
        )

    def with_more(self, more: Sequence[Counted]) -> Ledger:
        """The ledger with some more rows for her, or with rows that count for more."""
        return replace(
            self,
            positive=[
                _with_more(self.policy, piles, [one for one in more if one.reach >= at])
                for at, piles in enumerate(self.positive, start=1)
            ],
        )

    @property
    def half_life(self) -> int | None:
        """The days after which evidence for this competency counts half."""
        return self.policy.half_lives[self.competency]


def ledgers(record: Record, as_of: date) -> Mapping[str, Ledger]:
    """Her visible evidence, sorted into one ledger per competency; decay is not in it yet."""
    if ("ledgers", as_of) not in record.known:
        counted: dict[str, list[Counted]] = defaultdict(list)
        for one in count_rows(record, as_of):
            counted[one.row.competency].append(one)
        record.known["ledgers", as_of] = {
            competency: Ledger.of(competency, counted[competency], record.policy)
            for competency in sorted(counted)
        }
    found: Mapping[str, Ledger] = record.known["ledgers", as_of]
    return found


def masses(
    ledger: Ledger, today: int, half_life: int | None, seen: int | None = None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """P and N of the model for every level.

    :param seen: the last day whose evidence is known; by default today.
    """
    fade = fading(today, half_life)
    until = today if seen is None else seen
    positive, negative = (
        tuple(sum(pile.mass(fade, until) for pile in piles.values()) for piles in side)
        for side in (ledger.positive, ledger.negative)
    )
    return positive, negative


def supports(policy: Policy, positive: Sequence[int], negative: Sequence[int]) -> tuple[int, ...]:
    """For each level the share of what speaks for it, doubt included, in millionths."""
    return tuple(
        part(p * MICRO, p + n + doubt)
        for p, n, doubt in zip(positive, negative, policy.scale.scepticism, strict=True)
    )


def level_of(policy: Policy, support: Sequence[int]) -> int:
    """The highest level that reaches the threshold, together with all below it."""
    reached = [at for at, found in enumerate(support) if found < policy.scale.tau]
    return reached[0] if reached else len(support)


def score_milli(policy: Policy, level: int, support: Sequence[int]) -> int:
    """A level in thousandths, with how far the next one is."""
    if level == len(support):
        return 1000 * level
    return 1000 * level + min(999, 999 * support[level] // policy.scale.tau)


def saturated(kind: Kind, amount: int) -> int:
    """What an amount of one kind is worth, however much there is of it."""
    return amount if kind.cap is None else part(amount * kind.cap, amount + kind.cap)


@lru_cache(maxsize=16)
def fading(today: int, half_life: int | None) -> Fade:
    """How evidence of each day has faded by today; a page asks for the same days many times."""
    return _Faded(today, half_life).__getitem__


class _Faded(dict[int, int]):
    """What is left by today of a weight of each day, in millionths, as it is asked for."""

    def __init__(self, today: int, half_life: int | None) -> None:
        super().__init__()
        self._today, self._half_life = today, half_life

    def __missing__(self, day: int) -> int:
        self[day] = decay_ppm(self._today - day, self._half_life)
        return self[day]


def part(amount: int, whole: int) -> int:
    """A share, rounded down; of nothing it is nothing."""
    return amount // whole if whole else 0


def best_day(days: _Days, fade: Fade, seen: int) -> tuple[int, int]:
    """What a thing is worth, and the day it is worth that; of equal ones the latest."""
    if len(days) == 1:  # as nearly all are
        ((day, one),) = days.items()
        return (one.weight * fade(day) // MICRO, day) if day <= seen else (0, 0)
    return max(
        ((one.weight * fade(day) // MICRO, day) for day, one in days.items() if day <= seen),
        default=(0, 0),
    )


def _best(days: _Days, fade: Fade, seen: int) -> int:
    return best_day(days, fade, seen)[0]


def _alone(days: _Days) -> list[tuple[int, int]]:
    """The day and the weight of a thing that was met once; nothing of others."""
    return [(day, one.weight) for day, one in days.items()] if len(days) == 1 else []


def _weights(cells: Iterable[_Days]) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for days in cells:
        for day, one in days.items():
            sums[day] += one.weight
    return sums


def _piled(policy: Policy, levels: Sequence[Sequence[Counted]]) -> list[_Piles]:
    """The piles of each level; levels that the same rows speak for share them."""
    made: dict[int, _Piles] = {}
    for listed in levels:  # of two levels one has all that the other has, so numbers tell
        if len(listed) not in made:
            made[len(listed)] = _by_kind(policy, listed)
    return [made[len(listed)] for listed in levels]


def _by_kind(policy: Policy, listed: Iterable[Counted]) -> dict[str, Pile]:
    kinds: dict[str, list[Counted]] = defaultdict(list)
    for one in listed:
        kinds[one.row.kind].append(one)
    return {kind: Pile.of(policy.kinds[kind], rows) for kind, rows in kinds.items()}


def _with_more(policy: Policy, piles: _Piles, more: Iterable[Counted]) -> _Piles:
    kinds: dict[str, list[Counted]] = defaultdict(list)
    for one in more:
        kinds[one.row.kind].append(one)
    empty = partial(Pile.of, listed=())
    changed = {
        kind: piles.get(kind, empty(policy.kinds[kind])).with_more(rows)
        for kind, rows in kinds.items()
    }
    return {**piles, **changed}
