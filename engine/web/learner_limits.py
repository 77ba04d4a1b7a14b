"""What was held back in a level, and what speaks against it: always with the reason."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from flask import url_for
from markupsafe import Markup

from engine.competencies.counting import EXPERT, PEER
from engine.competencies.decay import MICRO
from engine.competencies.scoring import Explained
from engine.web import learner_words, words
from engine.web.learner_case import Case
from engine.web.learner_words import first_up, kind_of

BITES = 3 * MICRO // 4
"""A cap is told of where less than this is left of what the things would carry one by one."""


def held_back(case: Case) -> list[Markup]:
    """What could not count in full, each with the reason."""
    if case.standing is None:
        return []
    return [
        *_below(case),
        *_rejected(case),
        *_saturated(case),
        *_repeated(case),
    ]


def _below(case: Case) -> list[Markup]:
    """What cannot speak for the next level, with the reason."""
    groups: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for one in case.counted:
        if one.row.polarity > 0 and one.weight > 0 and one.reach <= case.told < case.top:
            groups[one.row.kind, one.assurance, one.reach].add(one.thing)
    ranked = sorted(groups.items(), key=lambda item: (item[0][2], -len(item[1]), item[0]))
    return [_below_words(case, *key, number=len(things)) for key, things in ranked]


def _below_words(case: Case, kind: str, assurance: str, reach: int, *, number: int) -> Markup:
    spoken = kind_of(kind)
    verb = "counts" if number == 1 else "count"
    upto = f"{verb} for level 1 only" if reach == 1 else f"{verb} up to level {reach}"
    reason = _reason(case, kind, assurance, reach)
    href = url_for("learner.learning", competency=case.reader.short(case.id))
    return Markup('<a href="{}">{}</a> {}. {}').format(
        href, words.counted(number, spoken.one, spoken.many), upto, reason
    )


def _reason(case: Case, kind: str, assurance: str, reach: int) -> str:
    if assurance == learner_words.SELF:
        return "It is your own word; for more, somebody else has to vouch for it."
    if kind_of(kind).limit:
        return kind_of(kind).limit
    ceilings = [rule.ceilings for rule in case.policy.rules.values() if rule.kind == kind]
    if assurance != PEER and any(one.get(PEER, 0) > reach for one in ceilings):
        return f"For level {reach + 1} somebody else has to vouch for it."
    return "More asks for an expert’s word." if assurance != EXPERT else "That is its limit."


def _rejected(case: Case) -> list[Markup]:
    refused = sorted(
        {
            one.row.statement_id
            for one in case.counted
            if one.row.polarity > 0 and one.weight == 0 and one.row.base > 0
        }
    )
    return [
        Markup("An expert did not confirm {}, so it does not count.").format(case.link(one))
        for one in refused
    ]


def _saturated(case: Case) -> list[Markup]:
    """Kinds that carry much less together than one by one, and busy days."""
    kinds: dict[str, list[Explained]] = defaultdict(list)
    for one in case.standing.explain if case.standing else ():
        kinds[one.kind].append(one)
    found = []
    for kind, things in sorted(kinds.items()):
        alone = sum(one.weight * one.decay_ppm // MICRO for one in things)
        together = sum(one.contribution for one in things)
        left = together * MICRO // alone if alone else MICRO
        spoken = kind_of(kind)
        if "cap" in things[0].caps and len(things) > 1 and left < BITES:
            found.append(
                f"Your {len(things)} {spoken.many} carry {left // 10_000} % of what they would one"
                " by one: they count less the more of them there are. Another kind of activity"
                " now adds more than another of these."
            )
        if "day_cap" in things[0].caps:
            found.append(
                f"A day can only carry so much: of several {spoken.many} on one day, not all count."
            )
    return [Markup("{}").format(sentence) for sentence in found]


def _repeated(case: Case) -> list[Markup]:
    times: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in case.counted:
        if one.row.polarity > 0:
            times[one.row.kind, one.thing].add(one.row.statement_id)
    often = sum(len(ids) > 1 for ids in times.values())
    if not often:
        return []
    things = "One thing that you did" if often == 1 else f"{often} things that you did"
    verb = "counts" if often == 1 else "count"
    return [Markup("{} more than once {} once each, by the freshest day.").format(things, verb)]


def speaks_against(case: Case) -> list[Markup]:
    """Attempts that did not work out, the newest first."""
    downs = {one.row.statement_id: one for one in case.counted if one.row.polarity < 0}
    ranked = sorted(downs.values(), key=lambda one: (-one.row.day, one.row.statement_id))
    return [
        Markup("{} {}. It speaks against level {} and above, less so as time goes by.").format(
            case.sentence(one.row.statement_id),
            first_up(words.old(date.fromordinal(one.row.day), case.as_of)),
            one.reach,
        )
        for one in ranked
    ]
