"""A level and a profile as data that explain themselves: what the page says, for other systems.

Every figure comes from the scoring that pages use; nothing is worked out here. Masses and weights
are in millionths of a whole piece of evidence, support and confidence in parts per million.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine import disputes, profiles, records
from engine.competencies import frameworks
from engine.competencies.contract import printed_node
from engine.competencies.counting import Counted, count_rows
from engine.competencies.explain import Raise, fades_on, raises
from engine.competencies.framework_documents import Framework, said
from engine.competencies.models import FrameworkRow
from engine.competencies.reading import mapping
from engine.competencies.scoring import Explained, Standing
from engine.config import settings
from engine.db import portions
from engine.disputes import ITEM, LEVEL
from engine.errors import NotFound
from engine.moments import iso
from engine.people import service as people
from engine.people.models import Person
from engine.pipeline import reader
from engine.profile_rows import root_of
from engine.profiles import Profile
from engine.voices import Subject, heard, told
from xapi import text
from xapi.digests import Digest

FORMAT = "application/vnd.byway.profile+json"
VERSION = 1
NOTHING_SPEAKS = "Nothing in this record speaks of it yet. That does not mean it cannot be done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Whose record is asked for: the person, or an identifier that nobody owns."""

    keys: frozenset[str]
    person: Person | None = None

    def told(self) -> dict[str, Any]:
        """Her, as answers name her."""
        if self.person is None:
            return {"id": None, "name": None, "identifiers": sorted(self.keys)}
        named = {"id": self.person.uid, "name": self.person.name}
        return {**named, "identifiers": sorted(self.keys)}


def find_learner(given: str) -> Learner:
    """The learner of this id, or of this identifier (email, account as HOMEPAGE::NAME, openid).

    :raises NotFound: nobody is known by it.
    """
    person = people.find_by_uid(given)
    if person is not None:
        return Learner(keys=people.keys_of(person.id), person=person)
    key = people.read_key(given)
    owner = people.owners([key]).get(key)
    if owner is not None:
        return Learner(keys=people.keys_of(owner), person=people.get_by_id(owner))
    if not records.held([key]):
        raise NotFound(f"Nobody is known as {given}.", "Use her id, or one of her identifiers.")
    return Learner(keys=frozenset({key}))


def profile_of(learner: Learner, as_of: date) -> Profile:
    """The learner's profile on a day."""
    words = people.words_of(learner.person.id) if learner.person else {}
    record = profiles.record_of(learner.keys, words=words, decisions=profiles.Decisions.load())
    return profiles.profile_from(record, as_of)


# ---- One level --------------------------------------------------------------------------------


def explain(learner: Learner, competency: str, as_of: date) -> dict[str, Any]:
    """Why somebody stands where she stands in one competency on a day.

    The contributions of `evidence` add up to `mass`, which is what speaks for `told`: her level,
    or the first one where she has none.

    :raises NotFound: the ruleset in force does not know the competency.
    """
    profile = profile_of(learner, as_of)
    config = profile.record.ruleset.config
    framework = frameworks.in_force(config)
    found = profile.record.ruleset.resolve(competency)
    if found is None:
        raise NotFound(
            f"The ruleset in force knows no competency {competency}.",
            "GET …/profile lists those with evidence, by id.",
        )
    standing = profile.standings.get(found)
    counted = [one for one in count_rows(profile.record, as_of) if one.row.competency == found]
    return {
        "learner": learner.told(),
        "competency": _named(framework, found),
        "as_of": as_of.isoformat(),
        "ruleset": profile.ruleset_sha256,
        **_standing(profile, framework, standing),
        "evidence": [_piece(one) for one in standing.explain] if standing else [],
        "held_back": _held_back(counted, standing),
        "against": [_against(one) for one in counted if one.row.polarity < 0],
        "would_raise": [
            _raise(one, framework) for one in raises(profile.record, found, as_of) if one.level
        ],
        "falls_on": _day(fades_on(profile.record, found, as_of)),
        "voices": _voices(learner, profile, framework, found),
        "disputes": _disputes(learner, profile, found),
    }


def _standing(profile: Profile, framework: Framework, one: Standing | None) -> dict[str, Any]:
    """The level and the sums behind it."""
    if one is None:
        return {"level": 0, "level_label": None, "says": NOTHING_SPEAKS, "levels": []}
    told = max(one.level, 1)
    return {
        "level": one.level,
        "level_label": framework.level(one.level) or None,
        "lifetime_level": one.lifetime_level,
        "score_milli": one.score_milli,
        "confidence_ppm": one.confidence_ppm,
        "basis": one.basis,
        "validated_ppm": one.validated_ppm,
        "newest": one.newest_date.isoformat(),
        "told": told,
        "mass": one.positive[told - 1],
        "levels": [_sum(profile, framework, one, level) for level in _numbers(one)],
    }


def _numbers(one: Standing) -> range:
    return range(1, len(one.positive) + 1)


def _sum(profile: Profile, framework: Framework, one: Standing, level: int) -> dict[str, Any]:
    """What speaks for and against a level, and the doubt it has to overcome."""
    scale = profile.record.policy.scale
    return {
        "level": level,
        "label": framework.level(level),
        "for": one.positive[level - 1],
        "against": one.negative[level - 1],
        "scepticism": scale.scepticism[level - 1],
        "support_ppm": one.support_ppm[level - 1],
        "threshold_ppm": scale.tau,
        "reached": level <= one.level,
    }


def _piece(one: Explained) -> dict[str, Any]:
    return {
        **_statement(one.statement),
        "rule": one.rule,
        "kind": one.kind,
        "thing": one.object_key,
        "day": one.date.isoformat(),
        "age_days": one.age,
        "decay_ppm": one.decay_ppm,
        "assurance": one.assurance,
        "weight": one.weight,
        "speaks_up_to_level": one.bound,
        "caps": list(one.caps),
        "contribution": one.contribution,
    }


def _held_back(counted: Sequence[Counted], standing: Standing | None) -> list[dict[str, Any]]:
    """What she has and what counts nothing at the level that is told, each with its reason."""
    if standing is None:
        return []
    told, named = max(standing.level, 1), {one.statement for one in standing.explain}
    return [
        {**_statement(one.row.statement_id), "kind": one.row.kind, "why": _why_not(one, told)}
        for one in counted
        if one.row.polarity > 0 and one.row.statement_id not in named
    ]


def _why_not(one: Counted, told: int) -> str:
    if one.weight == 0:
        return "rejected, or worth nothing by its score or length"
    if one.reach < told:
        return f"speaks up to level {one.reach} only"
    return "the same thing counts once, on its best day"


def _against(one: Counted) -> dict[str, Any]:
    row = one.row
    return {
        **_statement(row.statement_id),
        "kind": row.kind,
        "day": date.fromordinal(row.day).isoformat(),
        "weight": one.weight,
        "speaks_against_from_level": one.reach,
    }


_WAYS = {
    "new": "one more piece of the kind {kind}",
    "accepted": "one more piece of the kind {kind} that a peer accepts",
    "existing": "a peer accepts statement {statement}",
    "confirmed": "an expert confirms level {level}",
}


def _raise(one: Raise, framework: Framework) -> dict[str, Any]:
    """What one more piece would do; `says` is it in a sentence."""
    way = one.candidate
    said_ = _WAYS[way.form].format(kind=way.kind, statement=way.statement, level=way.level)
    label = framework.level(one.level)
    return {
        "form": way.form,
        "rule": way.rule,
        "kind": way.kind,
        "statement": way.statement,
        "level": one.level,
        "score_milli": one.score_milli,
        "mass": one.mass,
        "says": f"{said_}: level {one.level} {label}".rstrip(),
    }


# ---- What people say ---------------------------------------------------------------------------


def _voices(
    learner: Learner, profile: Profile, framework: Framework, competency: str
) -> dict[str, Any]:
    """The four voices on a level, side by side."""
    subject = Subject(
        keys=learner.keys,
        person_id=learner.person.id if learner.person else None,
        competency=competency,
        ruleset=profile.record.ruleset,
    )
    evidence = _evidence_voice(profile, framework, profile.standings.get(competency))
    return {"evidence": evidence, **told(heard(subject, profile.as_of), framework)}


def _evidence_voice(profile: Profile, framework: Framework, one: Standing | None) -> dict[str, Any]:
    if one is None:
        return {"level": None, "says": NOTHING_SPEAKS}
    return {
        "level": one.level,
        "label": framework.level(one.level) or None,
        "as_of": profile.as_of.isoformat(),
        "newest": one.newest_date.isoformat(),
        "basis": one.basis,
    }


def _disputes(learner: Learner, profile: Profile, competency: str) -> list[dict[str, Any]]:
    """Her open disputes on this level and on what it rests on; the words are the team's to read."""
    if learner.person is None:
        return []
    rows = [one for one in profile.record.rows if one.competency == competency]
    roots = {root_of(one.statement_id, profile.record.formers) for one in rows}
    return [
        {"id": one.id, "about": one.about, "kind": one.kind, "state": one.state}
        | {"opened_at": iso(one.opened_at)}
        for one in disputes.open_ones(learner.person.id)
        if (one.kind == LEVEL and one.about == competency)
        or (one.kind == ITEM and one.about in roots)
    ]


def _statement(statement_id: str) -> dict[str, Any]:
    root = settings().public_url.rstrip("/")
    return {
        "statement": statement_id,
        "url": f"{root}/xapi/statements?statementId={statement_id}",
        "page": f"{root}/learning/{statement_id}",
    }


def _named(framework: Framework, competency: str) -> dict[str, Any]:
    found = framework.competencies.get(competency)
    if found is None:
        return {"id": competency, "label": competency, "code": None}
    return {"id": competency, "label": said(found.label, "en"), "code": found.code or None}


def _day(found: date | None) -> str | None:
    return found.isoformat() if found else None


# ---- The whole profile -------------------------------------------------------------------------


def export(learner: Learner, as_of: date) -> dict[str, Any]:
    """A profile with what it was made of, so that somebody else can see that it is the same.

    `statements.digest` is the sum of the SHA-256 of each statement it rests on (xapi.digests).
    """
    profile = profile_of(learner, as_of)
    config = profile.record.ruleset.config
    framework = frameworks.in_force(config)
    kept = frameworks.newest(framework.uri)
    return {
        "format": FORMAT,
        "version": VERSION,
        "engine": {
            "ruleset_sha256": profile.ruleset_sha256,
            "framework": framework.uri,
            "framework_sha256": kept.sha256 if kept else None,
            "statements": _digest(row.statement_id for row in profile.record.rows),
        },
        "as_of": as_of.isoformat(),
        "learner": learner.told(),
        "competencies": [
            _told(profile, framework, kept, one) for one in profile.standings.values()
        ],
        "rollup": {
            node: {**_named(framework, node), **printed_node(one)}
            for node, one in profile.nodes.items()
        },
    }


def _told(
    profile: Profile, framework: Framework, kept: FrameworkRow | None, one: Standing
) -> dict[str, Any]:
    """One competency of the profile."""
    return {
        **_named(framework, one.competency),
        "case": _case(kept, one.competency),
        **_standing(profile, framework, one),
        "evidence": [_piece(piece) for piece in one.explain],
    }


def _case(kept: FrameworkRow | None, competency: str) -> dict[str, Any]:
    """The competency as CASE names it."""
    listed: Iterable[Mapping[str, Any]] = kept.document["competencies"] if kept else ()
    found = next((one for one in listed if one["uri"] == competency), {})
    case = mapping(mapping(found.get("extra")).get("case"))
    return {"uri": competency, "identifier": case.get("identifier")}


def _digest(statement_ids: Iterable[str]) -> dict[str, Any]:
    digest, last = Digest(), 0
    sids = sorted({uuid.UUID(one) for one in statement_ids})
    for part in portions(sids):
        for stored in reader().many(part).values():
            digest.add(text.parse(stored.payload))
            last = max(last, stored.seq)
    return {"count": digest.count, "max_stored": last, "digest": digest.hex}
