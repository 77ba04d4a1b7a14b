"""The one way out: asks addresses that people typed, and only on the public internet.

A host is resolved once, every answer is judged, and the connection goes to the very address that
was judged, so a name cannot change its mind in between. Redirects start all over.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from engine import __version__
from engine.api import Fetch, Fetched
from engine.errors import Refused

Kind = Literal[
    "dns", "tls", "connect", "timeout", "status", "too_large", "private_address", "bad_url"
]

USER_AGENT = f"Byway/{__version__} (informal learning engine; reads feeds and web services)"
REDIRECTS = 5

_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65_536
# What may follow a redirect to another host; the rest (keys, cookies) was meant for the first.
_HARMLESS = frozenset({"accept", "accept-language", "if-none-match", "if-modified-since"})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_BROWSE = "Open the address in a browser and use the one it ends at."
_LATER = "Try again later; if it stays, ask whoever runs the server."

Request = Callable[[str, str, Mapping[str, str], bytes | None], Fetched]
"""`request(method, url, headers, body) -> Fetched`, guarded like a fetch."""

_Endpoint = tuple[socket.AddressFamily, Any]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Refused):
    """An address that was not fetched; `kind` says at which step it ended."""

    status = 502

    def __init__(self, kind: Kind, why: str, mend: str, *, where: str = "") -> None:
        super().__init__(why, mend, where=where)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guards:
    allow_private: bool
    private_hosts: frozenset[str]
    max_bytes: int
    timeout: float
    user_agent: str


def fetcher(
    *,
    allow_private: bool = False,
    private_hosts: Collection[str] = (),
    max_bytes: int = 10_000_000,
    timeout: float = 20,
    user_agent: str = USER_AGENT,
) -> Fetch:
    """Make a `fetch(url, headers=None) -> Fetched`.

    Every final answer is returned, whatever its status; retrying is the caller's affair.

    :param allow_private: let every host be in a private network.
    :param private_hosts: names of those that alone may, such as the intranet's.
    :param max_bytes: of the body, before and after it is unpacked.
    :param timeout: seconds for everything together, redirects included.
    """
    guards = _Guards(
        allow_private=allow_private,
        private_hosts=frozenset(host.lower() for host in private_hosts),
        max_bytes=max_bytes,
        timeout=timeout,
        user_agent=user_agent,
    )

    def fetch(url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch one address.

        :raises Unreachable: refused before connecting, or broken off on the way.
        """
        return _follow(url, headers or {}, guards)

    return fetch


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
    guards = _Guards(
        allow_private=allow_private,
        private_hosts=frozenset(),
        max_bytes=max_bytes,
        timeout=timeout,
        user_agent=USER_AGENT,
    )

    def request(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Fetched:
        """Send one request.

        :raises Unreachable: refused before connecting, or broken off on the way.
        """
        deadline = time.monotonic() + timeout
        return _ask(checked_url(url), headers, guards, deadline, method=method, body=body)

    return request


def _follow(url: str, headers: Mapping[str, str], guards: _Guards) -> Fetched:
    deadline = time.monotonic() + guards.timeout
    first = checked_url(url)
    for _ in range(REDIRECTS + 1):
        parts = checked_url(url)
        if parts[:2] != first[:2]:
            headers = {name: text for name, text in headers.items() if name.lower() in _HARMLESS}
        answer = _ask(parts, headers, guards, deadline)
        if answer.status not in _MOVED:
            return answer
        url = urljoin(answer.url, _location(answer))
    raise Unreachable(
        "status", f"It redirects more than {REDIRECTS} times.", _BROWSE, where=_shown(first)
    )


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


# --- before connecting -------------------------------------------------------------------------


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


def _resolved(parts: SplitResult, guards: _Guards) -> list[_Endpoint]:
    """Where the host can be met, all of it allowed: one bad answer among good ones is a trap."""
    host = parts.hostname or ""
    try:
        answers = socket.getaddrinfo(host, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            "dns",
            f"There is no host named {host}.",
            "Look for a typing error in the address.",
            where=_shown(parts),
        ) from error
    endpoints: list[_Endpoint] = list(dict.fromkeys((found[0], found[4]) for found in answers))
    if guards.allow_private or host.lower() in guards.private_hosts:
        return endpoints
    if not all(is_public(str(name[0])) for _, name in endpoints):
        raise Unreachable(
            "private_address",
            f"{host} is in a private network.",
            "Only public addresses are fetched. On an intranet an operator allows others with "
            "BYWAY_ALLOW_PRIVATE_FETCH=1.",
            where=_shown(parts),
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


# --- one request -------------------------------------------------------------------------------


def _ask(
    parts: SplitResult,
    headers: Mapping[str, str],
    guards: _Guards,
    deadline: float,
    *,
    method: str = "GET",
    body: bytes | None = None,
) -> Fetched:
    """Send one request to a judged address and read the answer, all before the deadline."""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    with _told_apart(_shown(parts), deadline), _connected(parts, guards, deadline) as connection:
        with suppress(ConnectionError):  # who does not want all of a body may have said why
            connection.request(method, path, body=body, headers=_headers(headers, guards))
        with closing(connection.getresponse()) as response:
            answer = _body(response, guards.max_bytes, _shown(parts))
            # A stream that was cut at the deadline ends like one that is complete.
            if time.monotonic() >= deadline:
                raise TimeoutError
            return Fetched(
                status=response.status,
                headers=_lower(response.headers),
                body=answer,
                url=parts.geturl(),
            )


def _shown(parts: SplitResult) -> str:
    """The address as people are told it: queries may hold keys."""
    return parts._replace(query="").geturl()


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _headers(headers: Mapping[str, str], guards: _Guards) -> dict[str, str]:
    sent = {"User-Agent": guards.user_agent, "Accept": "*/*"} | dict(headers)
    return sent | {"Accept-Encoding": "gzip", "Connection": "close"}


def _lower(headers: http.client.HTTPMessage) -> dict[str, str]:
    """Lower-case names; folded lines joined, so that a value can be sent back."""
    return {name.lower(): " ".join(str(text).split()) for name, text in headers.items()}


@contextmanager
def _connected(
    parts: SplitResult, guards: _Guards, deadline: float
) -> Iterator[http.client.HTTPConnection]:
    """A connection to the first judged address that answers, cut when the time is over."""
    streams = [_stream(_resolved(parts, guards), deadline)]
    # A server that drips bytes never runs into a socket's own timeout.
    alarm = threading.Timer(max(deadline - time.monotonic(), 0), _cut, [streams])
    alarm.daemon = True
    alarm.start()
    try:
        connection = http.client.HTTPConnection(parts.hostname or "", _port(parts))
        if parts.scheme == "https":
            connection.default_port = 443
            streams.append(secured := _secured(streams[0], parts.hostname or ""))
            secured.do_handshake()
        connection.sock = streams[-1]
        yield connection
    finally:
        alarm.cancel()
        streams[-1].close()


def _stream(endpoints: list[_Endpoint], deadline: float) -> socket.socket:
    """The first that lets us in; nothing is looked up again."""
    failed = OSError("no address")
    for family, name in endpoints:
        stream = socket.socket(family, socket.SOCK_STREAM)
        try:
            stream.settimeout(max(deadline - time.monotonic(), 0.001))
            stream.connect(name)
        except OSError as error:
            stream.close()
            failed = error
        else:
            return stream
    raise failed


def _secured(stream: socket.socket, host: str) -> ssl.SSLSocket:
    """TLS for the name, whatever address the stream goes to; the handshake is still to be done."""
    context = ssl.create_default_context()
    return context.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)


def _cut(streams: list[socket.socket]) -> None:
    """Wake whoever waits for the stream; below TLS, which would wait for the other side."""
    with suppress(OSError):
        socket.socket.shutdown(streams[-1], socket.SHUT_RDWR)


@contextmanager
def _told_apart(where: str, deadline: float) -> Iterator[None]:
    """Say which step failed."""
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        if time.monotonic() >= deadline or isinstance(error, TimeoutError):
            raise Unreachable(
                "timeout", "It took too long to answer.", _LATER, where=where
            ) from error
        raise _broken(error, where) from error


def _broken(error: Exception, where: str) -> Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"Its certificate is not trusted ({error.verify_message})."
        return Unreachable("tls", why, "Have the certificate renewed.", where=where)
    if isinstance(error, ssl.SSLError):
        return Unreachable("tls", f"No secure connection ({error.reason}).", _LATER, where=where)
    if isinstance(error, OSError | http.client.IncompleteRead | http.client.RemoteDisconnected):
        return Unreachable("connect", "The connection failed or broke off.", _LATER, where=where)
    return Unreachable("status", f"The answer is not sound HTTP ({error}).", _LATER, where=where)


# --- the body ----------------------------------------------------------------------------------


def _body(response: http.client.HTTPResponse, max_bytes: int, where: str) -> bytes:
    """Read and unpack, stopping as soon as either side of the packing is too large."""
    unpack = _unpacker(response.getheader("Content-Encoding", ""), where)
    body, received = bytearray(), 0
    while chunk := response.read1(_CHUNK):
        received += len(chunk)
        body += unpack.decompress(chunk, max_bytes + 1 - len(body))
        if received > max_bytes or len(body) > max_bytes:
            raise Unreachable(
                "too_large",
                f"It is larger than {max_bytes} bytes.",
                "Ask the publisher for a shorter one, or upload it in parts.",
                where=where,
            )
    if response.length or (received and not unpack.eof):
        raise http.client.IncompleteRead(bytes(body))
    return bytes(body)


class _Plain:
    """Bytes that were not packed, read like those that were."""

    eof = True

    def decompress(self, chunk: bytes, _limit: int) -> bytes:
        return chunk


def _unpacker(encoding: str, where: str) -> zlib._Decompress | _Plain:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return zlib.decompressobj(zlib.MAX_WBITS | 16)
    raise Unreachable(
        "status", f"The answer is packed in a way not asked for ({encoding}).", _LATER, where=where
    )
