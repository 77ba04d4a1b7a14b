"""Rotation of the key that everything secret is kept under: a new one, and all sealed anew."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, func, select, update

from engine.config import keyring, settings
from engine.db import Base, writing

SEALED = (
    ("source", "sealed"),
    ("delivery", "sealed"),
    ("forward", "secret"),
    ("pull", "secret"),
    ("issuer_key", "sealed"),
)
"""Every column that is kept encrypted, and its table."""
_BEGINS = b"gAAAAA"
"""How every Fernet token begins: version 0x80 and the first bytes of a time before 2106."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """How many values and files were sealed anew, and how many keys were forgotten."""

    values: int
    files: int
    forgotten: int = 0


def rotate() -> Resealed:
    """Seal everything with a new key; the old ones stay until they are forgotten.

    Namespaces, sessions and index keys follow from the secret and stay what they are. Breaking off
    loses nothing: both keys are there before the first value is sealed anew.
    """
    with writing() as connection:
        keyring().add_key()
        return _resealed(connection)


def forget_old() -> Resealed:
    """Seal with the newest key whatever is not yet, then forget the others."""
    with writing() as connection:  # nobody seals for the database meanwhile
        done = _resealed(connection)
    forgotten = keyring().drop_old_keys()
    return Resealed(values=done.values, files=done.files, forgotten=forgotten)


def _resealed(connection: Connection) -> Resealed:
    values = sum(_column(connection, Base.metadata.tables[name], column) for name, column in SEALED)
    return Resealed(values=values, files=sum(map(_file, _files())))


def _column(connection: Connection, table: Table, column: str) -> int:
    """Seal a column anew, row by row, since a delivery can be large; what was let go is empty."""
    ring, sealed = keyring(), table.c[column]
    (key,) = table.primary_key.columns
    ids = (
        connection.execute(select(key).where(func.length(sealed) > 0).order_by(key)).scalars().all()
    )
    for one in ids:
        value = connection.execute(select(sealed).where(key == one)).scalar_one()
        anew = ring.seal(ring.open(value))
        connection.execute(update(table).where(key == one).values({column: anew}))
    return len(ids)


def _files() -> Iterator[Path]:
    """The instance's own sealed files: what people have between two pages, named by a digest."""
    for path in sorted(settings().instance.glob("*/*")):
        if re.fullmatch("[0-9a-f]{64}", path.name):
            yield path


def _file(path: Path) -> int:
    """Seal a file anew; it is as old as it was, since it goes by its age."""
    try:
        was, kept = path.stat(), path.read_bytes()
    except OSError:  # whoever it belonged to is done with it, or it is none of ours
        return 0
    if not kept.startswith(_BEGINS):
        return 0
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(keyring().seal(keyring().open(kept)))
    os.utime(made, ns=(was.st_atime_ns, was.st_mtime_ns))
    if not path.exists():  # done with meanwhile, and not brought back
        made.unlink()
        return 0
    made.replace(path)
    return 1
