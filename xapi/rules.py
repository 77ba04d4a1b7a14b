"""The clauses behind the rules, and the words in which a broken one is told."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from xapi.errors import StatementRefused

CLAUSES: dict[str, tuple[str, str]] = {
    "format": ("Data 2.2", "4.2.4.1"),
    "id": ("Data 2.4.1", "4.2.4.2"),
    "agent": ("Data 2.4.2.1", "4.2.2.1"),
    "group": ("Data 2.4.2.2", "4.2.2.1"),
    "identifier": ("Data 2.4.2.3", "4.2.2.1"),
    "account": ("Data 2.4.2.4", "4.2.2.1"),
    "verb": ("Data 2.4.3", "4.2.2.2"),
    "voiding": ("Data 2.3.2", "4.2.5"),
    "object": ("Data 2.4.4", "4.2.2.3"),
    "activity": ("Data 2.4.4.1", "4.2.2.3"),
    "statement-in-object": ("Data 2.4.4.3", "4.2.2.3"),
    "result": ("Data 2.4.5", "4.2.2.4"),
    "score": ("Data 2.4.5.1", "4.2.2.4"),
    "context": ("Data 2.4.6", "4.2.2.5"),
    "context-activities": ("Data 2.4.6.2", "4.2.2.5"),
    "timestamp": ("Data 4.5", "4.2.7"),
    "authority": ("Data 2.4.9", "4.2.4.2"),
    "version": ("Data 2.4.10", "4.2.4.3"),
    "attachment": ("Data 2.4.11", "4.2.2.6"),
    "extensions": ("Data 4.1", "4.2.7"),
    "language": ("Data 4.2", "4.2.7"),
    "iri": ("Data 4.3", "4.2.7"),
    "uuid": ("Data 4.4", "4.2.7"),
    "duration": ("Data 4.6", "4.2.7"),
    "query": ("Communication 2.1.3", "4.1.6.1"),
    "document": ("Communication 2.2", "4.1.6"),
    "state": ("Communication 2.3", "4.1.6.2"),
    "agents": ("Communication 2.4", "4.1.6.3"),
    "activities": ("Communication 2.5", "4.1.6.4"),
    "agent-profile": ("Communication 2.6", "4.1.6.5"),
    "activity-profile": ("Communication 2.7", "4.1.6.6"),
    "concurrency": ("Communication 3.1", "4.1.4"),
}
"""Topic -> its clause in xAPI 1.0.3 and in IEEE 9274.1.1 (2.0)."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 80


class Offence(Exception):
    """A broken rule, before it is known in which version's words to refuse."""

    def __init__(self, path: str, rule: str, topic: str, fix: str) -> None:
        super().__init__(path, rule, topic, fix)
        self.path = path
        self.rule = rule
        self.topic = topic
        self.fix = fix

    def refusal(self, version: str) -> StatementRefused:
        """The same as the public refusal, with the clause of that version."""
        return StatementRefused(
            path=self.path, rule=self.rule, clause=clause(self.topic, version), fix=self.fix
        )


def clause(topic: str, version: str) -> str:
    """How the clause about a topic is cited in that version of the standard."""
    older, newer = CLAUSES[topic]
    return f"IEEE 9274.1.1 {newer}" if version.startswith("2") else f"xAPI 1.0.3 {older}"


def both_clauses(topic: str) -> str:
    """The citation where the version is not known yet."""
    return f"{clause(topic, '1')} / {clause(topic, '2')}"


def step(path: str, key: object) -> str:
    """The JSON path one step further down: a property by name, an element by number."""
    if key.__class__ is int:
        return f"{path}[{key}]"
    text = str(key)
    if _PLAIN_KEY.fullmatch(text):
        return f"{path}.{shown(text)}"
    return f'{path}["{shown(text)}"]'


def shown(text: str) -> str:
    """Text fit for a message: cut when long, without control characters or half characters."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return "".join(character if character.isprintable() else "�" for character in cut)


def came(value: object) -> str:
    """What arrived, in words that end a sentence; never walks into nested values."""
    match value:
        case None:
            return "got null"
        case bool():
            return f"got the boolean {str(value).lower()}"
        case str():
            return f'got the string "{shown(value)}"' if value else "got an empty string"
        case dict():
            return f"got an object with {_named(value)}" if value else "got an empty object"
        case list():
            return f"got an array of {len(value)}"
        case int() if value.bit_length() > 200:
            return "got a very long number"
        case int() | float() | Decimal():
            return f"got the number {shown(str(value))}"
        case _:
            return f"got a Python {type(value).__name__}, which is no JSON value"


def _named(keys: Iterable[object]) -> str:
    names = [f'"{shown(str(key))}"' for key in keys]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def must(path: str, expected: str, value: object, topic: str, fix: str) -> Offence:
    """The offence of a value that is not what the rule expects."""
    return Offence(path, f"Expected {expected}; {came(value)}.", topic, fix)


def missing(path: str, key: str, owner: str, topic: str, fix: str) -> Offence:
    """The offence of a required property that is not there."""
    return Offence(step(path, key), f'{owner} needs "{key}", which is missing.', topic, fix)


def unknown_key(
    holder: dict[Any, Any], allowed: Collection[str], path: str, owner: str, topic: str
) -> Offence:
    """The offence of the first property the standard does not know here, with the likely fix."""
    key = next(key for key in holder if key not in allowed)
    rule = f'{owner} has no property "{shown(str(key))}".'
    return Offence(step(path, key), rule, topic, _likely_fix(str(key)[:60], allowed))


def _likely_fix(key: str, allowed: Collection[str]) -> str:
    for name in allowed:
        if name.lower() == key.lower():
            return f'Property names are case-sensitive: write "{name}".'
    names = sorted(allowed)
    close = difflib.get_close_matches(key, names, n=1)
    known = ", ".join(f'"{name}"' for name in names)
    if close:
        return f'Did you mean "{close[0]}"? Allowed here: {known}.'
    return f"Remove it; allowed here: {known}. Data of your own belongs in extensions."
