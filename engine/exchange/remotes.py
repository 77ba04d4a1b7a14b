"""Another record store as a forward or a pull knows it: where it is, and the key to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from engine.config import keyring
from engine.errors import Refused
from engine.fetcher import checked_url
from xapi.versions import SUPPORTED

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where a record store's endpoint is, which version it is spoken to in, and the key."""

    url: str
    version: str
    username: str
    secret: str = field(repr=False)


class Row(Protocol):
    """What the rows of forwards and pulls have in common."""

    url: str
    version: str
    username: str
    secret: bytes


def remote_of(row: Row) -> Remote:
    """The record store that a row names, its secret in the clear."""
    return Remote(
        url=row.url,
        version=row.version,
        username=row.username,
        secret=keyring().open(row.secret).decode(),
    )


def sealed(secret: str) -> bytes:
    """A secret as it is kept."""
    if not secret:
        raise Refused("The secret is empty.", "Give the one that belongs to the key.")
    return keyring().seal(secret.encode())


def checked_name(name: str, what: str) -> str:
    """A name that a forward or a pull can have."""
    if not NAME.fullmatch(name):
        raise Refused(f'"{name}" cannot name a {what}.', "Use small letters, digits and hyphens.")
    return name


def checked_version(version: str) -> str:
    """A version that requests can be sent in."""
    if version not in SUPPORTED:
        raise Refused(f'"{version}" is not spoken here.', f"Use {' or '.join(SUPPORTED)}.")
    return version


def endpoint(text: str) -> str:
    """An endpoint in the one spelling it is kept and compared in; /statements is left out."""
    parts = checked_url(text)
    if parts.query:
        raise Refused(
            "An endpoint has nothing behind a question mark.",
            "Give the address that clients are configured with, such as "
            "https://lrs.example.org/xapi.",
        )
    scheme, host, port = place_of(text)
    shown = f"[{host}]" if ":" in host else host
    shown += "" if port == _PORTS[scheme] else f":{port}"
    return f"{scheme}://{shown}{parts.path.rstrip('/').removesuffix('/statements')}"


def place_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, by which two are on one server."""
    parts = checked_url(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]
