"""From evidence rows to levels: the one implementation of the model, in whole numbers.

Every step is a MAX, a SUM, a MIN or a rising function, so neither the order of the rows nor the
machine matters. Who counts as what has been decided in `counting`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.competencies.counting import PEER, TRUST_ALL, Counted, Record, Trust, count_rows
from engine.competencies.decay import MICRO, decay_ppm
from engine.competencies.evidence import EvidenceRow, Ruleset, Validation
from engine.competencies.policy import Assurance, Kind, Policy

__all__ = ["TRUST_ALL", "Record", "Standing", "Trust", "score", "standings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One thing's share in a level; the shares of a standing add up to its mass exactly.

    `caps` names the limits that made it count for less: `day_cap` (a busy day), `cap` (enough of
    this kind).
    """

    statement: str
    kind: str
    day: int
    assurance: str
    weight: int
    contribution: int
    rule: str
    object_key: str
    age: int
    decay_ppm: int
    bound: int
    caps: tuple[str, ...]

    @property
    def date(self) -> date:
        """The UTC day it happened on."""
        return date.fromordinal(self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one person stands in one competency on one day; masses in millionths, per level."""

    competency: str
    level: int
    lifetime_level: int
    positive: tuple[int, ...]
    negative: tuple[int, ...]
    support_ppm: tuple[int, ...]
    score_milli: int
    confidence_ppm: int
    basis: str | None
    validated_ppm: int
    evidence_count: int
    newest: int
    explain: tuple[Explained, ...]

    @property
    def newest_date(self) -> date:
        """The UTC day of the newest evidence."""
        return date.fromordinal(self.newest)


_Cells = Mapping[str, Mapping[int, Counted]]
"""Thing -> day -> the row that stands for that thing on that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _KindMass:
    """What one kind adds up to: K of the model, and each thing's term in A with its namer."""

    mass: int
    terms: Sequence[tuple[int, Counted]]
    caps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """One competency of one person, sorted into cells per polarity, level and kind."""

    competency: str
    counted: Sequence[Counted]
    policy: Policy
    positive: Sequence[Mapping[str, _Cells]]
    negative: Sequence[Mapping[str, _Cells]]

    @property
    def half_life(self) -> int | None:
        """The days after which evidence for this competency counts half."""
        return self.policy.half_lives[self.competency]


def score(
    rows: Iterable[EvidenceRow],
    validations: Iterable[Validation],
    *,
    ruleset: Ruleset,
    as_of: date,
    roles: Mapping[str, str] | None = None,
    trust: Trust = TRUST_ALL,
    own: frozenset[str] = frozenset(),
    persons: Mapping[str, Hashable] | None = None,
    formers: Mapping[str, str] | None = None,
) -> dict[str, Standing]:
    """Where one person stands in every competency she has visible evidence for."""
    record = Record(
        rows=tuple(rows),
        validations=tuple(validations),
        ruleset=ruleset,
        roles=roles or {},
        trust=trust,
        own=own,
        persons=persons or {},
        formers=formers or {},
    )
    return standings(record, as_of)


def standings(record: Record, as_of: date) -> dict[str, Standing]:
    """The same, from a record."""
    return {
        competency: standing(ledger, as_of) for competency, ledger in ledgers(record, as_of).items()
    }


def ledgers(record: Record, as_of: date) -> dict[str, Ledger]:
    """Her visible evidence, sorted into one ledger per competency; decay is not in it yet."""
    counted: dict[str, list[Counted]] = defaultdict(list)
    for one in count_rows(record, as_of):
        counted[one.row.competency].append(one)
    return {
        competency: _ledger(competency, counted[competency], record.policy)
        for competency in sorted(counted)
    }


def standing(ledger: Ledger, as_of: date) -> Standing:
    """Where somebody stands on a day, from her ledger."""
    policy, today = ledger.policy, as_of.toordinal()
    positive, negative = masses(ledger, today, ledger.half_life)
    support = supports(policy, positive, negative)
    level = level_of(policy, support)
    told = max(level, 1)
    explain = _explain(ledger, told, today)
    evidence = positive[told - 1] + negative[told - 1]
    return Standing(
        competency=ledger.competency,
        level=level,
        lifetime_level=level_of(policy, supports(policy, *masses(ledger, today, None))),
        positive=positive,
        negative=negative,
        support_ppm=support,
        score_milli=_score_milli(policy, level, support),
        confidence_ppm=_part(evidence * MICRO, evidence + policy.scale.confidence_n0),
        basis=_basis(policy.assurance, explain),
        validated_ppm=_validated(policy.assurance, explain, positive[told - 1]),
        evidence_count=len({one.row.statement_id for one in ledger.counted}),
        newest=max(one.row.day for one in ledger.counted),
        explain=explain,
    )


def masses(
    ledger: Ledger, today: int, half_life: int | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """P and N of the model for every level."""
    fade = _fading(today, half_life)
    both = (
        tuple(
            sum(
                _kind_mass(ledger.policy.kinds[kind], cells, fade).mass
                for kind, cells in level.items()
            )
            for level in side
        )
        for side in (ledger.positive, ledger.negative)
    )
    positive, negative = both
    return positive, negative


def supports(policy: Policy, positive: Sequence[int], negative: Sequence[int]) -> tuple[int, ...]:
    """For each level the share of what speaks for it, doubt included, in millionths."""
    return tuple(
        _part(p * MICRO, p + n + doubt)
        for p, n, doubt in zip(positive, negative, policy.scale.scepticism, strict=True)
    )


def level_of(policy: Policy, support: Sequence[int]) -> int:
    """The highest level that reaches the threshold, together with all below it."""
    reached = [at for at, found in enumerate(support) if found < policy.scale.tau]
    return reached[0] if reached else len(support)


def _part(amount: int, whole: int) -> int:
    return amount // whole if whole else 0


def _score_milli(policy: Policy, level: int, support: Sequence[int]) -> int:
    if level == len(support):
        return 1000 * level
    return 1000 * level + min(999, 999 * support[level] // policy.scale.tau)


def _ledger(competency: str, counted: list[Counted], policy: Policy) -> Ledger:
    # Sorted once: the first row to enter a cell is then the one that stands for it.
    listed = sorted(counted, key=lambda one: one.order)
    ups = [one for one in listed if one.row.polarity > 0]
    downs = [one for one in listed if one.row.polarity < 0]
    levels = range(1, len(policy.scale.levels) + 1)
    return Ledger(
        competency=competency,
        counted=listed,
        policy=policy,
        positive=[_cells(one for one in ups if one.reach >= level) for level in levels],
        negative=[_cells(one for one in downs if one.reach <= level) for level in levels],
    )


def _cells(listed: Iterable[Counted]) -> dict[str, dict[str, dict[int, Counted]]]:
    kinds: dict[str, dict[str, dict[int, Counted]]] = {}
    for one in listed:
        things = kinds.setdefault(one.row.kind, {})
        things.setdefault(one.thing, {}).setdefault(one.row.day, one)
    return kinds


def _fading(today: int, half_life: int | None) -> Callable[[int], int]:
    return lambda day: decay_ppm(today - day, half_life)


def _kind_mass(kind: Kind, cells: _Cells, fade: Callable[[int], int]) -> _KindMass:
    """A, B, C and K of the model: things, days, the smaller of both, saturated at the cap."""
    terms = [_term(days, fade) for days in cells.values()]
    by_thing = sum(term for term, _ in terms)
    by_day, busy = _day_view(kind, cells, fade)
    smaller = min(by_thing, by_day)
    mass = smaller if kind.cap is None else _part(smaller * kind.cap, smaller + kind.cap)
    caps = (
        *(["day_cap"] if busy and by_day < by_thing else []),
        *(["cap"] if mass < smaller else []),
    )
    return _KindMass(mass=mass, terms=terms, caps=caps)


def _term(days: Mapping[int, Counted], fade: Callable[[int], int]) -> tuple[int, Counted]:
    """What a thing is worth: its best day, of equal ones the latest."""
    term, day = max((one.weight * fade(day) // MICRO, day) for day, one in days.items())
    return term, days[day]


def _day_view(kind: Kind, cells: _Cells, fade: Callable[[int], int]) -> tuple[int, bool]:
    """B of the model, and whether some day had more than a day can be worth."""
    sums: dict[int, int] = defaultdict(int)
    for days in cells.values():
        for day, one in days.items():
            sums[day] += one.weight
    cap = kind.day_cap
    capped = {day: found if cap is None else min(cap, found) for day, found in sums.items()}
    return sum(found * fade(day) // MICRO for day, found in capped.items()), capped != sums


def _explain(ledger: Ledger, level: int, today: int) -> tuple[Explained, ...]:
    """What the mass at a level is made of, one entry per kind and thing, the largest first."""
    fade = _fading(today, ledger.half_life)
    entries = [
        _explained(share, one, kind_mass.caps, today, fade)
        for kind, cells in ledger.positive[level - 1].items()
        for kind_mass in [_kind_mass(ledger.policy.kinds[kind], cells, fade)]
        for share, one in _shares(kind_mass)
    ]
    return tuple(
        sorted(
            entries, key=lambda one: (-one.contribution, one.statement, one.kind, one.object_key)
        )
    )


def _shares(kind_mass: _KindMass) -> list[tuple[int, Counted]]:
    """A kind's mass dealt out by the things' terms; what has faded to nothing gets no entry."""
    terms = [(term, one) for term, one in kind_mass.terms if term]
    dealt = largest_remainder(
        kind_mass.mass, [(term, (one.row.statement_id, one.thing)) for term, one in terms]
    )
    return [(share, one) for share, (_, one) in zip(dealt, terms, strict=True)]


def largest_remainder(total: int, terms: Sequence[tuple[int, tuple[str, ...]]]) -> list[int]:
    """Deal a whole number out in proportion to the terms, leaving nothing over.

    Of equal remainders the smaller name is served first.
    """
    whole = sum(term for term, _ in terms)
    if whole == 0:
        return [0] * len(terms)
    dealt = [total * term // whole for term, _ in terms]
    waiting = sorted(
        range(len(terms)), key=lambda at: (-(total * terms[at][0] % whole), terms[at][1])
    )
    for at in waiting[: total - sum(dealt)]:
        dealt[at] += 1
    return dealt


def _explained(
    share: int,
    one: Counted,
    caps: tuple[str, ...],
    today: int,
    fade: Callable[[int], int],
) -> Explained:
    return Explained(
        statement=one.row.statement_id,
        kind=one.row.kind,
        day=one.row.day,
        assurance=one.assurance,
        weight=one.weight,
        contribution=share,
        rule=one.row.rule,
        object_key=one.thing,
        age=today - one.row.day,
        decay_ppm=fade(one.row.day),
        bound=one.reach,
        caps=caps,
    )


def _basis(assurance: Assurance, explain: Iterable[Explained]) -> str | None:
    classes = [one.assurance for one in explain if one.contribution > 0]
    return max(classes, key=lambda name: assurance.ranks[name], default=None)


def _validated(assurance: Assurance, explain: Iterable[Explained], mass: int) -> int:
    """The share of the mass that somebody else stands behind."""
    least = assurance.ranks[PEER]
    by_others = sum(one.contribution for one in explain if assurance.ranks[one.assurance] >= least)
    return _part(by_others * MICRO, mass)
