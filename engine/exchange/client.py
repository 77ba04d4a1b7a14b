"""Speaking to another record store: sending, asking, and what its answers mean."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from engine.api import Fetched
from engine.config import settings
from engine.errors import Refused
from engine.exchange.parcels import Parcel, packed
from engine.exchange.remotes import Remote
from engine.fetcher import Unreachable, requester
from xapi import text
from xapi.errors import StatementRefused
from xapi.versions import HEADER, V1, V2

TIMEOUT = 60.0
LARGEST = 64 * 1024 * 1024
SAID = 500
"""How much of another store's reason is kept."""

_OF_THE_STATEMENTS = frozenset({400, 409, 413, 422})

_WHERE = "Look at the address: it is the one that clients are configured with."
_MENDS = {
    401: "Give it the right key and secret: --key and --secret of the command `set`.",
    403: "Let its operator give the key the right to do this.",
    404: _WHERE,
    405: _WHERE,
    429: "It is tried again by itself.",
}
_BY_ITSELF = "It is tried again by itself; if it stays, ask whoever runs that store."


class Trouble(Refused):
    """A record store that cannot be worked with now; nothing is lost, it is tried again.

    `retry_after` is how many seconds it asked to be left alone.
    """

    status = 502

    def __init__(self, why: str, mend: str, *, retry_after: float = 0) -> None:
        super().__init__(why, mend)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of statements that were sent: all taken, or refused all together, and why."""

    taken: bool
    status: int
    why: str = ""


class Client:
    """A client of one record store; every answer that is no use is raised as Trouble."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._spoken = {HEADER: remote.version}
        pair = base64.b64encode(f"{remote.username}:{remote.secret}".encode()).decode()
        self._proof = {"Authorization": f"Basic {pair}"} if remote.username else {}
        allow = settings().allow_private_fetch
        self._request = requester(allow_private=allow, max_bytes=LARGEST, timeout=TIMEOUT)

    def send(self, parcels: Sequence[Parcel]) -> Answer:
        """POST statements, which are stored all or none (xAPI 1.0.3 Communication 2.1.2)."""
        content_type, body = packed(parcels)
        url = f"{self._remote.url}/statements"
        headers = {**self._spoken, "Content-Type": content_type}
        answer = self._ask("POST", url, headers, body)
        if answer.status in _OF_THE_STATEMENTS:
            return Answer(taken=False, status=answer.status, why=_said(answer.body))
        if answer.status == 204 or (answer.status == 200 and isinstance(_json(answer), list)):
            return Answer(taken=True, status=answer.status)
        raise _trouble(answer)

    def has(self, sid: uuid.UUID) -> bool:
        """Whether a statement is there that was sent; not, if the key may not look."""
        url = f"{self._remote.url}/statements?statementId={sid}"
        answer = self._ask("GET", url, self._spoken)
        if answer.status in (200, 400, 403, 404):
            return answer.status == 200
        raise _trouble(answer)

    def page(self, url: str) -> Fetched:
        """A page of statements, as it came."""
        answer = self._ask("GET", url, self._spoken)
        if answer.status != 200:
            raise _trouble(answer)
        return answer

    def versions(self) -> tuple[str, ...]:
        """Which versions it says that it speaks; none when it says nothing that can be read."""
        said = _json(self._ask("GET", f"{self._remote.url}/about", {}))
        listed = said.get("version") if isinstance(said, dict) else None
        return tuple(map(str, listed)) if isinstance(listed, list) else ()

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Fetched:
        try:
            return self._request(method, url, self._proof | dict(headers), body)
        except Unreachable as error:
            raise Trouble(error.why, error.mend) from error


def newest_version(url: str) -> str:
    """The newest version of the standard that both sides speak; asked without a key.

    :raises Trouble: the store cannot be asked now.
    """
    remote = Remote(url=url, version=V1, username="", secret="")
    return V2 if any(one.startswith("2.0") for one in Client(remote).versions()) else V1


def _json(answer: Fetched) -> Any:
    """What was answered; None for anything but JSON, such as the page of some other site."""
    try:
        return text.parse(answer.body)
    except StatementRefused:
        return None


def _trouble(answer: Fetched) -> Trouble:
    """An answer that says nothing about statements: what it was, and the mend."""
    if 300 <= answer.status < 400:
        where = _said(answer.headers.get("location", "").encode()) or "nowhere"
        return Trouble(
            f"It redirects to {where} (status {answer.status}).",
            "Use the address it redirects to, if it is the one you mean.",
        )
    if answer.status < 300:
        return Trouble(
            f"It answered with status {answer.status}, but not as the standard says.", _WHERE
        )
    said = _said(answer.body)
    return Trouble(
        f"It answered with status {answer.status}{f': {said}' if said else '.'}",
        _MENDS.get(answer.status, _BY_ITSELF),
        retry_after=_retry_after(answer.headers.get("retry-after", "")),
    )


def _said(body: bytes) -> str:
    """The beginning of what another store said, on one line."""
    words = body[: 8 * SAID].decode("utf-8", "replace").split()
    printable = "".join(letter for letter in " ".join(words) if letter.isprintable())
    return printable if len(printable) <= SAID else f"{printable[: SAID - 1]}…"


def _retry_after(value: str) -> float:
    """Seconds to wait, from a number or a date (RFC 9110 10.2.3); 0 for anything else."""
    if value.isdecimal():
        return float(value[:12])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError, LookupError):  # it stumbles over odd dates
        return 0.0
