"""Changing a draft: by a rule's form, by its text, and with what others published meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.competencies import rulesets
from engine.competencies.config import compile_ruleset, well_shaped
from engine.competencies.yaml_reading import UNREADABLE
from engine.errors import Refused
from engine.web import rulesets_drafts as drafts
from engine.web import rulesets_forms as forms
from engine.web import rulesets_splices as splices
from engine.web.rulesets_checks import Checked
from engine.web.rulesets_drafts import Draft
from engine.web.rulesets_yaml import written

_PLAIN = "Its comments are gone: the change could not be written between them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What came of a form: what is wrong by field, else nothing, and what there is to know."""

    wrong: dict[str, str] = field(default_factory=dict)
    note: str = ""


def save_form(
    draft: Draft, checked: Checked, at: int, given: Mapping[str, Sequence[str]], *, seen: int
) -> Saved:
    """Write a rule's form into the draft; nothing is changed while a field is wrong.

    :raises Conflict: the draft was changed in another window meanwhile.
    """
    rule, wrong = forms.meant(given, checked.config or {}, at)
    if wrong:
        return Saved(wrong=wrong)
    try:
        text = splices.with_rule(draft.text, at, rule)
    except Refused as refusal:
        return Saved(wrong={_field(refusal.where): f"{refusal.why} {refusal.mend}".strip()})
    drafts.changed(draft, text, seen=seen)
    lost = "#" in draft.text and "#" not in text
    return Saved(note=_PLAIN if lost else "")


def save_chunk(draft: Draft, at: int, typed: str, *, seen: int) -> Draft:
    """Put the text of one rule into the draft, whatever it says."""
    return drafts.changed(draft, splices.with_chunk(draft.text, at, typed), seen=seen)


def remove(draft: Draft, at: int, *, seen: int) -> None:
    """Take a rule out of the draft."""
    drafts.changed(draft, splices.without_rule(draft.text, at), seen=seen)


def chunk(draft: Draft, at: int, checked: Checked) -> str:
    """A rule as it stands in the draft; nothing for a new one, or where it cannot be told apart."""
    if at >= len(checked.rules):
        return ""
    try:
        return splices.chunk(draft.text, at)
    except (LookupError, *UNREADABLE):
        return ""


def take_newer(draft: Draft, sha256: str, *, both: bool) -> str:
    """Make the draft a change of a newer version; in words, what came of it.

    :param both: take over what is different there, where the draft has not changed the same.
    """
    if not both:
        drafts.rebased(draft, sha256)
        return "Your draft now replaces the newer version. What it changed is not in yours."
    with well_shaped("The draft"):
        mine = compile_ruleset(draft.text)
    base, newer = rulesets.find(draft.base).config, rulesets.find(sha256).config
    contested: list[str] = []
    merged = _merged(base, mine, newer, "", contested)
    drafts.rebased(_rewritten(draft, mine, merged), sha256)
    if contested:
        return f"Not all fits together: yours stands at {', '.join(contested[:5])}. Look there."
    return "Your draft has the changes of the newer version now, and yours."


def _rewritten(draft: Draft, mine: Mapping[str, Any], merged: Mapping[str, Any]) -> Draft:
    if merged == mine:
        return draft
    return drafts.changed(draft, written(merged), seen=draft.revision)


def _merged(base: Any, mine: Any, newer: Any, where: str, contested: list[str]) -> Any:
    """What both changed differently stays as it is here, and is noted."""
    if newer in (base, mine):
        return mine
    if mine == base:
        return newer
    if all(isinstance(one, Mapping) for one in (base, mine, newer)):
        return _merged_keys(base, mine, newer, where, contested)
    if all(_is_rules(one) for one in (base, mine, newer)):
        found = _merged_keys(_by_id(base), _by_id(mine), _by_id(newer), where, contested)
        return list(found.values())
    if all(isinstance(one, list) for one in (base, mine, newer)):
        return _merged_items(base, mine, newer)
    contested.append(where)
    return mine


def _merged_keys(
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    newer: Mapping[str, Any],
    where: str,
    contested: list[str],
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in dict.fromkeys([*mine, *newer]):
        place = f"{where}.{key}" if where else key
        one = _merged(base.get(key), mine.get(key), newer.get(key), place, contested)
        if one is not None or (key in mine and mine[key] is None):
            found[key] = one
    return found


def _merged_items(base: list[Any], mine: list[Any], newer: list[Any]) -> list[Any]:
    """Lists as sets in order: what either added is in, what either took out is not."""
    kept = [one for one in mine if one in newer or one not in base]
    return [*kept, *(one for one in newer if one not in base and one not in mine)]


def _is_rules(found: Any) -> bool:
    return isinstance(found, list) and all(
        isinstance(one, Mapping) and "id" in one for one in found
    )


def _by_id(rules: list[Any]) -> dict[str, Any]:
    return {str(one["id"]): one for one in rules}


def _field(where: str) -> str:
    """The field that a refusal's place is about."""
    names = {"score_scaled": "score", "quality": "full", "ceiling": "ceiling-self"}
    parts = [part for part in where.split(".") if part]
    known = {"id", "verb", "object_type", "object_id", "tags_any", "duration", "weight", "floor"}
    fits = [names.get(part, part) for part in parts if part in known or part in names]
    return fits[-1] if fits else "id"
