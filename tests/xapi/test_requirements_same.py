"""Two statements are the same only in what the standard exempts (xAPI 1.0.3 Data 2.3.1)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from requirement_samples import MAKERS, is_refused, properties
from xapi_samples import GONE, put

from xapi.sameness import same

EXEMPT = re.compile(
    r"id|stored|version|authority\b.*"  # what a record store fills in
    r"|(object\.)?verb\.display\b.*|.*\.definition\b.*|.*\.fileUrl"
)
OTHER_ID = "ffffffff-bb56-4c2e-ab83-44982ef22df0"
FORMS = {
    "mbox": "mailto:somebody@example.org",
    "mbox_sha1sum": "0" * 40,
    "registration": OTHER_ID,
    "timestamp": "2027-01-01T00:00:00Z",
    "duration": "PT9H",
    "language": "fr",
    "sha2": "0" * 64,
}


def counts(path: str) -> bool:
    """Whether what stands at a path makes a difference."""
    return EXEMPT.fullmatch(path) is None


def another(path: str, value: Any) -> Any:
    """A value of the same form that is another one."""
    name = path.rpartition(".")[2]
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return value * 2
        case str() if path.endswith("statement.id"):
            return OTHER_ID
        case str():
            return FORMS.get(name, f"{value}-another")
    return {**value, "urn:x:another": 1} if name == "extensions" else value


def changed(name: str, path: str, value: Any) -> bool:
    """Whether one of the statements is another one after a change at a path."""
    before, after = MAKERS[name](), put(MAKERS[name](), path, value)
    return not same(before, after) or not same(after, before)


def leaves(name: str) -> list[tuple[str, Any]]:
    """What can be changed on its own: values, arrays, extensions."""
    found = properties(MAKERS[name]())
    return [(path, value) for path, value in found if another(path, value) != value]


@pytest.mark.parametrize("name", MAKERS)
def test_every_value_that_counts_makes_another_statement(name: str) -> None:
    counting = [(path, value) for path, value in leaves(name) if counts(path)]
    alike = [path for path, value in counting if not changed(name, path, another(path, value))]
    assert counting
    assert alike == []


@pytest.mark.parametrize("name", MAKERS)
def test_no_value_that_is_exempt_makes_another_statement(name: str) -> None:
    exempt = [(path, value) for path, value in leaves(name) if not counts(path)]
    differ = [path for path, value in exempt if changed(name, path, another(path, value))]
    assert differ == []


@pytest.mark.parametrize("name", MAKERS)
def test_no_value_that_counts_can_be_left_out(name: str) -> None:
    paths = [path for path, _ in properties(MAKERS[name]()) if counts(path)]
    optional = [path for path in paths if path != "timestamp" and is_optional(name, path)]
    assert [path for path in optional if not changed(name, path, GONE)] == []


def is_optional(name: str, path: str) -> bool:
    """Whether one of the statements keeps the rules without what stands at a path."""
    return not is_refused(put(MAKERS[name](), path, GONE), "2.0.0")
