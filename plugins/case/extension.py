"""What of a framework CASE cannot say, carried along in `extensions` and put back.

An export is read again before it is given out; every member that would come back different goes
into an extension, with a digest of what it adds to. It counts only while that digest is right: who
edits the label of an exported item elsewhere and brings it back gets her label, not the old one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

NAME = "https://w3id.org/byway/ext/framework"

Members = Mapping[str, Any]
_UNTOLD = ("uri", "competencies", "remarks")


def differing(said: Members, again: Members) -> dict[str, Any]:
    """What brings the members that were read again back to what was said; empty if nothing."""
    before, after = _flat(said), _flat(again)
    return {
        name: {"read": _digest(after, name)} | ({"is": before[name]} if name in before else {})
        for name in sorted({*before, *after})
        if name not in _UNTOLD and _digest(before, name) != _digest(after, name)
    }


def restored(read: Members, extension: object) -> dict[str, Any]:
    """The members that were read, with what the extension adds to them."""
    members = _flat(read)
    for name, told in extension.items() if isinstance(extension, Mapping) else ():
        if not isinstance(told, Mapping) or name in _UNTOLD:
            continue
        if told.get("read") == _digest(members, name):
            members.pop(name, None)
            members |= {name: told["is"]} if "is" in told else {}
    return _deep(members)


def _digest(members: Members, name: str) -> str:
    """Tells values apart as JSON does: 1, 1.0 and true are three things, absent is a fourth."""
    body = json.dumps(members[name], sort_keys=True) if name in members else ""
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _flat(members: Members) -> dict[str, Any]:
    """With each format's `extra` as a member of its own."""
    extra = members.get("extra")
    if not isinstance(extra, Mapping) or not extra:
        return dict(members)
    named = {f"extra/{name}": value for name, value in extra.items()}
    return {**{name: value for name, value in members.items() if name != "extra"}, **named}


def _deep(members: Members) -> dict[str, Any]:
    extra = {n.removeprefix("extra/"): v for n, v in members.items() if n.startswith("extra/")}
    deep = {name: value for name, value in members.items() if not name.startswith("extra/")}
    return {**deep, "extra": extra} if extra else deep
