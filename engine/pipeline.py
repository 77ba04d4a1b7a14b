"""The hall both doors open into: statements are checked, stored and told of; nothing is weighed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from flask import current_app

from engine.host import Host
from engine.lrs.definitions import Definitions
from engine.lrs.reader import Reader
from engine.lrs.store import Added, Authority, Entry, Store, Write
from xapi.walk import walk

VERSION = "2.0.0"


def record(entries: Sequence[Entry], rows: Sequence[Write] = ()) -> Added:
    """Store statements and their rows in one transaction, then tell the plugins of the new ones."""
    added = store().add(entries, rows)
    if added.new:
        host().announce("statements_stored", statements=added.new)
    return added


def entry_of(
    statement: dict[str, Any], *, authority: Authority, audience: str = "private"
) -> Entry:
    """A statement of our own making, checked like any other."""
    walked = walk(statement, version=VERSION)
    statement.setdefault("version", VERSION)
    sid = uuid.UUID(statement["id"])
    return Entry(
        sid=sid, statement=statement, walked=walked, authority=authority, audience=audience
    )


def store() -> Store:
    """The record store of the running application, for writing."""
    return cast(Store, current_app.extensions["byway.store"])


def reader() -> Reader:
    """The record store of the running application, for reading."""
    return cast(Reader, current_app.extensions["byway.reader"])


def definitions() -> Definitions:
    """What the running application knows of activities."""
    return cast(Definitions, current_app.extensions["byway.definitions"])


def host() -> Host:
    """The plugins of the running application."""
    return cast(Host, current_app.extensions["byway.host"])
