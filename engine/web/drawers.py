"""Unfinished work of people between two pages: sealed files of the instance, so no table changes.

A file's name is a digest of its key, so nothing a browser sends is ever part of a path.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.config import keyring, settings
from engine.moments import now_us

DAY_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """Values of one kind by their keys; `kept_us` microseconds after it was put in a value goes."""

    name: str
    kept_us: int

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep a value, in place of what was there; the old ones of everybody go meanwhile."""
        self.sweep()
        path = self._path(key)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(keyring().seal(orjson.dumps(dict(value))))
        made.replace(path)

    def find(self, key: str) -> dict[str, Any] | None:
        """The value of a key; None when it is not there any more."""
        return self._read(self._path(key))

    def drop(self, key: str) -> None:
        """Forget a value."""
        self._path(key).unlink(missing_ok=True)

    def every(self) -> Iterator[dict[str, Any]]:
        """All values there are, in no order."""
        for path in self._kept():
            found = self._read(path)
            if found is not None:
                yield found

    def sweep(self) -> None:
        """Forget what is too old."""
        for path in self._kept():
            if _age_us(path) > self.kept_us:
                path.unlink(missing_ok=True)

    def _read(self, path: Path) -> dict[str, Any] | None:
        if not path.is_file() or _age_us(path) > self.kept_us:
            return None
        found: dict[str, Any] = orjson.loads(keyring().open(path.read_bytes()))
        return found

    def _kept(self) -> list[Path]:
        directory = settings().instance / self.name
        found = directory.iterdir() if directory.is_dir() else ()
        return [path for path in found if not path.name.startswith(".")]

    def _path(self, key: str) -> Path:
        return settings().instance / self.name / hashlib.sha256(key.encode()).hexdigest()


def new_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(24)


def _age_us(path: Path) -> int:
    try:
        return now_us() - path.stat().st_mtime_ns // 1000
    except FileNotFoundError:  # somebody else swept meanwhile
        return 0
