"""A package with everything looked up: which items are competencies, and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugins.case.packages import Package, Part
from plugins.case.relations import (
    SKILL,
    TRANSLATION,
    Link,
    Nodes,
    Relation,
    link,
    relations,
    upward,
)
from plugins.case.scale import Scale, Step, of_items, of_rubrics, own_identifier
from plugins.case.texts import description_of, label_of
from plugins.case.translations import Tongues, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What each step of reading needs.

    `items` become competencies, by uri; `steps` are items that became the scale. `parents` has an
    entry for each competency. `top` is the link to the framework itself.
    """

    package: Package
    found: Sequence[Relation]
    ways: Mapping[str, Sequence[Relation]]
    tongues: Tongues
    scale: Scale
    steps: Mapping[str, Part]
    items: Mapping[str, Part]
    parents: Mapping[str, list[str]]
    links: Mapping[str, Link]
    top: Link


def looked_up(package: Package) -> Reading:
    """Look everything up once.

    :raises BadReport: an association leads nowhere.
    """
    nodes = Nodes(package.items, package.document)
    found = relations(package.associations, nodes)
    tongues = joined(package.items, found, package.document.told.get("language"))
    originals = {one.uri: one for one in package.items if one.uri not in tongues.original}
    scale, steps = _scale(package, nodes, found, originals, tongues)
    items = {uri: one for uri, one in originals.items() if uri not in steps}
    ways, document = upward(found), package.document
    return Reading(
        package=package,
        found=found,
        ways=ways,
        tongues=tongues,
        scale=scale,
        steps=steps,
        items=items,
        parents={uri: _above(ways.get(uri, ()), items, tongues) for uri in items},
        links={uri: link(uri, one.identifier, label_of(one.told)) for uri, one in items.items()},
        top=link(document.uri, document.identifier, str(document.told["title"])),
    )


def _above(ways: Sequence[Relation], items: Mapping[str, Part], tongues: Tongues) -> list[str]:
    """What something is a part of, each once, in the order told."""
    found = [tongues.joined(one.destination) for one in ways]
    return list(dict.fromkeys(one for one in found if one is not None and one in items))


def _scale(
    package: Package,
    nodes: Nodes,
    found: Sequence[Relation],
    originals: Mapping[str, Part],
    tongues: Tongues,
) -> tuple[Scale, Mapping[str, Part]]:
    """The scale, and the items it is made of where it is made of items."""
    rubrics = of_rubrics(
        [one.told for one in package.rubrics],
        lambda to: tongues.joined(nodes.find(to)),
        own=own_identifier(package.document.uri),
    )
    ladders = _ladders(found, originals)
    if rubrics.levels or not ladders:
        return rubrics, {}
    scale = of_items([(whose, [_step(one) for one in ones]) for whose, ones in ladders])
    steps = {one.uri: one for _, ones in ladders for one in ones} if scale.levels else {}
    used = {one.origin for one in found if one.kind in (SKILL, TRANSLATION)}
    used |= {one.destination for one in found if one.kind != SKILL}
    return scale, {} if used & steps.keys() else steps


def _ladders(
    found: Sequence[Relation], originals: Mapping[str, Part]
) -> list[tuple[str, list[Part]]]:
    """The items that `hasSkillLevel` leads to from each competency, the lowest first."""
    ways: dict[str, list[Relation]] = {}
    for one in found:
        if one.kind == SKILL and one.origin in originals and one.destination in originals:
            ways.setdefault(str(one.origin), []).append(one)
    return [
        (whose, [originals[str(one.destination)] for one in sorted(ones, key=_place)])
        for whose, ones in ways.items()
    ]


def _place(one: Relation) -> int:
    return one.number or 0


def _step(item: Part) -> Step:
    return Step(label=label_of(item.told), words=description_of(item.told))
