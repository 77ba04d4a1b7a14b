"""A rule as a form: what its fields hold, and the rule that a filled-in form means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.competencies.checked import members
from engine.competencies.policy import QUALITIES
from engine.competencies.reading import mapping
from engine.web.rulesets_yaml import SOURCES, Rule, rule_of
from xapi.vocabulary import TYPES, VERBS

CHOSEN = 40
"""Competencies that are offered one by one; of more, addresses are asked for."""
_VERBS = {name: verb.iri for name, verb in VERBS.items()}
_LISTS: Mapping[str, Mapping[str, str]] = {
    "verb": _VERBS,
    "object_type": TYPES,
    "object_id": {},
    "tags_any": {},
}
_MATCHED = (*_LISTS, "duration", "score_scaled")
_WEIGHED = ("kind", "weight", "ceiling", "floor", "assurance", "quality")
_ID = re.compile(r"[\w.:-]{1,100}")
_MINUTES = re.compile(r"(\d{1,4})(?: ?min(?:utes?)?)?")

Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a rule's form as texts; `kept` says what only the YAML can change.

    `sources` and `fixed` are lists of what is chosen; `ceilings` has a text for each class.
    """

    fields: Mapping[str, str]
    ceilings: Mapping[str, str]
    sources: tuple[str, ...]
    fixed: tuple[str, ...]
    split: bool
    kept: tuple[str, ...] = ()


def shown(config: Mapping[str, Any], at: int) -> Form:
    """The form of a rule; behind the last one, an empty one."""
    rules = members(config.get("rules"))
    rule = rule_of(rules[at]) if at < len(rules) else _empty(config)
    match, evidence, found = rule["match"], rule["evidence"], rule["competencies"]
    quality = mapping(evidence.get("quality"))
    return Form(
        fields={
            "id": str(rule["id"] or ""),
            **{name: _lines(match.get(name), known) for name, known in _LISTS.items()},
            "duration": _told(mapping(match.get("duration")).get("gte", "")),
            "score": str(mapping(match.get("score_scaled")).get("gte", "")),
            "kind": str(evidence.get("kind", "")),
            "weight": str(evidence.get("weight", "")),
            "floor": str(evidence.get("floor", "")),
            "assurance": str(evidence.get("assurance", "")),
            "quality": str(quality.get("from", "")),
            "full": _told(quality.get("full", "")),
        },
        ceilings=_ceilings(evidence.get("ceiling"), classes(config)),
        sources=tuple(members(found.get("from"))),
        fixed=tuple(map(str, members(found.get("fixed")))),
        split=found.get("split", True) is not False,
        kept=tuple(_kept(match, evidence, found)),
    )


def typed(given: Given, config: Mapping[str, Any], kept: Sequence[str] = ()) -> Form:
    """The form as it was sent, for showing it again."""
    return Form(
        fields={name: _first(given, name) for name in shown(config, _behind(config)).fields},
        ceilings={name: _first(given, f"ceiling-{name}") for name in classes(config)},
        sources=tuple(given.get("sources", ())),
        fixed=_fixed(given),
        split=bool(_first(given, "split")),
        kept=tuple(kept),
    )


def meant(given: Given, config: Mapping[str, Any], at: int) -> tuple[Rule, dict[str, str]]:
    """The rule a filled-in form means, and what is wrong with it by the name of the field.

    What the form does not ask for stays as it is in the rule.
    """
    rules, wrong = members(config.get("rules")), dict[str, str]()
    former = rule_of(rules[at]) if at < len(rules) else _empty(config)
    others = {str(one.get("id")) for number, one in enumerate(rules) if number != at}
    rule: Rule = {
        "id": _name(_first(given, "id"), others, wrong),
        "match": _match(given, former["match"], wrong),
        "evidence": _evidence(given, former["evidence"], config, wrong),
        "competencies": _competencies(given, former["competencies"], wrong),
    }
    return rule, wrong


def classes(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The classes of assurance, the weakest first."""
    return tuple(map(str, members(mapping(config.get("assurance")).get("order"))))


def kinds(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The kinds of evidence, those that count against somebody said to."""
    return [
        (name, f"{name} (counts against)" if mapping(kind).get("polarity") == -1 else name)
        for name, kind in mapping(config.get("kinds")).items()
    ]


def _behind(config: Mapping[str, Any]) -> int:
    return len(members(config.get("rules")))


def _empty(config: Mapping[str, Any]) -> Rule:
    kind = next(iter(mapping(config.get("kinds"))), "")
    return {
        "id": "",
        "match": {"verb": []},
        "evidence": {"kind": kind, "weight": Decimal("0.1"), "ceiling": 1},
        "competencies": {"from": ["tags", "context", "alignment"]},
    }


def _lines(found: object, known: Mapping[str, str]) -> str:
    """Each on its line; what Byway has a word for, by its word."""
    names = {iri: name for name, iri in known.items()}
    return "\n".join(names.get(str(one), str(one)) for one in members(found))


def _ceilings(found: object, order: Sequence[str]) -> dict[str, str]:
    if isinstance(found, Mapping):
        return {name: str(found.get(name, "")) for name in order}
    return {name: "" if found is None else str(found) for name in order}


def _kept(match: Mapping[str, Any], evidence: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    """Members of a rule that the form does not ask for."""
    yield from (name for name in match if name not in _MATCHED)
    for name in ("duration", "score_scaled"):
        yield from (f"{name} {key}" for key in mapping(match.get(name)) if key != "gte")
    yield from (name for name in evidence if name not in _WEIGHED)
    yield from (name for name in found if name not in ("from", "fixed", "split"))


def _first(given: Given, name: str) -> str:
    return next(iter(given.get(name, ())), "").strip()


def _name(id_: str, others: set[str], wrong: dict[str, str]) -> str:
    if not _ID.fullmatch(id_):
        wrong["id"] = "Give it a short name of letters, digits and hyphens, such as read-a-lot."
    elif id_ in others:
        wrong["id"] = f"Another rule is called {id_}. Choose another name."
    return id_


def _match(given: Given, former: Mapping[str, Any], wrong: dict[str, str]) -> dict[str, Any]:
    found = dict(former)
    for name, known in _LISTS.items():
        lines = [line.strip() for line in _first(given, name).splitlines() if line.strip()]
        listed = [known.get(line.casefold(), line) for line in lines]
        strange = [one for one in listed if known and ":" not in one]
        if strange:
            wrong[name] = f"“{strange[0][:60]}” is neither an address nor a word known here."
        if listed != list(map(str, members(former.get(name)))):
            _put(found, name, listed)
    _limit(found, "duration", _minutes(_first(given, "duration")))
    score = _first(given, "score").replace(",", ".")
    _limit(found, "score_scaled", _number(score, "score", wrong) if score else "")
    return found


def _limit(found: dict[str, Any], name: str, least: Any) -> None:
    """At least so much; the other limits of a range stay."""
    former = mapping(found.get(name))
    if str(former.get("gte", "")) != str(least):
        left = {key: value for key, value in former.items() if key != "gte"}
        _put(found, name, {**({"gte": least} if least != "" else {}), **left})


def _minutes(text: str) -> str:
    """10 is ten minutes; anything else is taken for a duration as it is."""
    told = _MINUTES.fullmatch(text)
    return f"PT{int(told[1])}M" if told else text.upper()


def _told(duration: Any) -> str:
    """PT10M as the minutes that mean the same; anything else as it is."""
    whole = re.fullmatch(r"PT([1-9]\d{0,3})M", str(duration), re.ASCII)
    return whole[1] if whole else str(duration)


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    if value not in ("", [], {}, None):
        found[name] = value
    else:
        found.pop(name, None)


def _evidence(
    given: Given, former: Mapping[str, Any], config: Mapping[str, Any], wrong: dict[str, str]
) -> dict[str, Any]:
    found = dict(former)
    _put(found, "kind", _first(given, "kind"))
    weight = _number(_first(given, "weight").replace(",", "."), "weight", wrong)
    if weight != former.get("weight"):
        found["weight"] = weight
    _put(found, "floor", _whole(_first(given, "floor"), "floor", wrong))
    _put(found, "assurance", _first(given, "assurance"))
    ceiling = _ceiling(given, classes(config), wrong)
    if _ceilings(former.get("ceiling"), classes(config)) != _ceilings(ceiling, classes(config)):
        _put(found, "ceiling", ceiling)
    quality = {"from": _first(given, "quality"), "full": _minutes(_first(given, "full"))}
    if quality["from"] and quality["from"] not in QUALITIES:
        wrong["quality"] = "Choose one of them."
    _put(found, "quality", {k: v for k, v in quality.items() if v} if quality["from"] else {})
    return found


def _ceiling(given: Given, order: Sequence[str], wrong: dict[str, str]) -> Any:
    """One number where all classes have the same, else one for each that has any."""
    listed = {
        name: _whole(_first(given, f"ceiling-{name}"), f"ceiling-{name}", wrong) for name in order
    }
    told = {name: level for name, level in listed.items() if level is not None}
    same = len(told) == len(order) and len(set(told.values())) == 1
    return next(iter(told.values())) if same else told


def _competencies(given: Given, former: Mapping[str, Any], wrong: dict[str, str]) -> dict[str, Any]:
    found = dict(former)
    sources = [name for name in SOURCES if name in given.get("sources", ())]
    if set(sources) != set(members(former.get("from"))):
        _put(found, "from", sources)
    if set(_fixed(given)) != set(map(str, members(former.get("fixed")))):
        _put(found, "fixed", list(_fixed(given)))
    if bool(_first(given, "split")) != (former.get("split", True) is not False):
        _put(found, "split", None if _first(given, "split") else False)
    if not sources and not _fixed(given):
        wrong["sources"] = "Say where the competencies come from, or choose some below."
    return found


def _fixed(given: Given) -> tuple[str, ...]:
    """What is chosen, in boxes or as lines of a text."""
    lines = (line.strip() for one in given.get("fixed", ()) for line in one.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def _number(text: str, name: str, wrong: dict[str, str]) -> Any:
    try:
        exact = Decimal(text)
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or not 0 <= exact <= 1_000_000:
        wrong[name] = f"“{text[:30]}” is no number. Write one like 0.3."
        return text
    return int(exact) if exact == exact.to_integral_value() else exact


def _whole(text: str, name: str, wrong: dict[str, str]) -> int | None:
    if text and not re.fullmatch(r"\d{1,3}", text, re.ASCII):
        wrong[name] = f"“{text[:30]}” is no level. Write a whole number, or nothing."
        return None
    return int(text) if text else None
