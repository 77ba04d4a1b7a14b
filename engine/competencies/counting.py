"""Which evidence counts for a person, and as what: class, weight and reach, seen on one day.

Everything that depends on people is decided here and on read: whose word is her own, who is an
expert, which origins are trusted. So a later decision rewrites no evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from engine.competencies.decay import MICRO
from engine.competencies.evidence import EvidenceRow, Ruleset, Validation
from engine.competencies.policy import Policy, Rule

EXPERT, PEER = "expert", "peer"


class Trust(Protocol):
    """How far an origin's word goes."""

    def ceiling(self, authority: Hashable | None) -> str:
        """The strongest class that evidence of this origin may have by itself."""

    def lifts_to(self, authority: Hashable | None) -> str | None:
        """The strongest class this origin's validations lift to; None when they do not count."""


@dataclass(frozen=True, slots=True)
class TrustAll:
    """Every origin is believed whatever it says."""

    def ceiling(self, authority: Hashable | None) -> str:
        """Evidence has the class that its rule gives it."""
        return EXPERT

    def lifts_to(self, authority: Hashable | None) -> str | None:
        """Whoever validates does so with her own class."""
        return EXPERT


TRUST_ALL = TrustAll()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that one person's levels are worked out from, whatever the day.

    `rows` are hers over all her identifiers (`own`), voided ones left out. `roles` gives the class
    of a validator or instructor by identifier key; who is not there is a peer. `persons` says which
    identifiers are one person, so that nobody's word counts twice. `formers` leads from a revision
    to the one it replaced, where the rows alone do not reach that far.
    """

    rows: Sequence[EvidenceRow]
    validations: Sequence[Validation]
    ruleset: Ruleset
    roles: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = TRUST_ALL
    own: frozenset[str] = frozenset()
    persons: Mapping[str, Hashable] = field(default_factory=dict)
    formers: Mapping[str, str] = field(default_factory=dict)
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out from it so far; a record never changes, one made from it begins anew."""

    @property
    def policy(self) -> Policy:
        """The ruleset's scale, kinds and rules."""
        return self.ruleset.policy

    def person(self, identifier: str) -> Hashable:
        """Who stands behind an identifier, as far as anybody said."""
        return self.persons.get(identifier, identifier)


class Counted(NamedTuple):
    """A row as it counts for this person: class, weight, and the level it reaches or starts at."""

    row: EvidenceRow
    thing: str
    assurance: str
    weight: int
    reach: int

    @property
    def order(self) -> tuple[int, str, str, str]:
        """The heaviest first, then the earliest, then the smallest id: who names a cell."""
        return (-self.weight, self.row.at, self.row.statement_id, self.row.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What others made of a statement."""

    lifts_to: str | None = None
    rejected: bool = False
    level: int | None = None


_NOTHING = _Word()


def count_rows(record: Record, as_of: date, *, said_until: date | None = None) -> Sequence[Counted]:
    """Her evidence that is visible on a day, as it counts then; decay is not in it.

    :param said_until: the last day of which others' words are known; by default the same day.
    """
    asked = ("counted", as_of, said_until or as_of)
    if asked not in record.known:
        words, until = _words(record, (said_until or as_of).toordinal()), as_of.toordinal()
        found = [_count(record, row, words) for row in record.rows if row.day <= until]
        record.known[asked] = tuple(one for one in found if one is not None)
    counted: Sequence[Counted] = record.known[asked]
    return counted


def _words(record: Record, today: int) -> Mapping[str, Sequence[Validation]]:
    """The validations that count on this day, by the statement they are about."""
    words: dict[str, list[Validation]] = defaultdict(list)
    for validation in record.validations:
        if validation.day <= today and _validator_class(record, validation) is not None:
            words[validation.target].append(validation)
    return words


def _validator_class(record: Record, validation: Validation) -> str | None:
    """As what somebody's word counts; None for her own, and where the origin has no say."""
    assurance, trusted = record.policy.assurance, record.trust.lifts_to(validation.authority)
    if trusted is None or validation.validator in record.own:
        return None
    role = record.roles.get(validation.validator, PEER)
    found = assurance.cut(role if role in assurance.ranks else PEER, trusted)
    return found if assurance.ranks[found] >= assurance.ranks[PEER] else None


def _word(record: Record, row: EvidenceRow, words: Mapping[str, Sequence[Validation]]) -> _Word:
    """What others made of a row's statement and of the revisions before it."""
    if not words:
        return _NOTHING
    latest: dict[Hashable, Validation] = {}
    about = [one for id_ in revisions(row, record.formers) for one in words.get(id_, ())]
    if not about:
        return _NOTHING
    for validation in sorted(about, key=_recency):
        latest[record.person(validation.validator)] = validation
    experts = [one for one in latest.values() if _validator_class(record, one) == EXPERT]
    if experts:
        return _expert_word(max(experts, key=_recency))
    agreed = sum(one.verdict for one in latest.values())
    lifted = bool(latest) and agreed >= record.policy.assurance.quorum
    return _Word(lifts_to=PEER if lifted else None)


def _recency(validation: Validation) -> tuple[str, str]:
    return validation.at, validation.statement_id


def _expert_word(latest: Validation) -> _Word:
    if latest.verdict < 0:
        return _Word(rejected=True)
    return _Word(lifts_to=EXPERT, level=latest.level)


def revisions(row: EvidenceRow, formers: Mapping[str, str]) -> list[str]:
    """A row's statement and those it replaced: what is said of one is said of all."""
    found, former = [row.statement_id.lower()], row.replaces
    while former is not None and former not in found:
        found.append(former)
        former = formers.get(former)
    return found


def _count(
    record: Record, row: EvidenceRow, words: Mapping[str, Sequence[Validation]]
) -> Counted | None:
    """A row as it counts; None for an attestation by somebody who may not attest."""
    rule, assurance = record.policy.rules[row.rule], record.policy.assurance
    own_class = _class(record, row, rule)
    if own_class is None:
        return None
    word = _word(record, row, words)
    found = assurance.stronger(own_class, word.lifts_to)
    weight = row.base * assurance.factors[found] // MICRO // row.split
    rejected = word.rejected and row.polarity > 0
    return Counted(
        row=row,
        thing=_thing(record, row, rule),
        assurance=found,
        weight=0 if rejected else weight,
        reach=_reach(rule, row, found, word),
    )


def _class(record: Record, row: EvidenceRow, rule: Rule) -> str | None:
    """The row's assurance (its rule's, unless it was cut before) as far as the origin may vouch."""
    assurance = record.policy.assurance
    asked = ("class", row.assurance, row.authority)
    cut = record.known.get(asked)
    if cut is None:
        cut = assurance.cut(row.assurance, record.trust.ceiling(row.authority))
        record.known[asked] = cut
    if rule.instructor_role is None:
        return cut
    trusted = record.trust.lifts_to(row.authority)
    if trusted is None or row.instructor is None or row.instructor in record.own:
        return None
    attests = record.roles.get(row.instructor) == rule.instructor_role
    return assurance.cut(cut, trusted) if attests else None


def _thing(record: Record, row: EvidenceRow, rule: Rule) -> str:
    """What counts as one thing; an instructor with two identifiers is still one."""
    instructor = row.instructor
    if not rule.by_instructor or instructor is None or instructor not in record.persons:
        return row.object_key
    return f"{row.object_key.removesuffix(instructor)}{record.person(instructor)}"


def _reach(rule: Rule, row: EvidenceRow, assurance: str, word: _Word) -> int:
    """The highest level positive evidence speaks for, the lowest that negative counts against."""
    if row.polarity < 0:
        return rule.floor
    stated = [level for level in (row.stated, word.level) if level is not None]
    return min(rule.ceilings[assurance], *stated) if stated else rule.ceilings[assurance]
