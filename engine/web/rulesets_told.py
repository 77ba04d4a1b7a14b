"""What may be told of a simulation: groups of people that are large enough, and nobody's name.

The L&D team writes rules and may not read profiles, so a group is told from five people on, and
only where those who are left out are none or five as well. Names and single moves are told by the
command line, to whoever runs the installation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from engine.movements import Move, Reason
from engine.simulation import Simulation

SMALLEST = 5
REASONS = 8
DIRECTIONS = ("up", "down", "new", "lost")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """A reason as a move has it, and of how many of the group; 0: of nearly all."""

    what: str
    where: str
    before: Any
    after: Any
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many go from one level to another; None where there was or will be no evidence."""

    before: int | None
    after: int | None
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People who move the same way; `score_milli` on average, in thousandths of a level."""

    direction: str
    people: int
    score_milli: int
    steps: tuple[Step, ...]
    reasons: tuple[Because, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One competency or node; `others`: more people move, in groups too small to be told."""

    competency: str
    groups: tuple[Group, ...]
    others: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told: `enough` is False where there are too few people to tell anything.

    `still` counts the competencies in which nobody's level changes.
    """

    before: str
    after: str
    as_of: str
    people: int
    statements: int
    enough: bool
    still: int
    rows: tuple[Row, ...]

    def total(self, direction: str) -> int:
        """How many levels go this way in the groups that are told."""
        groups = (group for row in self.rows for group in row.groups)
        return sum(group.people for group in groups if group.direction == direction)


def told(found: Simulation) -> Told:
    """A simulation without anybody in it."""
    enough = found.people >= SMALLEST
    rows = list(_rows(found)) if enough else []
    return Told(
        before=found.before,
        after=found.after,
        as_of=found.as_of.isoformat(),
        people=found.people,
        statements=found.statements,
        enough=enough,
        still=len(found.tallies) - len(rows) if enough else 0,
        rows=tuple(sorted(rows, key=lambda row: -sum(one.people for one in row.groups))),
    )


def as_json(found: Told) -> dict[str, Any]:
    """What is told, for keeping it."""
    return asdict(found)


def from_json(kept: Mapping[str, Any]) -> Told:
    """What was kept."""
    rows = tuple(
        Row(**{**row, "groups": tuple(_group(one) for one in row["groups"])})
        for row in kept["rows"]
    )
    return Told(**{**kept, "rows": rows})


def _group(kept: Mapping[str, Any]) -> Group:
    steps = tuple(Step(**one) for one in kept["steps"])
    reasons = tuple(Because(**one) for one in kept["reasons"])
    return Group(**{**kept, "steps": steps, "reasons": reasons})


def _rows(found: Simulation) -> Iterable[Row]:
    moves: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for learner in found.moved:
        for move in learner.moves:
            moves[move.competency, move.direction].append(move)
    for competency, tally in found.tallies.items():
        moving = {name: tally[name] for name in DIRECTIONS if tally[name]}
        if moving:
            shown = large(moving, sum(tally.values()))
            groups = tuple(_told(name, moves[competency, name]) for name in shown)
            yield Row(competency=competency, groups=groups, others=len(shown) < len(moving))


def large(counts: Mapping[K, int], everybody: int) -> dict[K, int]:
    """The groups that may be told: none, and not what is left beside them, is 1 to 4 people."""
    shown = {name: number for name, number in counts.items() if number >= SMALLEST}
    while shown and 0 < everybody - sum(shown.values()) < SMALLEST:
        del shown[min(shown, key=lambda name: shown[name])]
    return shown


def _told(direction: str, moves: Sequence[Move]) -> Group:
    steps = Counter(
        (
            move.before.level if move.before else None,
            move.after.level if move.after else None,
        )
        for move in moves
    )
    return Group(
        direction=direction,
        people=len(moves),
        score_milli=round(sum(move.score_milli for move in moves) / len(moves)),
        steps=tuple(
            Step(before=before, after=after, people=number)
            for (before, after), number in large(steps, len(moves)).items()
        ),
        reasons=tuple(_reasons(moves)),
    )


def _reasons(moves: Sequence[Move]) -> Iterable[Because]:
    """What most of a group has in common, the most frequent first."""
    shared = Counter(_plain(reason) for move in moves for reason in move.reasons)
    for (what, where, before, after), number in shared.most_common(REASONS):
        if number >= SMALLEST:
            rest = len(moves) - number
            yield Because(
                what=what,
                where=where,
                before=before,
                after=after,
                people=0 if 0 < rest < SMALLEST else number,
            )


def _plain(reason: Reason) -> tuple[str, str, Any, Any]:
    """A reason without the number of somebody's rows; a part's score is somebody's as well."""
    if reason.what == "child":
        return reason.what, reason.where, None, None
    before, after = (_hashable(one) for one in (reason.before, reason.after))
    return reason.what, reason.where, before, after


def _hashable(value: Any) -> Any:
    return value if isinstance(value, Hashable) and not isinstance(value, tuple) else str(value)
