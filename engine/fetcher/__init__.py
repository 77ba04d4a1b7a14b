"""The one way out: asks addresses that people typed, and only on the public internet.

Every step of the way, redirects included, is judged anew: `addresses` and `denied` say what may be
asked, `robots` what a site lets programs ask, `connection` asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from urllib.parse import SplitResult, urljoin

from engine import __version__
from engine.api import Fetch, Fetched
from engine.fetcher.addresses import (
    Guards,
    Kind,
    Unreachable,
    checked_url,
    is_public,
    shown_address,
)
from engine.fetcher.connection import ask
from engine.fetcher.denied import refuse_denied, refuse_denied_parts, refuse_denied_server
from engine.fetcher.robots import ALL, MOST_READ, NOTHING, Robots, read_robots

__all__ = [
    "USER_AGENT",
    "Kind",
    "Request",
    "Unreachable",
    "checked_url",
    "fetcher",
    "is_public",
    "refuse_denied",
    "requester",
]

AGENT = "Byway"
USER_AGENT = f"{AGENT}/{__version__} (informal learning engine; reads feeds and web services)"
REDIRECTS = 5

_MOVED = frozenset({301, 302, 303, 307, 308})
# What may follow a redirect to another host; the rest (keys, cookies) was meant for the first.
_HARMLESS = frozenset({"accept", "accept-language", "if-none-match", "if-modified-since"})
_BROWSE = "Open the address in a browser and use the one it ends at."

Request = Callable[[str, str, Mapping[str, str], bytes | None], Fetched]
"""`request(method, url, headers, body) -> Fetched`, guarded like a fetch."""


def fetcher(
    *,
    allow_private: bool = False,
    private_hosts: Collection[str] = (),
    hosts: Collection[str] | None = None,
    denied: Collection[str] = (),
    max_bytes: int = 10_000_000,
    max_requests: int = 1_000,
    max_total: int = 200_000_000,
    timeout: float = 20,
    user_agent: str = USER_AGENT,
) -> Fetch:
    """Make a `fetch(url, headers=None, *, method="GET", body=None, robots=False) -> Fetched`.

    Every final answer is returned, whatever its status; retrying is the caller's affair.

    :param allow_private: let every host be in a private network.
    :param private_hosts: names of those that alone may, such as the intranet's; they may be asked.
    :param hosts: the only ones that may be asked, also after redirects; None is any. A host and its
        "www." form are one.
    :param denied: hosts that the operator denies beside those denied to everybody.
    :param max_bytes: of the body, before and after it is unpacked.
    :param max_requests: of this fetcher in its life, which is one poll; redirects count.
    :param max_total: bytes of all bodies in its life.
    :param timeout: seconds for everything together of one fetch, redirects included.
    """
    guards = Guards(
        allow_private=allow_private,
        private_hosts=frozenset(host.lower() for host in private_hosts),
        hosts=None if hosts is None else frozenset(map(_bare, (*hosts, *private_hosts))),
        denied=tuple(denied),
        max_bytes=max_bytes,
        timeout=timeout,
        user_agent=user_agent,
    )
    return _Fetcher(guards, max_requests, max_total).fetch


def requester(
    *,
    allow_private: bool = False,
    max_bytes: int = 10_000_000,
    timeout: float = 20,
) -> Request:
    """Make a `request(method, url, headers, body) -> Fetched` for speaking to one known system.

    A redirect is an answer like any other: what is meant for one address is sent to no other.

    :param allow_private: let the host be in a private network.
    :param max_bytes: of the answer's body, before and after it is unpacked.
    :param timeout: seconds for everything together.
    """
    guards = Guards(
        allow_private=allow_private, max_bytes=max_bytes, timeout=timeout, user_agent=USER_AGENT
    )

    def request(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Fetched:
        """Send one request.

        :raises Unreachable: refused before connecting, or broken off on the way.
        """
        deadline = time.monotonic() + timeout
        return ask(checked_url(url), headers, guards, deadline, method=method, body=body)

    return request


class _Fetcher:
    """One poll's way out: what it may still ask, and what sites let it."""

    def __init__(self, guards: Guards, requests: int, total: int) -> None:
        self._guards = guards
        self._most = (requests, total)
        self._requests = 0
        self._bytes = 0
        self._robots: dict[tuple[str, str], Robots] = {}

    def fetch(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        robots: bool = False,
    ) -> Fetched:
        """Fetch one address; with another method than GET a redirect is the answer.

        :param robots: ask only where the site's robots.txt lets us, for pages made for people.
        :raises Unreachable: refused before connecting, or broken off on the way.
        """
        deadline = time.monotonic() + self._guards.timeout
        if method == "GET" and body is None:
            return self._follow(url, headers or {}, self._guards, deadline, robots=robots)
        parts = self._allowed(url)
        return self._ask(parts, headers or {}, self._guards, deadline, method=method, body=body)

    def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        guards: Guards,
        deadline: float,
        *,
        robots: bool,
    ) -> Fetched:
        first = checked_url(url)
        for _ in range(REDIRECTS + 1):
            parts = self._allowed(url)
            if robots:
                self._heed(parts, deadline)
            if parts[:2] != first[:2]:
                headers = {
                    name: said for name, said in headers.items() if name.lower() in _HARMLESS
                }
            answer = self._ask(parts, headers, guards, deadline)
            if answer.status not in _MOVED:
                return answer
            url = urljoin(answer.url, _location(answer))
        raise Unreachable(
            "status",
            f"It redirects more than {REDIRECTS} times.",
            _BROWSE,
            where=shown_address(first),
        )

    def _allowed(self, url: str) -> SplitResult:
        """An address that may be asked, whoever named it."""
        parts, hosts = checked_url(url), self._guards.hosts
        refuse_denied_parts(parts, also=self._guards.denied)
        if hosts is not None and _bare(parts.hostname or "") not in hosts:
            raise Unreachable(
                "foreign_host",
                f"{parts.hostname} is not one of the hosts this source may ask.",
                "If the system has moved there, enter its new address in the settings of the "
                "source.",
                where=shown_address(parts),
            )
        return parts

    def _ask(
        self,
        parts: SplitResult,
        headers: Mapping[str, str],
        guards: Guards,
        deadline: float,
        *,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Fetched:
        """One request, within what is left of this poll."""
        requests, total = self._most
        if self._requests >= requests or self._bytes >= total:
            raise Unreachable(
                "budget",
                f"One poll asks {requests} times and reads {total // 1_000_000} MB at most.",
                "Let this source bring less at once.",
                where=shown_address(parts),
            )
        self._requests += 1
        answer = ask(parts, headers, guards, deadline, method=method, body=body)
        self._bytes += len(answer.body)
        refuse_denied_server(parts, answer.headers.get("server", ""))
        return answer

    def _heed(self, parts: SplitResult, deadline: float) -> None:
        """Refuse a page that its site keeps programs away from."""
        site = parts[:2]
        if site not in self._robots:
            self._robots[site] = self._robots_of(parts, deadline)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if not self._robots[site].allow(path):
            raise Unreachable(
                "robots",
                "The site asks programs not to read this page (robots.txt).",
                "Ask whoever runs the site to let Byway in, or upload a file.",
                where=shown_address(parts),
            )

    def _robots_of(self, parts: SplitResult, deadline: float) -> Robots:
        """RFC 9309 2.3.1: a site without robots.txt allows all, one that is broken nothing."""
        address = parts._replace(path="/robots.txt", query="").geturl()
        guards = replace(self._guards, max_bytes=max(self._guards.max_bytes, MOST_READ))
        try:
            answer = self._follow(address, {}, guards, deadline, robots=False)
        except Unreachable as refusal:
            if refusal.kind in ("budget", "denied", "timeout"):
                raise
            return NOTHING
        if answer.status == 200:
            return read_robots(answer.body, AGENT)
        return NOTHING if answer.status >= 500 or answer.status == 429 else ALL


def _bare(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")


def _location(answer: Fetched) -> str:
    location = answer.headers.get("location", "")
    if not location:
        raise Unreachable(
            "status",
            f"It redirects (status {answer.status}) without saying where to.",
            _BROWSE,
            where=answer.url.partition("?")[0],
        )
    return location.encode("latin-1", "replace").decode("utf-8", "replace")
