"""Why this level, what would raise it, and until when it lasts: asked of the real scoring.

Nothing here has figures of its own. Each answer is the standing of a record that differs in one
supposed piece, or in the day.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from engine.competencies.counting import (
    EXPERT,
    PEER,
    Counted,
    Record,
    Trust,
    count_rows,
    revisions,
)
from engine.competencies.evidence import EvidenceRow, Validation
from engine.competencies.ledger import Ledger, level_of, masses, score_milli, supports
from engine.competencies.policy import Rule
from engine.competencies.scoring import largest_remainder
from engine.competencies.timeline import Timeline, timeline

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
    now = timeline(record, competency, as_of)
    level = now.level(as_of)
    if level == len(record.policy.scale.levels):
        return []
    if candidates is None:
        candidates = _candidates(now)
    ledger = now.ledger(as_of)
    positive, _ = masses(ledger, as_of.toordinal(), ledger.half_life)
    tried = [_try(now, candidate, level + 1) for candidate in candidates]
    helpful = [one for one in tried if one.mass > positive[level]]
    return sorted(helpful, key=lambda one: (-one.level, -one.mass, one.candidate.rule))


def candidates_for(record: Record, competency: str, as_of: date) -> list[Candidate]:
    """What could be supposed for the next level: the heaviest rule of each kind, and her own items.

    A rule that cannot speak for the next level is not proposed.
    """
    return _candidates(timeline(record, competency, as_of))


def _candidates(now: Timeline) -> list[Candidate]:
    wanted = now.level(now.last) + 1
    rules = [rule for rule in now.record.policy.rules.values() if rule.polarity > 0]
    plain = [rule for rule in rules if rule.instructor_role is None]
    return [
        *_proposed("new", [rule for rule in plain if rule.ceilings[rule.assurance] >= wanted]),
        *_proposed("accepted", [rule for rule in plain if rule.ceilings[PEER] >= wanted]),
        *_existing(now, wanted),
        *_confirmed(rules, wanted),
    ]


def fades_on(record: Record, competency: str, as_of: date) -> date | None:
    """The first day of a lower level if nothing new comes; None when that is beyond 40 years."""
    return timeline(record, competency, as_of).falls_after(as_of)


def highest_held(record: Record, competency: str, as_of: date) -> Held:
    """The highest level somebody stood at on any day so far, and until when.

    Levels rise only on days of evidence or of somebody's word on it, so the latest of these at the
    level is looked for, and from there the day it fell. Of a long history only the newest days are
    looked at; then the level that all of it would give without fading stands in.
    """
    line = timeline(record, competency, as_of)
    days = line.days
    best = Held(level=0, until=None)
    for day in map(date.fromordinal, days[:_MOST_DAYS]):
        level = line.level(day)
        if level > best.level:
            best = Held(level=level, until=_last_day(line, level, day))
    lifetime = _lifetime_level(line.ledger(as_of), as_of)
    if len(days) > _MOST_DAYS and lifetime > best.level:
        return Held(level=lifetime, until=None)
    return best


def _lifetime_level(ledger: Ledger, as_of: date) -> int:
    unfaded = masses(ledger, as_of.toordinal(), None)
    return level_of(ledger.policy, supports(ledger.policy, *unfaded))


def _last_day(line: Timeline, level: int, first: date) -> date | None:
    """The last day at a level, given a day at it; the level may fall in steps."""
    day: date | None = first
    while day is not None and day <= line.last:
        fallen = line.falls_after(day)
        if fallen is None or fallen > line.last:
            return None
        if line.level(fallen) < level:
            return fallen - timedelta(days=1)
        day = fallen
    return None


def standing_over(record: Record, competency: str, days: Iterable[date]) -> list[Step]:
    """Where somebody stood on each of the days, with the decisions of today."""
    asked = list(days)
    line = timeline(record, competency, max(asked, default=date.min))
    return [
        Step(day=day, level=line.level(day), score_milli=line.score_milli(day)) for day in asked
    ]


def shares(contributions: Sequence[int]) -> list[int]:
    """Contributions as whole per cents that add up to 100; all 0 when there is nothing to share."""
    return largest_remainder(100, [(one, (f"{at:09}",)) for at, one in enumerate(contributions)])


def _proposed(form: Form, rules: Sequence[Rule]) -> list[Candidate]:
    """One candidate for each kind, of its heaviest rule."""
    heaviest: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda one: (-one.weight, one.id)):
        heaviest.setdefault(rule.kind, rule)
    return [Candidate(form=form, rule=rule.id, kind=rule.kind) for rule in heaviest.values()]


def _existing(now: Timeline, wanted: int) -> list[Candidate]:
    """Her own items that nobody has accepted yet and that would count higher if somebody did."""
    policy = now.record.policy
    rank = policy.assurance.ranks
    open_ones = [
        one
        for one in now.ledger(now.last).counted
        if one.weight > 0
        and one.row.polarity > 0
        and rank[one.assurance] < rank[PEER]
        and policy.rules[one.row.rule].ceilings[PEER] >= wanted
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


def _try(now: Timeline, candidate: Candidate, wanted: int) -> Raise:
    ledger = now.ledger(now.last).with_more(_more(now, candidate))
    positive, negative = masses(ledger, now.last.toordinal(), ledger.half_life)
    support = supports(ledger.policy, positive, negative)
    level = level_of(ledger.policy, support)
    return Raise(
        candidate=candidate,
        next_level=wanted,
        level=level,
        score_milli=score_milli(ledger.policy, level, support),
        mass=positive[wanted - 1],
    )


def _more(now: Timeline, candidate: Candidate) -> Sequence[Counted]:
    """The candidate's rows, as if it had happened late on the day."""
    record, target = now.record, (candidate.statement or _SUPPOSED).lower()
    rows = list(now.about.get(target, ()))
    about = {target, *(id_ for row in rows for id_ in revisions(row, record.formers))}
    words = [word for word in record.validations if word.target in about]
    if candidate.statement is None:
        rows.append(_supposed_row(record, now.competency, now.last, candidate))
    if candidate.form in ("accepted", "existing"):
        quorum = record.policy.assurance.quorum
        words.extend(_supposed_word(target, now.last, number) for number in range(quorum))
    role = record.policy.rules[candidate.rule].instructor_role
    supposed = replace(
        record,
        rows=rows,
        validations=words,
        roles={**record.roles, _SUPPOSED: role} if role else record.roles,
        trust=_Supposing(record.trust),
    )
    return count_rows(supposed, now.last)


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
