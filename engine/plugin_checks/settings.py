"""A source's settings as declared: what a form, the encryption and the identity rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from marshmallow import RAISE, missing

from engine.api import Source, SourceSettings, fields
from engine.plugin_checks import Finding, Level

SECRET = re.compile(
    r"(^|_)(secret|password|passwd|passphrase|token|api_?key|private_?key|credentials?)($|_)"
)
METADATA = frozenset({"label", "help", "secret", "identity", "widget", "placeholder"})


def settings_findings(source: Source, name: str) -> Iterator[Finding]:
    """Everything to be said of a source's settings, field by field."""
    schema = source.settings
    if not (isinstance(schema, type) and issubclass(schema, SourceSettings)):
        yield _finding("ERROR", name, "Its settings are none.", "Extend SourceSettings.")
        return
    own = {
        field: made
        for field, made in schema().fields.items()
        if field not in SourceSettings().fields
    }
    for field, made in own.items():
        yield from _of_field(made, f"{name}, setting {field}", field)
    yield from _whole(source, own, name)


def _whole(source: Source, own: dict[str, Any], name: str) -> Iterator[Finding]:
    if getattr(source.settings.Meta, "unknown", RAISE) != RAISE:
        mend = "Leave Meta.unknown as SourceSettings has it."
        yield _finding("WARN", name, "A misspelt setting would pass unseen.", mend)
    identity = [field for field, made in own.items() if made.metadata.get("identity")]
    if identity:
        yield _finding("INFO", name, f"The system is known by {', '.join(identity)}.")
    else:
        outside = source.has_door("poll") or source.has_door("receive")
        yield _finding(
            "WARN" if outside else "INFO",
            name,
            "No setting names the system, so all its instances count as one system.",
            'Mark what tells two systems apart with metadata={"identity": True}.',
        )


def _of_field(field: Any, where: str, name: str) -> Iterator[Finding]:
    told = field.metadata
    if foreign := sorted(told.keys() - METADATA, key=str):
        words = ", ".join(map(str, foreign))
        mend = "It may hold label, help, secret and identity."
        yield _finding("WARN", where, f"Its metadata has {words}, which means nothing.", mend)
    if SECRET.search(name) and not told.get("secret"):
        why = "It looks like a secret and would be kept and shown in the clear."
        yield _finding("ERROR", where, why, 'Mark it with metadata={"secret": True}.')
    if told.get("secret") and told.get("identity"):
        why = "A secret names the system, so a new secret would make it another system."
        yield _finding("ERROR", where, why, "Let another setting be the identity.")
    yield from _shown(field, where)


def _shown(field: Any, where: str) -> Iterator[Finding]:
    """What the form needs, and what the plugin needs when a field stays empty."""
    if not isinstance(field, fields.Field):
        return
    if not field.metadata.get("label"):
        mend = 'Give metadata={"label": ...}.'
        yield _finding("WARN", where, "It has no label, so the form shows its name.", mend)
    if not field.metadata.get("help"):
        mend = "Say in a sentence where a person finds it."
        yield _finding("INFO", where, "It has no help text.", mend)
    if not field.required and field.load_default is missing:
        why = "It is neither required nor has a default, so reading it fails when it is left out."
        yield _finding("WARN", where, why, "Give load_default=.")


def _finding(level: Level, where: str, why: str, mend: str = "") -> Finding:
    return Finding(level=level, about="settings", why=why, mend=mend, where=where)
