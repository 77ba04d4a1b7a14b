"""The scale of a framework, and what each level of a competency means: in rubrics or as items.

CASE has no scale of a whole framework. It is taken from the rubrics where all their criteria have
the same levels, else from the items that `hasSkillLevel` leads to where they are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugins.case.shapes import fit, identifier

Object = Mapping[str, Any]
Words = Mapping[str, Mapping[int, str]]
"""What somebody can do at a level, by the competency's uri and the level's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Levels from the lowest, and the words for them; `remark` says why there are none.

    `descriptions` are those that a level has for all competencies alike.
    """

    levels: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    words: Words = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A level as one criterion or one item has it."""

    label: str
    words: str = ""


Ladder = tuple[str | None, Sequence[Step]]
"""Whose levels these are, if anybody's, and the levels from the lowest."""


def of_rubrics(
    rubrics: Sequence[Object], resolved: Callable[[Object], str | None], *, own: str
) -> Scale:
    """The scale that all criteria share.

    :param resolved: the competency that a link leads to.
    :param own: the identifier of the rubric that an export of ours made, which goes before others.
    """
    ours = [one for one in rubrics if (one.get("identifier") or "").lower() == own]
    ladders = [
        (resolved(criterion.get("CFItemURI", {})), _steps(criterion))
        for rubric in ours or rubrics
        for criterion in rubric.get("CFRubricCriteria", ())
        if criterion.get("CFRubricCriterionLevels")
    ]
    return _shared(ladders, "The rubrics do not share one scale of levels; they are kept aside.")


def of_items(ladders: Sequence[Ladder]) -> Scale:
    """The scale of the items that `hasSkillLevel` leads to."""
    scale = _shared(ladders, "The items do not share one scale of skill levels; these stay items.")
    steps = ladders[0][1]
    if not scale.levels or any(one != steps for _, one in ladders):
        return scale
    return Scale(levels=scale.levels, descriptions=tuple(step.words for step in steps))


def _shared(ladders: Sequence[Ladder], otherwise: str) -> Scale:
    labels = {tuple(step.label for step in steps) for _, steps in ladders}
    if not labels:
        return Scale()
    only = labels.pop()
    if labels or not all(label.strip() for label in only):
        return Scale(remark=otherwise)
    words: dict[str, dict[int, str]] = {}
    for whose, steps in ladders:
        for number, step in enumerate(steps, start=1):
            if whose is not None and step.words.strip():
                said = words.setdefault(whose, {})
                said[number] = "\n".join(filter(None, (said.get(number), step.words)))
    return Scale(levels=only, words=words)


def _steps(criterion: Object) -> list[Step]:
    """The levels of a criterion from the lowest: by score, else by position, else as listed."""
    levels = criterion["CFRubricCriterionLevels"]
    for name in ("score", "position"):
        if len({level.get(name) for level in levels} - {None}) == len(levels):
            levels = sorted(levels, key=lambda level: level[name])
            break
    return [Step(label=_label(level), words=level.get("description", "")) for level in levels]


def _label(level: Object) -> str:
    score = level.get("score")
    return str(level.get("quality") or ("" if score is None else f"{score:g}"))


def own_identifier(uri: str) -> str:
    """The identifier of the rubric that an export makes for a framework."""
    return identifier(f"{uri}#levels")


def rubric(uri: str, scale: Scale, links: Mapping[str, Object]) -> dict[str, Any]:
    """A rubric that says a scale, with a criterion for each competency that has words for it.

    :param uri: the framework's.
    :param links: to each competency, by its uri.
    """
    whose: list[str | None] = [one for one in links if one in scale.words] or [None]
    criteria = [_criterion(uri, one, scale, links, n) for n, one in enumerate(whose, start=1)]
    told = {"identifier": own_identifier(uri), "title": "Levels", "CFRubricCriteria": criteria}
    return fit("CFRubric", told)


def _criterion(
    uri: str, whose: str | None, scale: Scale, links: Mapping[str, Object], position: int
) -> dict[str, Any]:
    name = f"{uri}#levels:{whose or ''}"
    words = scale.words.get(whose, {}) if whose else {}
    return {
        "identifier": identifier(name),
        "CFItemURI": links[whose] if whose else None,
        "position": position,
        "CFRubricCriterionLevels": [
            {
                "identifier": identifier(f"{name}:{number}"),
                "quality": label,
                "description": words.get(number),
                "score": number,
                "position": number,
            }
            for number, label in enumerate(scale.levels, start=1)
        ],
    }
