"""What a confirmation says: the statement, and the badge where there is one; nothing is stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from engine import profiles
from engine.activity import title_of
from engine.competencies import frameworks
from engine.competencies.explain import fades_on
from engine.competencies.framework_documents import Framework, said
from engine.competencies.scoring import Standing
from engine.config import keyring
from engine.db import portions
from engine.errors import Refused
from engine.lrs.keys import authority_of, own_origin
from engine.moments import to_us
from engine.people import service as people
from engine.people.models import Person
from engine.people.service import Who
from engine.pipeline import reader
from engine.profiles import Profile
from engine.publishing import badges
from engine.publishing.badges import Award, Piece, Skill
from engine.publishing.consents import choice_of
from engine.publishing.models import Grant
from engine.publishing.policy import NO_BADGES, Policy, policy
from engine.publishing.vocabulary import (
    EXPIRES,
    LEARNER_COMPETENCY,
    LEVEL,
    OURS,
    RULESET,
    competency_of,
    learner_of,
)
from xapi import statements, text

PROVEN = frozenset({"peer", "expert"})
"""Whose word has to stand behind a level that earns a badge."""


def require_badge(standing: Standing | None, level: int, rules: Policy, where: str = "") -> None:
    """Whether a level earns a badge; refused with what is lacking."""
    if rules.badge_level == NO_BADGES:
        raise Refused("No badges are issued here.", "Ask without a badge.", where=where)
    if level < rules.badge_level:
        raise Refused(
            f"Badges are issued from level {rules.badge_level} on; this is level {level}.",
            "Ask without a badge.",
            where=where,
        )
    if standing is None or standing.basis not in PROVEN:
        raise Refused(
            "Nobody else has confirmed any of what this level rests on.",
            "Ask somebody to review a line of it first, or ask without a badge.",
            where=where,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A line that the learner shows with her request."""

    sid: str
    title: str
    url: str
    at: str
    contribution: int


def shared_of(row: Grant, standing: Standing | None) -> list[Shared]:
    """The lines she shows, the heaviest first; what was taken back since is left out."""
    shares = {one.statement: one.contribution for one in standing.explain} if standing else {}
    found = list[Shared]()
    for part in portions(uuid.UUID(one) for one in row.shared):
        for sid, stored in reader().many(part).items():
            if stored.voided:
                continue
            told = text.parse(stored.payload)
            found.append(
                Shared(
                    sid=str(sid),
                    title=title_of(told) or "",
                    url=str(told["object"].get("id", "")),
                    at=str(told["timestamp"]),
                    contribution=shares.get(str(sid), 0),
                )
            )
    return sorted(found, key=lambda one: (-one.contribution, one.sid))


def standing_of(row: Grant, as_of: date) -> Standing | None:
    """Where the learner stands now in what she asked about."""
    person = people.get_by_id(row.person_id)
    return profiles.profile_of(person.id, as_of).standings.get(row.competency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granting:
    """A level about to be confirmed."""

    row: Grant
    by: Who
    person: Person
    profile: Profile
    standing: Standing
    framework: Framework
    rules: Policy
    fades: date | None
    now: datetime

    @property
    def sid(self) -> uuid.UUID:
        return uuid.uuid5(keyring().namespace("grants"), self.row.uid)

    @property
    def valid_until(self) -> int | None:
        """The day on which the level would fall without new evidence, in microseconds."""
        if self.fades is None:
            return None
        return to_us(datetime.combine(self.fades, datetime.min.time(), UTC))

    @property
    def audience(self) -> str:
        """Public where she publishes this level; else for her, and whoever reads all."""
        return "public" if self.row.competency in choice_of(self.person.id) else "private"

    def statement(self) -> dict[str, Any]:
        # Learner Competency profile, template "Grant Competency": the organisation confers on an
        # Agent; the competency is in the grouping, the best evidence in context.statement.
        name = self.framework.name(self.row.competency)
        best = max(self.standing.explain, key=lambda one: (one.contribution, one.statement))
        until = {} if self.fades is None else {EXPIRES: self.fades.isoformat()}
        category = [{"objectType": "Activity", "id": LEARNER_COMPETENCY}, OURS]
        return statements.build(
            sid=self.sid,
            actor={**authority_of(own_origin()).agent, "name": self.rules.issuer},
            verb="conferred",
            obj=learner_of(self.person),
            at=self.now,
            context={
                "instructor": learner_of(people.get_by_id(self.by.id)),
                "statement": statements.statement_ref(uuid.UUID(best.statement)),
                "contextActivities": {
                    "category": category,
                    "grouping": [competency_of(self.row.competency, name)],
                },
                "extensions": {
                    LEVEL: {"raw": self.row.level, "min": 0, "max": len(self._levels())},
                    RULESET: self.profile.ruleset_sha256,
                    **until,
                },
            },
        )

    def badge(self) -> dict[str, str]:
        """The badge, as the request keeps it.

        :raises Refused: the level does not earn one.
        """
        require_badge(self.standing, self.row.level, self.rules)
        shown = shared_of(self.row, self.standing)
        token = badges.signed(
            Award(
                uid=self.row.uid,
                place=self.row.id,
                learner_uid=self.person.uid,
                email=self.person.email,
                skill=self._skill(),
                level=self.row.level,
                basis=str(self.standing.basis),
                ruleset=self.profile.ruleset_sha256,
                issuer=self.rules.issuer,
                evidence=[Piece(title=one.title, url=_link(one.url)) for one in shown],
                issued_at=to_us(self.now),
                valid_until=self.valid_until,
            )
        )
        return {"token": token}

    def _skill(self) -> Skill:
        found = self.framework.competencies[self.row.competency]
        return Skill(
            id=found.id,
            name=said(found.label, "en"),
            description=said(found.description, "en"),
            code=found.code,
            framework=said(self.framework.title, "en"),
            levels=self._levels(),
            case=_is_case(self.framework.uri, found.id),
        )

    def _levels(self) -> list[str]:
        plain = self.profile.record.ruleset.config["scale"]["levels"]
        return [self.framework.level(n) or str(name) for n, name in enumerate(plain, 1)]


def granting(row: Grant, by: Who, as_of: date) -> Granting:
    person = people.get_by_id(row.person_id)
    profile = profiles.profile_of(person.id, as_of)
    standing = profile.standings.get(row.competency)
    if standing is None or standing.level < row.level:
        raise Refused(
            f"Her evidence no longer shows level {row.level}.",
            "Decline, so that she can ask again.",
        )
    return Granting(
        row=row,
        by=by,
        person=person,
        profile=profile,
        standing=standing,
        framework=frameworks.in_force(profile.record.ruleset.config),
        rules=policy(),
        fades=fades_on(profile.record, row.competency, as_of),
        now=datetime.now(UTC).replace(microsecond=0),
    )


def _link(url: str) -> str:
    return url if url.startswith(("http://", "https://")) else ""


def _is_case(framework: str, competency: str) -> bool:
    """Whether the competency came out of a CASE file, which is kept with it."""
    kept = frameworks.newest(framework)
    listed: Iterable[Any] = kept.document["competencies"] if kept else ()
    found: Mapping[str, Any] = next((one for one in listed if one["uri"] == competency), {})
    return "case" in (found.get("extra") or {})
