"""How rules, their differences and the outcome of a simulation are said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.competencies.checked import members
from engine.competencies.decay import MICRO
from engine.competencies.differences import Difference
from engine.competencies.framework_documents import Framework
from engine.competencies.reading import mapping
from engine.web import words
from engine.web.rulesets_told import Because, Group, Step
from xapi.vocabulary import ALIASES, TYPES, VERBS

SHOWN = 12
"""How many characters of a version's hash are told."""
SEVERAL = 4
SOURCE_WORDS = {
    "tags": ("Its tags", "What the source and the activity are tagged with."),
    "context": ("What it belongs to", "A course or event that names a competency."),
    "object": ("The thing itself", "Where the object of the statement is a competency."),
    "alignment": ("Alignments", "Titles and addresses that your team has aligned."),
}
CLASS_WORDS = {
    "self": "the learner’s own word",
    "system": "the system’s word",
    "peer": "a peer’s word",
    "expert": "an expert’s word",
}
QUALITY_WORDS = {
    "": "No: each counts alike",
    "duration": "By the time stayed",
    "score.scaled": "By the score",
}
_DIRECTIONS = {
    "up": "would rise",
    "down": "would fall",
    "new": "would have first evidence in it",
    "lost": "would have no evidence in it any more",
}
_MICRO = {"weight", "cap", "day_cap", "tau_ppm", "tau", "confidence_n0", "scepticism"}
_PLACES = {
    "half_life_days": "half-life in days",
    "half_life": "half-life in days",
    "tau_ppm": "threshold",
    "tau": "threshold",
    "day_cap": "most in a day",
    "cap": "most in all",
    "ceiling": "highest level it speaks for",
    "floor": "levels it counts against, from",
    "factor_ppm": "factor",
    "factors": "factors of the classes",
    "confidence_n0": "evidence that confidence asks for",
    "quality": "what makes it count for more or less",
    "match": "what it looks at",
    "competencies": "which competencies",
    "from_tags": "competencies by tags",
    "from_context": "competencies by what it belongs to",
    "from_object": "competencies by the thing itself",
    "from_alignments": "competencies by alignments",
    "peer_quorum": "how many peers must agree",
}
_PARTS = {
    "rules": "Rule",
    "kinds": "Kind",
    "competencies": "Competency",
    "tags": "Tag",
    "nodes": "Roll-up",
    "aliases": "Alias",
    "assurance": "Classes",
    "scale": "Scale",
    "alignments": "Alignments",
    "framework": "Framework",
    "validation": "Words on others’ work",
    "exclude_category": "Left out",
    "version": "Form",
}


# ---- Rules -------------------------------------------------------------------


def title(rule: Mapping[str, Any]) -> str:
    """A rule's name as a heading."""
    name = re.sub(r"[-_]+", " ", words.clean(str(rule.get("id") or "Without a name"), 100))
    return name[:1].upper() + name[1:]


def sentence(rule: Mapping[str, Any], framework: Framework) -> str:
    """What a rule does, in one or two sentences."""
    kind, weight = str(rule.get("kind", "")), decimal(rule.get("weight"))
    against = rule.get("floor") is not None
    counts = f"it counts {weight} as {words.clean(kind, 40)}"
    reach = _against(rule, framework) if against else _reach(rule, framework)
    return f"{_when(mapping(rule.get('match')))}, {counts}, {reach}."


def source(rule: Mapping[str, Any], framework: Framework) -> str:
    """Which competencies a rule comes to."""
    found = mapping(rule.get("competencies"))
    named = {
        "from_tags": "tags",
        "from_context": "what it belongs to",
        "from_object": "the thing itself",
        "from_alignments": "alignments",
    }
    by = [word for key, word in named.items() if found.get(key) is True]
    fixed = [framework.name(str(one)) for one in members(found.get("fixed"))]
    told = [f"by {words.listed(by)}"] if by else []
    told += [f"always {words.listed(_some(fixed))}"] if fixed else []
    return f"Competencies: {'; '.join(told) or 'none'}."


def _when(match: Mapping[str, Any]) -> str:
    verbs = [_verb(str(one)) for one in members(match.get("verb"))]
    did = words.listed(_some(list(dict.fromkeys(verbs))), word="or") if verbs else "did anything"
    types = list(dict.fromkeys(_type(str(one)) for one in members(match.get("object_type"))))
    what = f" ({words.listed(_some(types), word='or')})" if types else ""
    tags = [words.clean(str(one), 40) for one in members(match.get("tags_any"))]
    tagged = f", tagged {words.listed(_some(tags), word='or')}" if tags else ""
    ids = [words.short_iri(str(one)) for one in members(match.get("object_id"))]
    there = f", at {words.listed(_some(ids), word='or')}" if ids else ""
    return f"When somebody {did}{what}{tagged}{there}{_limits(match)}"


def _limits(match: Mapping[str, Any]) -> str:
    least = mapping(match.get("duration")).get("gte")
    long = words.iso_duration(least) if least else None
    score = mapping(match.get("score_scaled"))
    told = [f"for {long} or longer"] if long else []
    told += [f"with a score of {score['gte']} or more"] if "gte" in score else []
    told += [f"with a score under {score['lt']}"] if "lt" in score else []
    return f", {words.listed(told)}" if told else ""


def _reach(rule: Mapping[str, Any], framework: Framework) -> str:
    ceiling = rule.get("ceiling")
    levels = list(ceiling.values()) if isinstance(ceiling, Mapping) else [ceiling]
    known = sorted({one for one in levels if isinstance(one, int)})
    if not known:
        return "up to no level"
    low, high = known[0], known[-1]
    if low == high:
        return f"and speaks for level {_level(high, framework)} at most"
    return f"and speaks for level {low} by itself and {_level(high, framework)} if others vouch"


def _against(rule: Mapping[str, Any], framework: Framework) -> str:
    return f"against level {_level(rule['floor'], framework)} and above"


def _level(number: Any, framework: Framework) -> str:
    name = framework.level(number) if isinstance(number, int) else ""
    return f"{number} {words.clean(name, 40)}".strip()


def _verb(iri: str) -> str:
    plain = ALIASES.get(iri, iri)
    known = next((verb.en for verb in VERBS.values() if verb.iri == plain), "")
    return known or words.short_iri(iri).rpartition("/")[2]


def _type(iri: str) -> str:
    known = next((name for name, one in TYPES.items() if one == iri), "")
    return (known or words.short_iri(iri).rpartition("/")[2]).replace("-", " ")


def _some(named: Sequence[str]) -> list[str]:
    rest = len(named) - SEVERAL
    return [*named[:SEVERAL], f"{rest} more"] if rest > 0 else list(named)


def decimal(micro: Any) -> str:
    """Whole millionths as a decimal: 250000 as 0.25."""
    if not isinstance(micro, int) or isinstance(micro, bool):
        return words.clean(str(micro), 40)
    whole, rest = divmod(abs(micro), MICRO)
    sign = "-" if micro < 0 else ""
    return f"{sign}{whole}" + (f".{rest:06d}".rstrip("0") if rest else "")


# ---- Differences ---------------------------------------------------------------


def differences(found: Sequence[Difference], framework: Framework) -> list[tuple[str, str]]:
    """Each difference as its place and what is different there."""
    return [
        (place(one.where, framework), _change(one.where, one.before, one.after)) for one in found
    ]


def place(where: str, framework: Framework) -> str:
    """A place of a config in words: "Rule attended: weight"."""
    part, _, rest = where.partition(".")
    named = _PARTS.get(part, part.capitalize())
    if not rest or part in ("scale", "assurance", "validation"):
        return f"{named}: {_last(rest)}" if rest else named
    key = next((one for one in framework.competencies if rest.startswith(one)), "")
    name, member = (key, rest[len(key) + 1 :]) if key else _named(part, rest)
    told = framework.name(name) if key else name.replace("-", " ") if part == "rules" else name
    return words.clean(f"{named} {told}" + (f": {_last(member)}" if member else ""), 200)


def _named(part: str, rest: str) -> tuple[str, str]:
    """What is named in a place, and the member of it; the names of tags may have dots."""
    if part == "tags" or "/" in rest:
        return rest, ""
    name, _, member = rest.partition(".")
    return name, member


def _last(member: str) -> str:
    return ", ".join(_PLACES.get(one, one.replace("_", " ")) for one in member.split("."))


def _change(where: str, before: Any, after: Any) -> str:
    if before is None:
        return f"new: {_value(where, after)}"
    if after is None:
        return f"gone; it was {_value(where, before)}"
    return f"{_value(where, before)} becomes {_value(where, after)}"


def _value(where: str, value: Any) -> str:
    """A value as somebody would write it; what is long is cut."""
    key = where.rpartition(".")[2]
    if key in _MICRO or ".factor_ppm" in where:
        listed = members(value)
        return words.listed([decimal(one) for one in listed])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        parts = [f"{name} {_value(f'{where}.{name}', one)}" for name, one in value.items()]
        return words.clean(", ".join(parts), 160) or "nothing"
    if isinstance(value, list | tuple):
        told = words.listed(_some([_value(where, one) for one in value]))
        return words.clean(told, 240) or "nothing"
    return words.clean("nothing" if value is None else str(value), 120)


# ---- Simulations ----------------------------------------------------------------


def group(found: Group) -> str:
    """How many people move how, and by how much on average."""
    who = words.counted(found.people, "person", "people")
    by = f"{abs(found.score_milli) / 1000:.2f}".rstrip("0").rstrip(".")
    much = "" if found.direction in ("new", "lost") else f", by {by} of a level on average"
    return f"{who} {_DIRECTIONS[found.direction]}{much}."


def steps(found: Sequence[Step], framework: Framework) -> Iterator[str]:
    """From which level to which, and how many."""
    for one in found:
        was, becomes = (_step(level, framework) for level in (one.before, one.after))
        yield f"{words.counted(one.people, 'person', 'people')}: {was} to {becomes}"


def _step(level: int | None, framework: Framework) -> str:
    if level is None:
        return "nothing"
    return f"level {_level(level, framework)}" if level else "no level"


def because(reason: Because, everybody: int, framework: Framework) -> str:
    """Why they move, and of how many that is true."""
    whose = "All" if reason.people == everybody else f"{reason.people:,}" if reason.people else ""
    return f"{whose or 'Nearly all'}: {_reason(reason, framework)}."


def _reason(one: Because, framework: Framework) -> str:
    where = place(one.where, framework)
    rule = where[:1].lower() + where[1:]
    if one.what == "gained":
        return f"the {rule} gives evidence that it did not give"
    if one.what == "lost":
        return f"the {rule} gives evidence no more"
    if one.what == "child":
        return f"{framework.name(one.where)}, which is part of it, moves"
    if one.what == "rules":
        return f"{rule}: {_change(one.where, one.before, one.after)}"
    what = {"reach": "the level it speaks for", "assurance": "its class"}.get(one.what, one.what)
    if one.before is None and one.after is None:
        return f"the {rule} counts with another {one.what}"
    before, after = (_value(f".{one.what}", value) for value in (one.before, one.after))
    return f"the {rule} counts otherwise: {what} {before} becomes {after}"
