"""From a statement to evidence rows: what it could be worth, whoever the people in it are.

Rows hold what the statement alone decides. Classes, roles, trust and whose word counts are
decided when somebody reads, in `scoring`, so that a later decision rewrites no evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.competencies.checked import members, section
from engine.competencies.decay import MICRO
from engine.competencies.matching import Question, glob, keyword, questions
from engine.competencies.policy import Rule, read_policy
from engine.competencies.reading import (
    Facts,
    Place,
    Statement,
    agent_key,
    authority_key,
    fold_tag,
    object_id,
    places_of,
    read_facts,
    referred,
    refs_of,
    share,
    stated_level,
    tags_of,
    verb_of,
    when,
)
from engine.errors import Refused
from xapi import profile
from xapi.vocabulary import COMPETENCY, VERBS, VOIDED

__all__ = ["EvidenceRow", "Ruleset", "Validation", "Weighed", "refs_of"]

OWN_PROFILE = profile.VERSION
_MAX_ALIASES = 16


class EvidenceRow(NamedTuple):
    """One rule's reading of one statement for one competency; a tuple, since pages need thousands.

    `base` is weight x quality in millionths, before class and split; `day` is the UTC date's
    ordinal; `at` sorts as text; `stated` is a level that somebody put into the statement;
    `object_key` is what counts as one thing.
    """

    statement_id: str
    actor: str
    rule: str
    competency: str
    kind: str
    polarity: int
    assurance: str
    base: int
    split: int
    object_key: str
    day: int
    at: str
    stated: int | None = None
    instructor: str | None = None
    authority: Hashable | None = None
    replaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Somebody's word on a statement: accepted (+1) or rejected (-1), perhaps with a level."""

    statement_id: str
    target: str
    validator: str
    verdict: int
    day: int
    at: str
    level: int | None = None
    authority: Hashable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """All that one statement means for competencies."""

    rows: tuple[EvidenceRow, ...] = ()
    validation: Validation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matcher:
    rule: Rule
    asks: tuple[Question, ...]

    def fits(self, facts: Facts) -> bool:
        return all(ask(facts) for ask in self.asks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alignment:
    fits: Callable[[Facts], bool]
    competencies: tuple[str, ...]


class Ruleset:
    """A compiled config, ready to weigh statements; building it refuses what cannot be scored."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.policy = read_policy(config)
        self._aliases = section(config, "aliases", {})
        self._tags = self._folded_tags(section(config, "tags", {}))
        self._alignments = [self._alignment(one) for one in members(config.get("alignments"))]
        # what Byway says of levels is never evidence for them, whatever the config says
        self._excluded = frozenset([OWN_PROFILE, *members(config.get("exclude_category"))])
        self._verdicts = _verdicts(section(config, "validation", {}))
        self._by_verb, self._any_verb = self._matchers(config["rules"])
        self._names_unasked = bool(self._alignments) or any(
            rule.fixed for rule in self.policy.rules.values()
        )

    def weigh(self, statement: Statement, *, authority: Hashable | None = None) -> Weighed:
        """What a stored statement means; called once per statement, so it looks only where it must.

        `authority` is the origin the statement came from, where the caller knows one; otherwise
        the key of its own authority. Nothing is refused: what cannot be read gives no rows.
        """
        verb = verb_of(statement)
        matchers = self._by_verb.get(verb, self._any_verb)
        verdict = self._verdicts.get(verb)
        return Weighed(
            rows=self._rows(statement, matchers, authority) if matchers else (),
            validation=_validation(statement, verdict, authority) if verdict else None,
        )

    def resolve(self, competency: str) -> str | None:
        """The competency behind an id or an alias; None when this ruleset does not know it."""
        for _ in range(_MAX_ALIASES):
            if competency not in self._aliases:
                break
            competency = self._aliases[competency]
        return competency if competency in self.policy.half_lives else None

    def _matchers(
        self, rules: Iterable[Mapping[str, Any]]
    ) -> tuple[dict[str, tuple[_Matcher, ...]], tuple[_Matcher, ...]]:
        """The matchers by verb, each list with those that take any verb, in the config's order."""
        listed = [_matcher(found, self.policy.rules[found["id"]]) for found in rules]
        anywhere = tuple(matcher for verbs, matcher in listed if verbs is None)
        every_verb = {verb for verbs, _ in listed for verb in verbs or ()}
        by_verb = {
            verb: tuple(matcher for verbs, matcher in listed if verbs is None or verb in verbs)
            for verb in every_verb
        }
        # A voiding statement is about the log, never about what somebody learned.
        return by_verb | {VOIDED: ()}, anywhere

    def _rows(
        self, statement: Statement, matchers: tuple[_Matcher, ...], authority: Hashable | None
    ) -> tuple[EvidenceRow, ...]:
        if not self._may_name_any(statement):
            return ()
        facts = read_facts(statement, authority)
        if facts is None or self._is_excluded(facts):
            return ()
        fitting = [matcher.rule for matcher in matchers if matcher.fits(facts)]
        return tuple(row for rule in fitting for row in self._row(rule, facts))

    def _row(self, rule: Rule, facts: Facts) -> list[EvidenceRow]:
        competencies = self._competencies(rule, facts)
        return [
            EvidenceRow(
                statement_id=facts.statement,
                actor=facts.actor,
                rule=rule.id,
                competency=competency,
                kind=rule.kind,
                polarity=rule.polarity,
                assurance=rule.assurance,
                base=rule.weight * _quality(rule, facts) // MICRO,
                split=len(competencies) if rule.split else 1,
                object_key=_thing(rule, facts),
                day=facts.day,
                at=facts.at,
                stated=facts.raw if rule.level_stated else None,
                instructor=facts.instructor,
                authority=facts.authority,
                replaces=facts.replaces,
            )
            for competency in competencies
        ]

    def _may_name_any(self, statement: Statement) -> bool:
        """Could a rule find a competency in it? Most of what a store holds is about none."""
        return (
            self._names_unasked
            or bool(tags_of(statement))
            or any(True for _ in _context_competencies(places_of(statement)))
            or self.resolve(object_id(statement) or "") is not None
        )

    def _is_excluded(self, facts: Facts) -> bool:
        return any(place.id in self._excluded for place in facts.places.get("category", ()))

    def _competencies(self, rule: Rule, facts: Facts) -> list[str]:
        """The known competencies a statement names, each once, aliases replaced."""
        named = set(rule.fixed)
        if "from_tags" in rule.sources:
            named.update(id_ for tag in facts.tags for id_ in self._tags.get(tag, ()))
        if "from_context" in rule.sources:
            named.update(_context_competencies(facts.places))
        if "from_object" in rule.sources and facts.object_id is not None:
            named.add(facts.object_id)
        if "from_alignments" in rule.sources:
            fitting = (one.competencies for one in self._alignments if one.fits(facts))
            named.update(id_ for competencies in fitting for id_ in competencies)
        known = {self.resolve(id_) for id_ in named}
        return sorted(id_ for id_ in known if id_ is not None)

    def _folded_tags(self, tags: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        folded: dict[str, tuple[str, ...]] = {}
        for tag, competencies in tags.items():
            key = fold_tag(str(tag))
            folded[key] = (*folded.get(key, ()), *members(competencies))
        return folded

    def _alignment(self, found: object) -> _Alignment:
        if not isinstance(found, Mapping) or not {"object_id", "title"} & set(found):
            raise Refused(
                f"an alignment needs `object_id` or `title`, this is {found!r}.",
                "Write {object_id: https://…/*, competencies: […]}.",
                where="alignments",
            )
        return _Alignment(
            fits=_aligned(members(found.get("object_id")), members(found.get("title"))),
            competencies=members(found.get("competencies")),
        )


def _matcher(found: Mapping[str, Any], rule: Rule) -> tuple[frozenset[str] | None, _Matcher]:
    """The verbs a rule asks for, None for any, and its other questions."""
    match = section(found, "match", {})
    verbs = frozenset(members(match["verb"])) if "verb" in match else None
    return verbs, _Matcher(rule=rule, asks=questions(match, f"rules.{rule.id}"))


def _aligned(patterns: Iterable[str], titles: Iterable[str]) -> Callable[[Facts], bool]:
    """Does the object's id fit a pattern, or one of its titles hold one of the words?"""
    fits, words = glob(patterns), [keyword(str(title)) for title in titles]

    def ask(facts: Facts) -> bool:
        by_id = facts.object_id is not None and fits(facts.object_id)
        return by_id or any(word(title) for title in facts.titles for word in words)

    return ask


def _context_competencies(places: Mapping[str, tuple[Place, ...]]) -> Iterable[str]:
    """A parent is what the thing is part of, never what it is about."""
    return (
        place.id
        for name in ("category", "grouping", "other")
        for place in places.get(name, ())
        if place.type == COMPETENCY
    )


def _quality(rule: Rule, facts: Facts) -> int:
    """How much of the weight counts, in millionths; a missing score or duration is none."""
    if rule.quality is None:
        return MICRO
    if rule.quality == "score.scaled":
        return share(facts.scaled)
    if rule.full is None or facts.duration is None:
        return 0
    return min(MICRO, facts.duration * MICRO // rule.full)


def _thing(rule: Rule, facts: Facts) -> str:
    if rule.by_instructor and facts.instructor is not None:
        return f"{facts.thing}#{facts.instructor}"
    return facts.thing


def _verdicts(found: Mapping[str, Any]) -> dict[str, int]:
    """What each verb says of another statement; without a word in the config, the usual verbs."""
    accepted, rejected = VERBS["accepted"], VERBS["rejected"]
    approve = members(found.get("approve_verbs", [accepted.iri, *accepted.aliases]))
    reject = members(found.get("reject_verbs", [rejected.iri, *rejected.aliases]))
    return dict.fromkeys(approve, 1) | dict.fromkeys(reject, -1)


def _validation(
    statement: Statement, verdict: int, authority: Hashable | None
) -> Validation | None:
    """Somebody's word on a statement; None when it is on something else, or nobody's."""
    target, validator, happened = referred(statement), agent_key(statement), when(statement)
    if target is None or validator is None or happened is None:
        return None
    return Validation(
        statement_id=str(statement.get("id", "")),
        target=target,
        validator=validator,
        verdict=verdict,
        level=stated_level(statement),
        day=happened[0],
        at=happened[1],
        authority=authority_key(statement) if authority is None else authority,
    )
