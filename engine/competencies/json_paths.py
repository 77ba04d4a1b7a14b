"""JSONPath as far as xAPI Profiles allow it: children, `*`, unions, `..` and `|`; no filters.

Source: xAPI Profiles 1.0, structure, 8.1 (Statement Template Rules). A statement is read with what
it leaves unsaid: the default of `objectType`, and a single context activity as a list of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import Refused

LONGEST = 500
MOST_STEPS = 20
MOST_PATHS = 10

_ENTRY = r"""\s*(?:\*|\d{1,6}|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*"""
_STEP = re.compile(
    rf"(?P<deep>\.\.?)?\[(?P<entries>{_ENTRY}(?:,{_ENTRY})*)\]"
    r"|(?P<dots>\.\.?)?(?P<name>\*|[^\s.\[\]|'\"()?@,*$]+)"
)
_ENTRIES = re.compile(_ENTRY)
_NEXT = re.compile(r"\s*\|\s*")

_PLACES = frozenset({"parent", "grouping", "category", "other"})
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step down: to these members or places of a list, or to all; `deep` from anywhere."""

    names: tuple[str | int, ...] = ()
    is_every: bool = False
    is_deep: bool = False


Path = tuple[tuple[Step, ...], ...]
"""Several ways down; what a path finds is what all of them find."""


def read_path(text: object, where: str) -> Path:
    """A path as steps.

    :raises Refused: it is too long, or says what xAPI Profiles do not allow.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise _refused(text, where, f"A path is a text of at most {LONGEST} characters.")
    ways: list[list[Step]] = []
    at, rest = 0, text.strip()
    while at < len(rest) or not ways:
        ways.append([])
        at = _read_way(rest, at, ways[-1], where)
    if len(ways) > MOST_PATHS or any(len(way) > MOST_STEPS for way in ways):
        raise _refused(text, where, f"It takes {MOST_STEPS} steps and {MOST_PATHS} paths at most.")
    if any(sum(step.is_deep for step in way) > 1 for way in ways):
        raise _refused(text, where, "`..` may stand in it once.")
    return tuple(tuple(way) for way in ways)


def _read_way(text: str, at: int, way: list[Step], where: str) -> int:
    """One way down, up to the `|` after it; where the next begins."""
    start = at
    at += text.startswith("$", at)
    while found := _STEP.match(text, at):
        is_bare = found["name"] is not None and found["dots"] is None
        if is_bare and at > start:
            break
        way.append(_step(found, way))
        at = found.end()
    following = _NEXT.match(text, at)
    stands_alone = at > start and (at == len(text) or following is not None)
    if not stands_alone or (following is not None and following.end() == len(text)):
        raise _refused(text, where, "Use .name, ['name'], [0], *, unions and |; no filters.")
    return following.end() if following else at


def _step(found: re.Match[str], way: list[Step]) -> Step:
    is_deep = ".." in (found["deep"], found["dots"])
    if found["name"] is not None:
        name = _meant(found["name"], way)
        return Step(names=() if name == "*" else (name,), is_every=name == "*", is_deep=is_deep)
    entries = [entry.strip() for entry in _ENTRIES.findall(found["entries"])]
    names = dict.fromkeys(_unquoted(entry) for entry in entries if entry != "*")
    return Step(names=tuple(names), is_every="*" in entries, is_deep=is_deep)


def _meant(name: str, way: list[Step]) -> str:
    # The TLA's profile says definition.activityType for what xAPI calls definition.type.
    above = way[-1].names if way else ()
    return "type" if name == "activityType" and above == ("definition",) else name


def _unquoted(entry: str) -> str | int:
    return int(entry) if entry.isdigit() else re.sub(r"\\(.)", r"\1", entry[1:-1])


def values_at(path: Path, value: Any) -> list[Any]:
    """All values that a path leads to; none is an empty list."""
    found: list[Any] = []
    for way in path:
        here = [value]
        for step in way:
            here = [below for one in here for below in _below(step, one)]
        found += here
    return found


def _below(step: Step, value: Any) -> Iterator[Any]:
    for one in _everything_in(value) if step.is_deep else (value,):
        if step.is_every:
            yield from _members(one)
        else:
            yield from _named(step.names, one)


def _named(names: Iterable[str | int], value: Any) -> Iterator[Any]:
    for name in names:
        if isinstance(value, dict) and isinstance(name, str):
            if name in value:
                yield _wrapped(name, value[name])
            else:
                yield from _unsaid(name, value)
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            yield value[name]


def _wrapped(name: str, value: Any) -> Any:
    """A single context activity is a list of one (xAPI 1.0.3 Data 2.4.6.2)."""
    is_alone = name in _PLACES and isinstance(value, dict) and "id" in value
    return [value] if is_alone else value


def _unsaid(name: str, value: dict[str, Any]) -> Iterator[Any]:
    """What a statement leaves out, or what a path leaves out.

    What has no objectType is an Agent or an Activity (xAPI 1.0.3 Data 2.4.2, 2.4.4). cmi5's own
    profile asks for an extension of the result as if it stood in the result itself.
    """
    if name == "objectType":
        is_agent = any(one in value for one in _IDENTIFIERS)
        yield from ["Agent"] if is_agent else ["Activity"] if "id" in value else []
    extensions = value.get("extensions") if ":" in name else None
    if isinstance(extensions, dict) and name in extensions:
        yield extensions[name]


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [_wrapped(name, one) for name, one in value.items()]
    return value if isinstance(value, list) else ()


def _everything_in(value: Any) -> Iterator[Any]:
    """A value and all that is in it, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(_members(one))


def _refused(text: object, where: str, mend: str) -> Refused:
    return Refused(f"{str(text)[:80]!r} is no path that xAPI Profiles know.", mend, where=where)
