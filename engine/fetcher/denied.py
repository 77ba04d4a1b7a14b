"""What no source may read, whoever sets it up: places where people report without a name.

Whoever reports wrongdoing must not be found out by her style, her hours or her reading, so nothing
of such places is collected. The list in `denied.txt` has the reasons; an operator may add to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import SplitResult, unquote

from engine.fetcher.addresses import Unreachable, checked_url, shown_address

LIST = Path(__file__).with_name("denied.txt")


@dataclass(frozen=True, slots=True)
class Denied:
    """One line of the list.

    `kind` is "host" (it and all below it), "label" (a part of a host's name between dots), "path"
    (folders in an address) or "server" (what the software calls itself in its answers).
    """

    kind: str
    name: str
    reason: str

    def fits(self, host: str, path: str) -> bool:
        """Whether an address is one of those meant."""
        match self.kind:
            case "host":
                return host == self.name or host.endswith(f".{self.name}")
            case "label":
                return self.name in host.split(".")
            case "path":
                return f"/{self.name}/" in f"{path}/"
        return False


@cache
def denied() -> tuple[Denied, ...]:
    """The list that comes with Byway."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    parts = [line.split("|") for line in lines if line.strip() and not line.startswith("#")]
    return tuple(Denied(kind.strip(), name.strip(), why.strip()) for kind, name, why in parts)


def refuse_denied(address: str, *, also: Iterable[str] = ()) -> None:
    """Refuse an address that no source may read; one that is none is left to others.

    :param also: hosts that the operator denies beside those in the list.
    :raises Unreachable: with the reason, kind "denied", status 403.
    """
    try:
        parts = checked_url(address)
    except Unreachable:
        return
    refuse_denied_parts(parts, also=also)


def refuse_denied_parts(parts: SplitResult, *, also: Iterable[str] = ()) -> None:
    """The same for an address taken apart."""
    host = (parts.hostname or "").lower().rstrip(".")
    path = re.sub("/+", "/", unquote(parts.path)).lower()
    added = [Denied("host", name.lower(), "The operator of this Byway denies it.") for name in also]
    for one in (*denied(), *added):
        if one.fits(host, path):
            raise _denied(one, parts)


def refuse_denied_server(parts: SplitResult, server: str) -> None:
    """Refuse what an answer says it was made by (the header Server)."""
    for one in denied():
        if one.kind == "server" and one.name in server.lower():
            raise _denied(one, parts)


def _denied(one: Denied, parts: SplitResult) -> Unreachable:
    refusal = Unreachable(
        "denied",
        f"Nothing is collected from here: {one.reason}",
        "Use another source. This list is the same for everybody and cannot be switched off.",
        where=shown_address(parts),
    )
    refusal.status = 403
    return refusal
