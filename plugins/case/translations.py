"""Items that are translations of other items, and become further languages of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plugins.case.packages import Part
from plugins.case.relations import TRANSLATION, Relation
from plugins.case.texts import language


@dataclass(slots=True, kw_only=True)
class Tongues:
    """The items by language: `keys` of the originals, `others` by original and language.

    `original` leads from every item that was joined to the one it was joined to.
    """

    keys: dict[str, str] = field(default_factory=dict)
    others: dict[str, dict[str, Part]] = field(default_factory=dict)
    original: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def joined(self, uri: str | None) -> str | None:
        """The competency that an item is part of the texts of: mostly itself."""
        return self.original.get(uri, uri) if uri is not None else None


def joined(items: Sequence[Part], relations: Sequence[Relation], told: object) -> Tongues:
    """Join what can be joined: one item for each language of a competency.

    :param told: the document's language, which items have that do not say their own.
    """
    spoken = {item.uri: item.told.get("language") or told for item in items}
    found = Tongues(keys={uri: language(tongue) for uri, tongue in spoken.items()})
    main = language(told)
    ranks = {uri: (key != main, place) for place, (uri, key) in enumerate(found.keys.items())}
    roots = _roots(_leads(relations), ranks)
    for item in items:
        root = roots.get(item.uri, item.uri)
        if root != item.uri:
            _join(found, root, item, spoken[item.uri])
    return found


def _leads(relations: Sequence[Relation]) -> Mapping[str, str]:
    """From each translation to what it says it translates, the first where it says several."""
    leads: dict[str, str] = {}
    for one in relations:
        ends = one.origin, one.destination
        if one.kind == TRANSLATION and ends[0] and ends[1] and ends[0] != ends[1]:
            leads.setdefault(ends[0], ends[1])
    return leads


def _roots(leads: Mapping[str, str], ranks: Mapping[str, tuple[bool, int]]) -> Mapping[str, str]:
    """The original of each translation; of items that name each other, the one ranked first."""
    roots: dict[str, str] = {}
    for start in leads:
        way, one = list[str](), start
        met = set[str]()
        while one in leads and one not in met and one not in roots:
            way.append(one)
            met.add(one)
            one = leads[one]
        if one in met:
            one = min(way[way.index(one) :], key=lambda uri: ranks[uri])
        roots.update(dict.fromkeys(way, roots.get(one, one)))
    return roots


def _join(found: Tongues, root: str, item: Part, spoken: object) -> None:
    others = found.others.setdefault(root, {})
    key = language(spoken, {found.keys[root], *others})
    if key == found.keys[root] or key in others:
        found.remarks.append(
            f"{item.where} says that it is a translation and has no language of its own; "
            "it stays a competency."
        )
        return
    others[key] = item
    found.original[item.uri] = root
