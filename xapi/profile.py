"""Byway's own xAPI Profile: the words that no public profile has, as JSON-LD.

Built after the xAPI Profiles specification 1.0, part two (adlnet/xapi-profiles,
xapi-profiles-structure.md); the numbers in the docstrings are its sections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from xapi.vocabulary import BYWAY, TYPES, VERBS, Extension

PROFILE = BYWAY + "profile"
VERSION = BYWAY + "profile/v1"
"""The version described here; what Byway itself says carries it as a category."""

MEDIA_TYPE = "application/ld+json"
_PUBLISHED = "2026-11-22T00:00:00.000Z"
_HASH = "^[0-9a-f]{64}$"

_LEVEL_SCHEMA = (
    '{"type": "object", "required": ["raw", "min", "max"], "properties": {"raw": {"type":'
    ' "integer"}, "min": {"type": "integer"}, "max": {"type": "integer"}, "label": {"type":'
    ' "string"}}}'
)

Kind = Literal["Verb", "ActivityType", "ContextExtension"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One word of the profile (7.1, 7.2); `more` are members that its kind may have."""

    id: str
    kind: Kind
    name: dict[str, str]
    definition: str
    more: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The concept as the profile holds it."""
        return {
            "id": self.id,
            "type": self.kind,
            "inScheme": VERSION,
            "prefLabel": self.name,
            "definition": {"en": self.definition},
            **self.more,
        }


def _type(name: str, label: str, definition: str, **more: Any) -> Concept:
    return Concept(
        id=TYPES[name], kind="ActivityType", name={"en": label}, definition=definition, more=more
    )


def _extension(id_: str, kind: Kind, label: str, definition: str, schema: str) -> Concept:
    return Concept(
        id=id_,
        kind=kind,
        name={"en": label},
        definition=definition,
        more={"inlineSchema": schema},
    )


CONCEPTS: Sequence[Concept] = (
    Concept(
        id=VERBS["discussed"].iri,
        kind="Verb",
        name=VERBS["discussed"].display,
        definition="The actor talked with others about the object, as equals and informally.",
        more={"relatedMatch": ["http://id.tincanapi.com/verb/talked-with"]},
    ),
    _type(
        "lunch-and-learn",
        "lunch and learn",
        "A short informal session over a meal in which colleagues learn from one another.",
        broadMatch=[TYPES["event"]],
    ),
    _type(
        "committee",
        "committee",
        "The work of a group that meets again and again to decide or to advise.",
        relatedMatch=[TYPES["meeting"]],
    ),
    _type(
        "job-shadowing",
        "job shadowing",
        "A time in which somebody accompanies a colleague to learn how the work is done.",
    ),
    _type(
        "series",
        "series",
        "What recurring sessions have in common; each session is an activity of its own.",
        relatedMatch=[TYPES["event"]],
    ),
    _type("other", "informal learning", "Learning outside courses that no other type describes."),
    _extension(
        Extension.TAGS,
        "ContextExtension",
        "tags",
        "The tags and categories of the activity in its source: small letters, spaces as hyphens.",
        '{"type": "array", "items": {"type": "string"}}',
    ),
    _extension(
        Extension.REPLACES,
        "ContextExtension",
        "replaces",
        "The id of the voided statement that this one corrects.",
        '{"type": "string", "format": "uuid"}',
    ),
    _extension(
        Extension.CORRECTED_BY,
        "ContextExtension",
        "corrected by",
        "Whose correction this statement is, where it is not the source's.",
        '{"type": "string", "enum": ["learner"]}',
    ),
    _extension(
        Extension.NAMED,
        "ContextExtension",
        "named",
        "Whether whoever stated a level agreed to be shown by name beside it.",
        '{"type": "boolean"}',
    ),
    _extension(
        Extension.LEVEL,
        "ContextExtension",
        "level",
        "The level that is spoken of, on the scale of the ruleset.",
        _LEVEL_SCHEMA,
    ),
    _extension(
        Extension.RULESET,
        "ContextExtension",
        "ruleset",
        "The SHA-256 of the ruleset a level was worked out with.",
        '{"type": "string", "pattern": "' + _HASH + '"}',
    ),
    _extension(
        Extension.AS_OF,
        "ContextExtension",
        "as of",
        "The day a level was worked out for.",
        '{"type": "string", "format": "date"}',
    ),
)


def document() -> dict[str, Any]:
    """The whole profile (6.0)."""
    return {
        "@context": "https://w3id.org/xapi/profiles/context",
        "id": PROFILE,
        "type": "Profile",
        "conformsTo": "https://w3id.org/xapi/profiles#1.0",
        "prefLabel": {"en": "Byway: informal learning"},
        "definition": {
            "en": "Words for informal learning in public service that public profiles do not have:"
            " lunches, committees, job shadowing, tags of a source, corrections and levels."
        },
        "versions": [{"id": VERSION, "generatedAtTime": _PUBLISHED}],
        "author": {"type": "Organization", "name": "Byway"},
        "concepts": [concept.as_json() for concept in CONCEPTS],
    }


def own_iris() -> Iterator[str]:
    """Every IRI of ours that statements may hold."""
    every = [verb.iri for verb in VERBS.values()] + list(TYPES.values())
    yield from sorted({iri for iri in every if iri.startswith(BYWAY)})
    yield from (value for name, value in vars(Extension).items() if not name.startswith("_"))
