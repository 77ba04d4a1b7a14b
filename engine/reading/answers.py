"""What an address answered: the page as it came, or why it is none, in one set of words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from engine.errors import Refused

Trouble = Literal["unauthorized", "forbidden", "missing", "rate", "server", "schema", "nothing"]

LONGEST_WAIT = 7 * 86_400
"""Seconds: a system that asks for more patience is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A fetched address: `status`, lower-case `headers`, `body` (empty on 304), the final `url`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


Fetch = Callable[..., Fetched]
"""`fetch(url, headers=None, *, method="GET", body=None, robots=False) -> Fetched`.

Guarded against private addresses, foreign hosts, size and time. Any final status is handed on, see
`accepted`. Redirects of a GET are followed; those of another method are the answer. With `robots`
the page is asked for only where the site's robots.txt lets us: for pages made for people, not for
feeds and interfaces that are published for programs.
"""


class Unanswered(Refused):
    """An address answered with something else than what was asked for.

    `kind` says what is wrong, for those who count and advise; `seconds` is how long to wait before
    asking again, where the system says so. "schema" (the answer has another form than expected) and
    "nothing" (there is nothing to collect) are for sources to raise.
    """

    status = 502

    def __init__(
        self,
        kind: Trouble,
        why: str,
        mend: str = "",
        *,
        where: str = "",
        seconds: int | None = None,
    ) -> None:
        super().__init__(why, mend, where=where)
        self.kind = kind
        self.seconds = seconds


_REASONS: dict[Trouble, tuple[str, str]] = {
    "unauthorized": (
        "asks who we are, and does not take what it was given",
        "Enter the key, token or password of this source again; it may have run out.",
    ),
    "forbidden": (
        "knows us and refuses access",
        "Give the account or key of this source the right to read this.",
    ),
    "missing": ("was not found", "Look up the address again and correct it in this source."),
    "rate": ("was asked too often", "Wait; asking goes on by itself. Poll less often."),
    "server": (
        "has a trouble of its own",
        "Try again later; if it stays, ask whoever runs the server.",
    ),
    "schema": (
        "did not answer with what was asked for",
        "Open the address in a browser and use the one it ends at.",
    ),
}


def accepted(page: Fetched, *, what: str) -> Fetched:
    """The page, when its status says that it is what was asked for (2xx), or still the same (304).

    `what` begins the sentence of the refusal: "The feed", "Zoom's list of webinars".

    :raises Unanswered: any other status.
    """
    if 200 <= page.status < 300 or page.status == 304:
        return page
    kind = _kind(page)
    found, mend = _REASONS[kind]
    raise Unanswered(
        kind,
        f"{what} {found} (status {page.status}).",
        mend,
        where=page.url.partition("?")[0],
        seconds=_wait(page.headers),
    )


def _kind(page: Fetched) -> Trouble:
    # RFC 9110 15.5.2 to 15.5.11, 15.6; RFC 6585 4. Some say 403 to those who ask too often.
    named: dict[int, Trouble] = {
        401: "unauthorized", 403: "forbidden", 404: "missing", 407: "unauthorized",
        408: "server", 410: "missing", 425: "server", 429: "rate",
    }  # fmt: skip
    tired = "retry-after" in page.headers or page.headers.get("x-ratelimit-remaining") == "0"
    if page.status == 403 and tired:
        return "rate"
    return named.get(page.status, "server" if page.status >= 500 else "schema")


def _wait(headers: Mapping[str, str]) -> int | None:
    """Seconds out of Retry-After, a number or a date (RFC 9110 10.2.3); None when it says nothing.

    A date is counted from the answer's own: clocks differ.
    """
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return min(int(written[:9]), LONGEST_WAIT)
    until = _moment(written)
    if until is None:
        return None
    asked = _moment(headers.get("date", "")) or datetime.now(UTC)
    return min(max(round((until - asked).total_seconds()), 0), LONGEST_WAIT)


def _moment(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
