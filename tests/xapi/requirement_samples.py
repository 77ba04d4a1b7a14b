"""Statements that together use every property of the standard, and the way to each property."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from xapi_samples import (
    ANNA,
    ATTACHMENT,
    BEN,
    CARA,
    DORA,
    REFERENCE,
    TEAM,
    full,
    modern,
    planned,
    put,
    short,
)

from xapi.errors import StatementRefused
from xapi.walk import walk

VERSIONS = ("1.0.3", "2.0.0")
SERVER = ("id", "stored", "authority", "version")
COMPONENTS = [{"id": "a", "description": {"en": "First"}}, {"id": "b"}]
CREW = {"objectType": "Group", "name": "Crew", "mbox": "mailto:crew@example.org"}
EVERYBODY = {**CREW, "member": [{"objectType": "Agent", "name": "Anna", **ANNA}, BEN, CARA, DORA]}
SPOKEN = {"en": "Budgets", "es-MX": "Presupuestos"}

Statement = dict[str, Any]
Make = Callable[[], Statement]


def rich() -> Statement:
    """A statement about an activity, with every property that may stand beside one."""
    attachment = {**ATTACHMENT, "description": SPOKEN, "fileUrl": "https://example.org/c.pdf"}
    course = {"id": "http://example.org/course", "definition": {"name": SPOKEN}}
    statement = put(full(), "attachments[0]", attachment)
    return put(statement, "context.contextActivities.grouping", [course])


def plan() -> Statement:
    """A statement about a SubStatement that has all that one may have."""
    inner = {name: value for name, value in rich().items() if name not in SERVER}
    return put(short(), "object", {"objectType": "SubStatement", **inner})


def interaction(kind: str, *lists: str) -> Statement:
    """A statement about an interaction of this kind, with its lists of components."""
    given = dict.fromkeys(lists, COMPONENTS)
    definition = {"interactionType": kind, "correctResponsesPattern": ["a"], **given}
    return put(short(), "object.definition", definition)


def of_people() -> Statement:
    """A statement with groups of both kinds, and with agents by each identifier."""
    statement = put(put(short(), "actor", EVERYBODY), "object", {"objectType": "Agent", **CARA})
    put(statement, "authority", {"objectType": "Group", "member": [ANNA, BEN]})
    return put(statement, "context", {"instructor": DORA, "team": TEAM})


WHOLE: dict[str, Make] = {
    "activity": rich,
    "SubStatement": plan,
    "likert": lambda: interaction("likert", "scale"),
    "matching": lambda: interaction("matching", "source", "target"),
    "performance": lambda: interaction("performance", "steps"),
    "people": of_people,
    "reference": lambda: put(short(), "object", REFERENCE),
}
NEWER: dict[str, Make] = {
    "context agents": modern,
    "planned context agents": lambda: put(planned(), "object.context", modern()["context"]),
}
MAKERS = WHOLE | NEWER
SPOKEN_IN = [
    *((name, version) for name in WHOLE for version in VERSIONS),
    *((name, "2.0.0") for name in NEWER),
]
"""Each statement, in every version that takes it."""


def is_refused(statement: Any, version: str) -> bool:
    """Whether the walk refuses a statement."""
    try:
        walk(statement, version=version)
    except StatementRefused:
        return True
    return False


def taken(name: str, path: str, values: list[Any], version: str) -> list[Any]:
    """Those of the values that one of the statements may have at a path."""
    return [value for value in values if not is_refused(put(MAKERS[name](), path, value), version)]


def read(statement: Any, path: str) -> Any:
    """What stands at a path."""
    return dict(properties(statement))[path]


def properties(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The path and value of each property and element; what extensions hold is left out."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        here = _below(path, key)
        yield here, item
        if isinstance(item, dict | list) and key != "extensions":
            yield from properties(item, here)


def _below(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f'{path}["{key}"]' if "-" in key else f"{path}.{key}".lstrip(".")


def is_language_map(path: str, value: Any) -> bool:
    """Whether the keys of this value are languages."""
    return isinstance(value, dict) and path.endswith((".display", ".name", ".description"))


def paths_that_take(
    name: str,
    version: str,
    values_for: Callable[[str, Any], list[Any]],
) -> list[str]:
    """The paths in one of the statements that may have a value which is not for them.

    :param values_for: what to try at a path, given the path and the value that stands there.
    """
    return [
        path
        for path, value in properties(MAKERS[name]())
        if taken(name, path, values_for(path, value), version)
    ]
