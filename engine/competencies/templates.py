"""Statement templates of xAPI Profiles as the `match` of a rule.

Source: xAPI Profiles 1.0, structure, 8.0 and 8.1, and communication, 2.1. A template fits when its
determining properties are in the statement and all its rules are followed. What a template asks of
another statement (the ...StatementRefTemplate) is taken as far as this one tells: that it refers to
one at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.competencies.checked import members
from engine.competencies.json_paths import Path, read_path, values_at
from engine.competencies.reading import Facts, decimal, mapping, verb_of
from engine.errors import Refused

MOST_RULES = 200
MOST_VALUES = 500
DEEPEST = 10
PRESENCES = ("included", "excluded", "recommended")

_PLACES = {
    "contextGroupingActivityType": "grouping",
    "contextParentActivityType": "parent",
    "contextOtherActivityType": "other",
    "contextCategoryActivityType": "category",
}
_LISTS = (
    *_PLACES,
    "attachmentUsageType",
    "objectStatementRefTemplate",
    "contextStatementRefTemplate",
)
_TEXTS = ("inScheme", "verb", "objectActivityType")
_RULE = ("location", "selector", "presence", "any", "all", "none")
_UNMATCHABLE = object()

Question = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What a template asks of the values at one place."""

    location: Path
    selector: Path | None
    presence: str | None
    any_of: _Values | None
    all_of: _Values | None
    none_of: _Values | None

    def is_followed(self, statement: Mapping[str, Any]) -> bool:
        """Whether a statement has there what it must, and nothing that it must not."""
        found = values_at(self.location, statement)
        if self.selector is not None:
            found = [one for value in found for one in _selected(self.selector, value)]
        matchable = [one for one in found if one is not _UNMATCHABLE]
        is_whole = len(matchable) == len(found)
        if self.presence == "excluded":
            return not matchable
        if self.presence == "included" and not (matchable and is_whole):
            return False
        if self.presence == "recommended" and not matchable:
            return True
        return self._are_allowed(matchable, is_whole=is_whole)

    def _are_allowed(self, matchable: Sequence[Any], *, is_whole: bool) -> bool:
        if self.any_of is not None and not any(self.any_of.hold(one) for one in matchable):
            return False
        if self.all_of is not None:
            all_of = self.all_of
            if not is_whole or not all(all_of.hold(one) for one in matchable):
                return False
        none_of = self.none_of
        return none_of is None or not any(none_of.hold(one) for one in matchable)


@dataclass(frozen=True, slots=True)
class _Values:
    """Values to compare with, as JSON compares: 1 is 1.0 and is not true."""

    plain: frozenset[Any]
    compound: tuple[Any, ...]

    def hold(self, value: Any) -> bool:
        """Whether a value is one of them."""
        if isinstance(value, dict | list):
            return any(_same(value, one) for one in self.compound)
        return _comparable(value) in self.plain


Known = Mapping[str, Sequence[tuple[str, Any]]]
"""The templates of some profiles by their ids: where each stands, and it."""


def collect(profiles: object) -> Known:
    """The templates of profiles, unread: what no rule names need not be sound.

    :param profiles: one xAPI Profile (its JSON-LD as a mapping), or several.
    :raises Refused: something is no profile.
    """
    found: dict[str, list[tuple[str, Any]]] = {}
    for at, profile in enumerate(members(profiles)):
        where = f"profiles[{at}]"
        listed = profile.get("templates") if isinstance(profile, Mapping) else None
        if not isinstance(listed, list):
            raise Refused(
                "this is no xAPI Profile: it has no `templates`.",
                "Put the profile's JSON-LD here, as it is published.",
                where=where,
            )
        for number, template in enumerate(listed):
            found.setdefault(str(_id(template)), []).append(
                (f"{where}.templates[{number}]", template)
            )
    return found


def _id(template: object) -> str | None:
    found = template if isinstance(template, Mapping) else {}
    id_ = found.get("id", found.get("@id"))
    return id_ if isinstance(id_, str) else None


def reduce(template: object, where: str) -> dict[str, Any]:
    """A template with only the members that decide whether it fits, in one shape.

    :raises Refused: a member has the wrong shape, or a path cannot be read.
    """
    if not isinstance(template, Mapping):
        raise Refused(
            f"a template is a mapping or the IRI of one, this is {template!r:.80}.",
            "Name one of the profiles under `profiles:`, or write it out here.",
            where=where,
        )
    texts = {
        name: _text(template[name], f"{where}.{name}") for name in _TEXTS if template.get(name)
    }
    lists = {
        name: _texts(template[name], f"{where}.{name}") for name in _LISTS if template.get(name)
    }
    rules = _reduced_rules(template.get("rules"), f"{where}.rules")
    reduced = {**texts, **lists, **({"rules": rules} if rules else {})}
    if not reduced.keys() - {"id", "inScheme"}:
        raise Refused("it fits every statement.", "Give it a verb, or rules.", where=where)
    id_ = _id(template)
    return reduced | ({"id": id_} if id_ else {})


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"this is {value!r:.80}, no IRI.", "Write one IRI.", where=where)
    return value


def _texts(value: object, where: str) -> list[str]:
    found = members(value)
    if len(found) > MOST_VALUES:
        raise Refused(f"these are {len(found)} IRIs.", f"Use at most {MOST_VALUES}.", where=where)
    return [_text(one, where) for one in found]


def _reduced_rules(found: object, where: str) -> list[dict[str, Any]]:
    rules = members(found)
    if len(rules) > MOST_RULES:
        raise Refused(f"these are {len(rules)} rules.", f"Use at most {MOST_RULES}.", where=where)
    reduced = [_reduced_rule(rule, f"{where}[{at}]") for at, rule in enumerate(rules)]
    return [rule for rule in reduced if rule]


def _reduced_rule(rule: object, where: str) -> dict[str, Any]:
    if not isinstance(rule, Mapping):
        raise Refused(
            f"a rule is a mapping, this is {rule!r:.80}.", "Say `location:`.", where=where
        )
    kept = {name: rule[name] for name in _RULE if rule.get(name) not in (None, "", [])}
    if not kept.keys() - {"location", "selector"}:  # it asks for nothing
        return {}
    if kept.get("presence") not in (None, *PRESENCES):
        raise Refused(
            f"the presence {kept['presence']!r:.80} is not known.",
            f"Use {', '.join(PRESENCES)}.",
            where=f"{where}.presence",
        )
    for name in ("any", "all", "none"):
        if name in kept:
            _refuse_values(kept[name], f"{where}.{name}")
    _rule(kept, where)
    return kept


def _refuse_values(found: object, where: str) -> None:
    if not isinstance(found, list | tuple) or len(found) > MOST_VALUES or not _is_shallow(found):
        raise Refused(
            f"the values must be a list of at most {MOST_VALUES}, this is {found!r:.80}.",
            "Write a list of values.",
            where=where,
        )


def _is_shallow(value: object, depth: int = 0) -> bool:
    if not isinstance(value, Mapping | list | tuple):
        return True
    inside = value.values() if isinstance(value, Mapping) else value
    return depth < DEEPEST and all(_is_shallow(one, depth + 1) for one in inside)


def resolve(match: Mapping[str, Any], known: Known, where: str) -> dict[str, Any]:
    """A `match` with its template written out and its verb named, so that rules stay indexed by it.

    :raises Refused: no profile has this template, two differ on it, or it cannot be read.
    """
    named, where = match["template"], f"{where}.template"
    found = _named(named, known, where) if isinstance(named, str) else reduce(named, where)
    verbs = {"verb": [found["verb"]]} if "verb" in found and not match.get("verb") else {}
    return {**match, **verbs, "template": found}


def _named(iri: str, known: Known, where: str) -> dict[str, Any]:
    found = [reduce(template, place) for place, template in known.get(iri, ())]
    if not found:
        raise Refused(
            f"no profile here has the template {iri}.",
            "Put its profile under `profiles:`, or write the template out.",
            where=where,
        )
    if any(one != found[0] for one in found):
        raise Refused(f"several templates are called {iri}.", "Keep one of them.", where=where)
    return found[0]


def ask(found: object, where: str) -> Question:
    """Whether a statement fits a template; what is asked of its verb and types comes first."""
    template = reduce(found, where)
    asks = [
        *_about_verb(template),
        *_about_object(template),
        *_about_places(template),
        *_about_attachments(template),
        *_about_references(template),
    ]
    rules = tuple(
        _rule(rule, f"{where}.rules[{at}]") for at, rule in enumerate(template.get("rules", ()))
    )
    return lambda facts: (
        all(one(facts) for one in asks) and all(rule.is_followed(facts.whole) for rule in rules)
    )


def _rule(found: Mapping[str, Any], where: str) -> _Rule:
    selector = found.get("selector")
    return _Rule(
        location=read_path(found.get("location"), f"{where}.location"),
        selector=None if selector is None else read_path(selector, f"{where}.selector"),
        presence=found.get("presence"),
        any_of=_values(found.get("any")),
        all_of=_values(found.get("all")),
        none_of=_values(found.get("none")),
    )


def _values(found: Iterable[Any] | None) -> _Values | None:
    if found is None:
        return None
    listed = list(found)
    compound = tuple(one for one in listed if isinstance(one, Mapping | list))
    plain = frozenset(_comparable(one) for one in listed if not isinstance(one, Mapping | list))
    return _Values(plain, compound)


def _comparable(value: Any) -> Any:
    """A value that is no list and no mapping, as it compares."""
    if isinstance(value, bool):
        return ("bool", value)
    return decimal(value) if isinstance(value, int | float | Decimal) else value


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; goes as deep as the shallower of both."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping | list) or isinstance(other, Mapping | list):
        return False
    return bool(_comparable(one) == _comparable(other))


def _selected(selector: Path, value: Any) -> list[Any]:
    return values_at(selector, value) or [_UNMATCHABLE]


def _about_verb(template: Mapping[str, Any]) -> list[Question]:
    verb = template.get("verb")
    return [] if verb is None else [lambda facts: verb_of(facts.whole) == verb]


def _about_object(template: Mapping[str, Any]) -> list[Question]:
    kind = template.get("objectActivityType")
    return [] if kind is None else [lambda facts: facts.object_type == kind]


def _about_places(template: Mapping[str, Any]) -> list[Question]:
    return [
        _of_type(place, kind, is_profile=_is_own(kind, template))
        for name, place in _PLACES.items()
        for kind in template.get(name, ())
    ]


def _is_own(kind: str, template: Mapping[str, Any]) -> bool:
    """Whether this "type" is the template's own profile, of which `inScheme` is a version."""
    version = str(template.get("inScheme", ""))
    return version == kind or version.startswith((f"{kind}/", f"{kind}#"))


def _of_type(place: str, kind: str, *, is_profile: bool) -> Question:
    """Is an activity of this type in the context?

    Published profiles ask for themselves as a type where statements carry them, or a version of
    them, as the id of a category.
    """
    versions = (f"{kind}/", f"{kind}#")

    def fits(facts: Facts) -> bool:
        return any(
            one.type == kind or (is_profile and (one.id == kind or one.id.startswith(versions)))
            for one in facts.places.get(place, ())
        )

    return fits


def _about_attachments(template: Mapping[str, Any]) -> list[Question]:
    wanted = frozenset(template.get("attachmentUsageType", ()))
    if not wanted:
        return []
    return [lambda facts: wanted <= set(_usages(facts.whole.get("attachments")))]


def _usages(attachments: object) -> list[str]:
    listed = attachments if isinstance(attachments, list) else []
    usages = (mapping(one).get("usageType") for one in listed)
    return [usage for usage in usages if isinstance(usage, str)]


def _about_references(template: Mapping[str, Any]) -> list[Question]:
    asks: list[Question] = []
    if template.get("objectStatementRefTemplate"):
        asks.append(lambda facts: _refers(facts.whole.get("object")))
    if template.get("contextStatementRefTemplate"):
        asks.append(lambda facts: _refers(mapping(facts.whole.get("context")).get("statement")))
    return asks


def _refers(target: object) -> bool:
    return mapping(target).get("objectType") == "StatementRef"
