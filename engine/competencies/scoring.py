"""From evidence rows to levels: the one implementation of the model, in whole numbers.

Every step is a MAX, a SUM, a MIN or a rising function, so neither the order of the rows nor the
machine matters. Who counts as what has been decided in `counting`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from engine.competencies.counting import PEER, TRUST_ALL, Counted, Record, Trust
from engine.competencies.decay import MICRO
from engine.competencies.evidence import EvidenceRow, Ruleset, Validation
from engine.competencies.ledger import (
    Fade,
    Ledger,
    Pile,
    best_day,
    fading,
    ledgers,
    level_of,
    masses,
    part,
    saturated,
    score_milli,
    supports,
)
from engine.competencies.policy import Assurance

__all__ = ["TRUST_ALL", "Record", "Standing", "Trust", "score", "standings"]


class Explained(NamedTuple):
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
        score_milli=score_milli(policy, level, support),
        confidence_ppm=part(evidence * MICRO, evidence + policy.scale.confidence_n0),
        basis=_basis(policy.assurance, explain),
        validated_ppm=_validated(policy.assurance, explain, positive[told - 1]),
        evidence_count=len({one.row.statement_id for one in ledger.counted}),
        newest=max(one.row.day for one in ledger.counted),
        explain=explain,
    )


def _explain(ledger: Ledger, level: int, today: int) -> tuple[Explained, ...]:
    """What the mass at a level is made of, one entry per kind and thing, the largest first."""
    fade = fading(today, ledger.half_life)
    entries = [
        _explained(share, one, caps, today, fade)
        for pile in ledger.positive[level - 1].values()
        for caps in [_caps(pile, fade, today)]
        for share, one in _shares(pile, fade, today)
    ]
    return tuple(
        sorted(
            entries, key=lambda one: (-one.contribution, one.statement, one.kind, one.object_key)
        )
    )


def _caps(pile: Pile, fade: Fade, today: int) -> tuple[str, ...]:
    """The limits that made a pile count for less than its things."""
    by_thing, by_day = pile.by_thing(fade, today), pile.by_day(fade, today)
    smaller = min(by_thing, by_day)
    return (
        *(["day_cap"] if pile.is_busy() and by_day < by_thing else []),
        *(["cap"] if saturated(pile.kind, smaller) < smaller else []),
    )


def _shares(pile: Pile, fade: Fade, today: int) -> list[tuple[int, Counted]]:
    """A kind's mass dealt out by the things' terms; what has faded to nothing gets no entry."""
    best = [(*best_day(days, fade, today), days) for days in pile.cells.values()]
    terms = [(term, days[day]) for term, day, days in best if term]
    dealt = largest_remainder(
        pile.mass(fade, today), [(term, (one.row.statement_id, one.thing)) for term, one in terms]
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
    fade: Fade,
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
    return part(by_others * MICRO, mass)
