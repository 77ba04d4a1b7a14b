"""Why this level, what would raise it, and until when it lasts: asked of the real scoring.

Nothing here has figures of its own. Each answer is the standing of a record that differs in one
supposed piece, or in the day.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from engine.competencies.counting import EXPERT, PEER, Counted, Record, Trust, count_rows
from engine.competencies.evidence import EvidenceRow, Validation
from engine.competencies.policy import Rule
from engine.competencies.scoring import (
    Ledger,
    Standing,
    largest_remainder,
    ledgers,
    level_of,
    masses,
    standing,
    supports,
)

_YEARS_AHEAD = 40
_HORIZON = timedelta(days=_YEARS_AHEAD * 365 + _YEARS_AHEAD // 4)
_SUPPOSED = "supposed"
_MOST_EXISTING = 12
_MOST_DAYS = 40

Form = Literal["new", "accepted", "existing", "confirmed"]
"""One more piece; one more that a peer accepts; a peer accepts one there is; an expert's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One more piece of evidence to suppose.

    `statement` and `object_key` name the item when it is there already, `level` what the expert
    confirms.
    """

    form: Form
    rule: str
    kind: str
    statement: str | None = None
    object_key: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """What a candidate would do: the level then, and the mass for the level after today's."""

    candidate: Candidate
    next_level: int
    level: int
    score_milli: int
    mass: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where somebody stood on a day."""

    day: date
    level: int
    score_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The highest level so far, 0 for none, and the last day at it; None while it is held."""

    level: int
    until: date | None


@dataclass(frozen=True, slots=True)
class _Supposing:
    """The trust there is, and belief in what is only supposed."""

    trust: Trust

    def ceiling(self, authority: Hashable | None) -> str:
        return EXPERT if authority == _SUPPOSED else self.trust.ceiling(authority)

    def lifts_to(self, authority: Hashable | None) -> str | None:
        return EXPERT if authority == _SUPPOSED else self.trust.lifts_to(authority)


def raises(
    record: Record,
    competency: str,
    as_of: date,
    candidates: Iterable[Candidate] | None = None,
) -> list[Raise]:
    """What one more piece would do for the next level, the most helpful first.

    Without candidates those of `candidates_for` are tried. What adds nothing to the next level is
    left out; at the top level nothing is left to raise.
    """
    mine = _about(record, competency)
    now = _standing(mine, competency, as_of)
    level = now.level if now else 0
    if level == len(record.policy.scale.levels):
        return []
    if candidates is None:
        candidates = candidates_for(mine, competency, as_of)
    mass = now.positive[level] if now else 0
    tried = [_try(mine, competency, as_of, candidate, level + 1) for candidate in candidates]
    helpful = [one for one in tried if one is not None and one.mass > mass]
    return sorted(helpful, key=lambda one: (-one.level, -one.mass, one.candidate.rule))


def candidates_for(record: Record, competency: str, as_of: date) -> list[Candidate]:
    """What could be supposed for the next level: the heaviest rule of each kind, and her own items.

    A rule that cannot speak for the next level is not proposed.
    """
    mine = _about(record, competency)
    now = _standing(mine, competency, as_of)
    wanted = now.level + 1 if now else 1
    rules = [rule for rule in record.policy.rules.values() if rule.polarity > 0]
    plain = [rule for rule in rules if rule.instructor_role is None]
    return [
        *_proposed("new", [rule for rule in plain if rule.ceilings[rule.assurance] >= wanted]),
        *_proposed("accepted", [rule for rule in plain if rule.ceilings[PEER] >= wanted]),
        *_existing(mine, as_of, wanted),
        *_confirmed(rules, wanted),
    ]


def fades_on(record: Record, competency: str, as_of: date) -> date | None:
    """The first day on which the level would be lower without new evidence; None within 40 years.

    Masses never rise with time, so over a span of days the support is at least that of the last
    day's evidence for and the first day's against. Spans that are safe by this are left whole,
    the others are halved: a binary search when nothing speaks against the level.
    """
    ledger = ledgers(_about(record, competency), as_of).get(competency)
    level = standing(ledger, as_of).level if ledger else 0
    if ledger is None or level == 0:
        return None
    last = min(as_of, date.max - _HORIZON) + _HORIZON
    found = _first_fall(ledger, level, as_of.toordinal() + 1, last.toordinal())
    return None if found is None else date.fromordinal(found)


def highest_held(record: Record, competency: str, as_of: date) -> Held:
    """The highest level somebody stood at on any day so far, and until when.

    Levels rise on days of evidence only, so the latest of these at the level is looked for, and
    from there the day it fell. Of a long history only the newest days are looked at; then the
    level that all of it would give without fading stands in.
    """
    mine = _about(record, competency)
    days = sorted({row.day for row in mine.rows if row.day <= as_of.toordinal()}, reverse=True)
    best = Held(level=0, until=None)
    for day in map(date.fromordinal, days[:_MOST_DAYS]):
        found = _standing(mine, competency, day)
        if found is not None and found.level > best.level:
            until = _last_day(mine, competency, found.level, day, as_of)
            best = Held(level=found.level, until=until)
    now = _standing(mine, competency, as_of)
    if now is not None and len(days) > _MOST_DAYS and now.lifetime_level > best.level:
        return Held(level=now.lifetime_level, until=None)
    return best


def _last_day(record: Record, competency: str, level: int, first: date, as_of: date) -> date | None:
    """The last day at a level, given a day at it; the level may fall in steps."""
    day: date | None = first
    while day is not None and day <= as_of:
        fallen = fades_on(record, competency, day)
        if fallen is None or fallen > as_of:
            return None
        found = _standing(record, competency, fallen)
        if found is None or found.level < level:
            return fallen - timedelta(days=1)
        day = fallen
    return None


def standing_over(record: Record, competency: str, days: Iterable[date]) -> list[Step]:
    """Where somebody stood on each of the days, with the decisions of today."""
    mine = _about(record, competency)
    found = [(day, _standing(mine, competency, day)) for day in days]
    return [
        Step(day=day, level=one.level if one else 0, score_milli=one.score_milli if one else 0)
        for day, one in found
    ]


def shares(contributions: Sequence[int]) -> list[int]:
    """Contributions as whole per cents that add up to 100; all 0 when there is nothing to share."""
    return largest_remainder(100, [(one, (f"{at:09}",)) for at, one in enumerate(contributions)])


def _about(record: Record, competency: str) -> Record:
    return replace(record, rows=[row for row in record.rows if row.competency == competency])


def _standing(record: Record, competency: str, as_of: date) -> Standing | None:
    ledger = ledgers(record, as_of).get(competency)
    return standing(ledger, as_of) if ledger else None


def _proposed(form: Form, rules: Sequence[Rule]) -> list[Candidate]:
    """One candidate for each kind, of its heaviest rule."""
    heaviest: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda one: (-one.weight, one.id)):
        heaviest.setdefault(rule.kind, rule)
    return [Candidate(form=form, rule=rule.id, kind=rule.kind) for rule in heaviest.values()]


def _existing(record: Record, as_of: date, wanted: int) -> list[Candidate]:
    """Her own items that nobody has accepted yet and that would count higher if somebody did."""
    rank = record.policy.assurance.ranks
    open_ones = [
        one
        for one in count_rows(record, as_of)
        if one.weight > 0
        and one.row.polarity > 0
        and rank[one.assurance] < rank[PEER]
        and record.policy.rules[one.row.rule].ceilings[PEER] >= wanted
    ]
    newest = sorted(open_ones, key=lambda one: (-one.row.base, -one.row.day, one.row.statement_id))
    return [_existing_one(one) for one in newest[:_MOST_EXISTING]]


def _existing_one(one: Counted) -> Candidate:
    return Candidate(
        form="existing",
        rule=one.row.rule,
        kind=one.row.kind,
        statement=one.row.statement_id,
        object_key=one.thing,
    )


def _confirmed(rules: Iterable[Rule], wanted: int) -> list[Candidate]:
    attesting = [rule for rule in rules if rule.instructor_role and rule.ceilings[EXPERT] >= wanted]
    return [
        Candidate(form="confirmed", rule=rule.id, kind=rule.kind, level=wanted)
        for rule in attesting
    ]


def _try(
    record: Record, competency: str, as_of: date, candidate: Candidate, wanted: int
) -> Raise | None:
    found = _standing(_suppose(record, competency, as_of, candidate), competency, as_of)
    if found is None:
        return None
    return Raise(
        candidate=candidate,
        next_level=wanted,
        level=found.level,
        score_milli=found.score_milli,
        mass=found.positive[wanted - 1],
    )


def _suppose(record: Record, competency: str, as_of: date, candidate: Candidate) -> Record:
    """The record with the candidate in it, as if it had happened late on the day."""
    rows, words = list(record.rows), list(record.validations)
    if candidate.statement is None:
        rows.append(_supposed_row(record, competency, as_of, candidate))
    if candidate.form in ("accepted", "existing"):
        target = (candidate.statement or _SUPPOSED).lower()
        quorum = record.policy.assurance.quorum
        words.extend(_supposed_word(target, as_of, number) for number in range(quorum))
    role = record.policy.rules[candidate.rule].instructor_role
    roles = {**record.roles, _SUPPOSED: role} if role else record.roles
    return replace(
        record, rows=rows, validations=words, roles=roles, trust=_Supposing(record.trust)
    )


def _supposed_row(
    record: Record, competency: str, as_of: date, candidate: Candidate
) -> EvidenceRow:
    rule = record.policy.rules[candidate.rule]
    return EvidenceRow(
        statement_id=_SUPPOSED,
        actor=min(record.own, default=""),
        rule=rule.id,
        competency=competency,
        kind=rule.kind,
        polarity=rule.polarity,
        assurance=rule.assurance,
        base=rule.weight,
        split=1,
        object_key=_SUPPOSED,
        day=as_of.toordinal(),
        at=_late(as_of),
        stated=candidate.level,
        instructor=_SUPPOSED if rule.instructor_role else None,
        authority=_SUPPOSED,
    )


def _supposed_word(target: str, as_of: date, number: int) -> Validation:
    return Validation(
        statement_id=f"{_SUPPOSED}-{number}",
        target=target,
        validator=f"{_SUPPOSED}-{number}",
        verdict=1,
        day=as_of.toordinal(),
        at=_late(as_of),
        authority=_SUPPOSED,
    )


def _late(day: date) -> str:
    return f"{day.isoformat()}T23:59:59.999999+00:00"


def _first_fall(ledger: Ledger, level: int, first: int, last: int) -> int | None:
    if first > last or _is_safe(ledger, level, first, last):
        return None
    if first == last:
        return first
    middle = (first + last) // 2
    sooner = _first_fall(ledger, level, first, middle)
    return sooner if sooner is not None else _first_fall(ledger, level, middle + 1, last)


def _is_safe(ledger: Ledger, level: int, first: int, last: int) -> bool:
    """Whether the level certainly holds on all days of a span; exact for a span of one day."""
    positive, _ = masses(ledger, last, ledger.half_life)
    _, negative = masses(ledger, first, ledger.half_life)
    return level_of(ledger.policy, supports(ledger.policy, positive, negative)) >= level
