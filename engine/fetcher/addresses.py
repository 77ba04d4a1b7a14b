"""What may be asked at all: sound addresses, on the public internet, not denied to everybody.

A host is resolved once, every answer is judged, and the connection goes to the very address that
was judged, so a name cannot change its mind in between.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import SplitResult, quote, urlsplit

from engine.errors import Refused

Kind = Literal[
    "dns", "tls", "connect", "timeout", "status", "too_large", "private_address", "bad_url",
    "foreign_host", "denied", "robots", "budget",
]  # fmt: skip

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Endpoint = tuple[socket.AddressFamily, Any]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Refused):
    """An address that was not fetched; `kind` says at which step it ended."""

    status = 502

    def __init__(self, kind: Kind, why: str, mend: str, *, where: str = "") -> None:
        super().__init__(why, mend, where=where)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What a fetcher minds; see `fetcher` for what each says."""

    allow_private: bool
    private_hosts: frozenset[str] = frozenset()
    hosts: frozenset[str] | None = None
    denied: tuple[str, ...] = ()
    max_bytes: int
    timeout: float
    user_agent: str


def checked_url(url: str) -> SplitResult:
    """The parts of an http(s) address, with an ASCII host and an escaped path."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = parts.port
    except (ValueError, UnicodeError) as error:
        raise _bad_url(f"It is no address ({error})", url) from error
    if parts.scheme not in ("http", "https"):
        raise _bad_url(f"Only http and https are fetched, not {parts.scheme or 'nothing'}", url)
    if not host or port == 0 or not host.isprintable() or " " in host:
        raise _bad_url("It names no host", url)
    if parts.username is not None or parts.password is not None:
        raise _bad_url("It holds a name or password, which do not belong in an address", url)
    shown = f"[{host}]" if ":" in host else host
    return SplitResult(
        scheme=parts.scheme,
        netloc=shown if port is None else f"{shown}:{port}",
        path=quote(parts.path, safe="/%:=@!$&'()*+,;~-._") or "/",
        query=quote(parts.query, safe="/%:=@!$&'()*+,;~-._?"),
        fragment="",
    )


def _bad_url(why: str, url: str) -> Unreachable:
    shown = "" if "@" in url else url.partition("?")[0]
    return Unreachable("bad_url", f"{why}.", "Give a full http or https address.", where=shown)


def resolved(parts: SplitResult, guards: Guards) -> list[Endpoint]:
    """Where the host can be met, all of it allowed: one bad answer among good ones is a trap."""
    host = parts.hostname or ""
    try:
        answers = socket.getaddrinfo(host, port_of(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            "dns",
            f"There is no host named {host}.",
            "Look for a typing error in the address.",
            where=shown_address(parts),
        ) from error
    endpoints: list[Endpoint] = list(dict.fromkeys((found[0], found[4]) for found in answers))
    if guards.allow_private or host.lower() in guards.private_hosts:
        return endpoints
    if not all(is_public(str(name[0])) for _, name in endpoints):
        raise Unreachable(
            "private_address",
            f"{host} is in a private network.",
            "Only public addresses are fetched. On an intranet an operator allows others with "
            "BYWAY_ALLOW_PRIVATE_FETCH=1.",
            where=shown_address(parts),
        )
    return endpoints


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also when one is wrapped in another."""
    try:
        judged = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    special = judged.is_multicast or judged.is_reserved or judged.is_unspecified
    local = judged.is_loopback or judged.is_link_local or getattr(judged, "is_site_local", False)
    return judged.is_global and not (judged.is_private or special or local)


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64), which traffic ends at."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def shown_address(parts: SplitResult) -> str:
    """The address as people are told it: queries may hold keys."""
    return parts._replace(query="").geturl()


def port_of(parts: SplitResult) -> int:
    """The port it is asked at."""
    return parts.port or (443 if parts.scheme == "https" else 80)
