"""What people say of somebody's level: herself, peers, managers. Told apart, never averaged.

A voice is a statement: the verb `rated`, a competency as its object, a whole level in
`result.score.raw`. Whom it is about stands in `context.contextAgents`; without them the actor is
meant, and `context.instructor` speaks. Who is a peer and who a manager follows from our tables on
reading, and only what was made in Byway, or came with a key that may attest, is heard.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from engine.competencies import frameworks, projector
from engine.competencies.evidence import Ruleset
from engine.competencies.framework_documents import Framework
from engine.competencies.reading import (
    decimal,
    identifier_key,
    mapping,
    moment,
    object_id,
    stated_level,
    verb_of,
    when,
)
from engine.db import db
from engine.lrs.crossings import crossing
from engine.lrs.keys import OWN, origins
from engine.people import service as people
from engine.people.merged import records_of
from engine.people.models import ManagerOf, Person
from xapi import text
from xapi.vocabulary import COMPETENCY, VERBS, Extension

RATED = VERBS["rated"]
MOST = 2_000
"""How many statements about one competency of one learner are looked at, the newest first."""
LONGEST = 2_000
"""How many letters of somebody's words are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A level that somebody stated; `who` is her number, or an identifier that nobody owns.

    `named`: she speaks in the open. `own`: it was made in Byway.
    """

    who: int | str
    name: str
    level: int
    words: str
    at: datetime
    sid: uuid.UUID
    named: bool
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """How many peers said something, how many each level, and those who speak in the open."""

    count: int
    spread: tuple[tuple[int, int], ...]
    named: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """What people say of one level of somebody; `managers` are the names of who manages her now."""

    herself: Said | None
    peers: Peers
    managers: tuple[str, ...]
    from_managers: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One competency of one learner: all her identifiers, and her number if she is known."""

    keys: frozenset[str]
    person_id: int | None
    competency: str
    ruleset: Ruleset

    @property
    def top(self) -> int:
        """The highest level of the scale."""
        return len(self.ruleset.policy.scale.levels)

    def is_meant(self, competency: str | None) -> bool:
        """Whether an id, or an alias, means this competency."""
        return competency is not None and self.competency in (
            competency,
            self.ruleset.resolve(competency),
        )

    def is_her(self, speaker: int | str) -> bool:
        """Whether somebody who spoke is the learner."""
        return speaker == self.person_id if self.person_id else speaker in self.keys


def heard(subject: Subject, until: date) -> Voices:
    """What people say by the end of a day (UTC): the newest word of each that stands by now."""
    latest = [one for one in standing(subject).values() if one.at.date() <= until]
    managers, reports = _relations(subject.person_id)
    peers = [
        one
        for one in latest
        if not subject.is_her(one.who) and one.who not in managers and one.who not in reports
    ]
    return Voices(
        herself=next((one for one in latest if subject.is_her(one.who)), None),
        peers=Peers(
            count=len(peers),
            spread=tuple(sorted(Counter(one.level for one in peers).items())),
            named=tuple(one for one in peers if one.named),
        ),
        managers=tuple(managers.values()),
        from_managers=tuple(one for one in latest if one.who in managers),
    )


def standing(subject: Subject) -> dict[int | str, Said]:
    """The newest word of each speaker on it, the newest of all last."""
    said = sorted(all_said(subject), key=lambda one: (one.at, one.sid))
    latest = dict[int | str, Said]()
    for one in said:
        latest.pop(one.who, None)
        latest[one.who] = one
    return latest


def all_said(subject: Subject) -> list[Said]:
    """Every level stated on it that was not taken back and may be heard."""
    trusted = _trusted(subject.person_id)
    spoken = [
        (statement, trusted[origin], speaker)
        for origin, statement in _statements(subject)
        if origin in trusted
        and _is_voice(statement, subject)
        and (speaker := _speaker(statement, subject.keys))
    ]
    owners = people.owners(speaker for _, _, speaker in spoken)
    names = _names(owners.values())
    return [
        _said(statement, speaker, owners.get(speaker), names, own=own)
        for statement, own, speaker in spoken
    ]


def is_of_another(statement: Mapping[str, Any]) -> bool:
    """Whether somebody rates somebody else in it: its speaker alone may not publish that."""
    return verb_of(statement) == RATED.iri and bool(_about(mapping(statement.get("context"))))


def _statements(subject: Subject) -> list[tuple[int, dict[str, Any]]]:
    """What the record has about the learner and the competency together, with its origins."""
    aliases = mapping(subject.ruleset.config.get("aliases"))
    meant = [subject.competency, *(one for one in aliases if subject.is_meant(one))]
    found = crossing(sorted(subject.keys), meant, MOST)
    return [(origin, text.parse(payload)) for origin, payload in found]


def _is_voice(statement: Mapping[str, Any], subject: Subject) -> bool:
    """Whether it says a whole level of the scale; a reference to one is found too and is none."""
    raw = decimal(mapping(mapping(statement.get("result")).get("score")).get("raw"))
    meant = verb_of(statement) == RATED.iri and subject.is_meant(object_id(statement))
    return meant and raw is not None and 1 <= raw <= subject.top and raw == int(raw)


def _speaker(statement: Mapping[str, Any], learner: Collection[str]) -> str | None:
    """Whose word it is, if it is about the learner; None where it is about somebody else."""
    actor, context = identifier_key(statement.get("actor")), mapping(statement.get("context"))
    about = _about(context)
    if about:
        return actor if about & set(learner) else None
    speaker = identifier_key(context.get("instructor")) or actor
    return speaker if actor in learner else None


def _about(context: Mapping[str, Any]) -> set[str]:
    listed = context.get("contextAgents")
    agents = [mapping(one).get("agent") for one in listed] if isinstance(listed, list) else []
    return {key for agent in agents if (key := identifier_key(agent))}


def _trusted(person_id: int | None) -> dict[int, bool]:
    """The origins whose word for others counts and holds for her; True: Byway itself."""
    words = people.words_of(person_id) if person_id else {}
    return {
        id_: origin["kind"] == OWN
        for id_, origin in origins().items()
        if origin["attests"] == "expert" and people.allows(str(origin["basis"]), words.get(id_))
    }


def _said(
    statement: Mapping[str, Any],
    key: str,
    person_id: int | None,
    names: Mapping[int, str],
    *,
    own: bool,
) -> Said:
    context, result = mapping(statement.get("context")), mapping(statement.get("result"))
    given = mapping(statement.get("actor")).get("name")
    stranger = given if isinstance(given, str) and _about(context) else "somebody"
    words = result.get("response")
    return Said(
        who=key if person_id is None else person_id,
        name=stranger if person_id is None else names.get(person_id, "somebody"),
        level=stated_level(statement) or 0,
        words=words[:LONGEST] if isinstance(words, str) else "",
        at=_when(statement),
        sid=uuid.UUID(statement["id"]),
        named=mapping(context.get("extensions")).get(Extension.NAMED) is True,
        own=own,
    )


def _when(statement: Mapping[str, Any]) -> datetime:
    """When it was said; what claims to come from the future was said when it was stored."""
    moments = [found[1] for found in (when(statement), moment(statement.get("stored"))) if found]
    return datetime.fromisoformat(min(moments))


def _names(person_ids: Iterable[int]) -> dict[int, str]:
    query = select(Person.id, Person.name).where(Person.id.in_(sorted(set(person_ids))))
    return {row.id: row.name for row in db.session.execute(query)}


def _relations(person_id: int | None) -> tuple[dict[int | str, str], set[int | str]]:
    """Who manages her now, by name, and whom she manages: neither are her peers."""
    if person_id is None:
        return {}, set()
    query = select(ManagerOf.person_id).where(ManagerOf.manager_id.in_(records_of(person_id)))
    reports: set[int | str] = {people.get_by_id(one).id for one in db.session.scalars(query)}
    return {one.id: one.name for one in people.managers_of(person_id)}, reports


# ---- As data ------------------------------------------------------------------------------------

UNSAID = {
    "self": "The learner has stated no level.",
    "peers": "No peer has stated a level.",
    "manager": "Nobody who manages the learner has stated a level.",
    "nobody": "Nobody is recorded as the learner's manager.",
}


def activity_of(competency: str) -> dict[str, Any]:
    """A competency as the object of a statement, with the name it has now."""
    config = projector.ruleset_of(projector.serving().ruleset_id).config
    name = frameworks.in_force(config).name(competency)
    return {"id": competency, "definition": {"type": COMPETENCY, "name": {"und": name}}}


def told(voices: Voices, framework: Framework) -> dict[str, Any]:
    """What people say, for other systems; a voice that is absent says so."""
    herself, peers, managers = voices.herself, voices.peers, voices.from_managers
    unsaid = UNSAID["manager" if voices.managers else "nobody"]
    return {
        "self": _word(herself, framework) if herself else {"level": None, "says": UNSAID["self"]},
        "peers": {
            "count": peers.count,
            "levels": [{"level": level, "count": count} for level, count in peers.spread],
            "named": [_word(one, framework) for one in peers.named],
            "says": "" if peers.count else UNSAID["peers"],
        },
        "manager": {
            "managers": list(voices.managers),
            "said": [_word(one, framework) for one in managers],
            "says": "" if managers else unsaid,
        },
    }


def _word(one: Said, framework: Framework) -> dict[str, Any]:
    return {
        "level": one.level,
        "label": framework.level(one.level),
        "who": one.name,
        "at": one.at.isoformat(),
        "says": one.words,
        "statement": str(one.sid),
    }
