"""Uploads between preview and record: kept encrypted in a file, so that no table changes.

A file belongs to one person and one source, and goes when it is recorded or discarded, or after
a day. Its name is a digest of the token, so nothing a browser sends is ever part of a path.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from engine.api import Delivery
from engine.config import keyring, settings
from engine.errors import NotFound
from engine.moments import now_us
from engine.sources import runs

KEPT_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file somebody uploaded and has not decided on; `at` in microseconds."""

    token: str
    delivery: Delivery
    at: int


def keep(delivery: Delivery, *, source: str, by: str) -> Upload:
    """Keep an upload of one person for one source; those of yesterday go at the same time."""
    sweep()
    token, now = secrets.token_urlsafe(24), now_us()
    head = {
        "source": source,
        "by": by,
        "at": now,
        "name": delivery.name,
        "media_type": delivery.media_type,
    }
    path = _path(token)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(keyring().seal(orjson.dumps(head) + b"\n" + delivery.body))
    return Upload(token=token, delivery=delivery, at=now)


def find(token: str, *, source: str, by: str) -> Upload:
    """The upload behind a token; somebody else's, or another source's, is as good as absent."""
    path = _path(token)
    if not path.is_file() or _is_old(path):
        raise _gone()
    head, _, body = keyring().open(path.read_bytes()).partition(b"\n")
    told = orjson.loads(head)
    if (told["source"], told["by"]) != (source, by):
        raise _gone()
    delivery = Delivery(body=body, name=told["name"], media_type=told["media_type"])
    return Upload(token=token, delivery=delivery, at=told["at"])


def discard(token: str, *, source: str, by: str) -> None:
    """Forget an upload; nothing of it was ever recorded."""
    find(token, source=source, by=by)
    _path(token).unlink(missing_ok=True)


def sweep() -> int:
    """Forget what nobody decided on for a day; how many there were."""
    old = [path for path in _kept() if _is_old(path)]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def record(name: str, token: str, *, by: str, signed: str) -> int:
    """Record a previewed upload for good and forget the file; the run's number.

    One that is too long to wait for is left to the worker.

    :param by: whose upload it is.
    :param signed: in whose name the run stands.
    """
    delivery = find(token, source=name, by=by).delivery
    if len(delivery.body) > runs.AT_ONCE:
        run_id = runs.leave_file(name, delivery, by=signed)
    else:
        run_id = runs.run_file(name, delivery, by=signed).run or 0
    _path(token).unlink(missing_ok=True)
    return run_id


def _gone() -> NotFound:
    return NotFound(
        "This preview is no longer there. It was recorded, discarded, or is older than a day.",
        "Upload the file again.",
    )


def _kept() -> Iterator[Path]:
    directory = _directory()
    return directory.iterdir() if directory.is_dir() else iter(())


def _directory() -> Path:
    return settings().instance / "previews"


def _path(token: str) -> Path:
    return _directory() / hashlib.sha256(token.encode()).hexdigest()


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime_ns // 1000 < now_us() - KEPT_US
    except FileNotFoundError:  # somebody else was quicker to forget it
        return True
