"""One request to one judged address, read within its bounds of size and time."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from urllib.parse import SplitResult

from engine.api import Fetched
from engine.fetcher.addresses import (
    Endpoint,
    Guards,
    Unreachable,
    port_of,
    resolved,
    shown_address,
)

_CHUNK = 65_536
LATER = "Try again later; if it stays, ask whoever runs the server."


def ask(
    parts: SplitResult,
    headers: Mapping[str, str],
    guards: Guards,
    deadline: float,
    *,
    method: str = "GET",
    body: bytes | None = None,
) -> Fetched:
    """Send one request to a judged address and read the answer, all before the deadline."""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    with (
        _told_apart(shown_address(parts), deadline),
        _connected(parts, guards, deadline) as connection,
    ):
        with suppress(ConnectionError):  # who does not want all of a body may have said why
            connection.request(method, path, body=body, headers=_headers(headers, guards))
        with closing(connection.getresponse()) as response:
            answer = _body(response, guards.max_bytes, shown_address(parts))
            # A stream that was cut at the deadline ends like one that is complete.
            if time.monotonic() >= deadline:
                raise TimeoutError
            return Fetched(
                status=response.status,
                headers=_lower(response.headers),
                body=answer,
                url=parts.geturl(),
            )


def _headers(headers: Mapping[str, str], guards: Guards) -> dict[str, str]:
    sent = {"User-Agent": guards.user_agent, "Accept": "*/*"} | dict(headers)
    return sent | {"Accept-Encoding": "gzip", "Connection": "close"}


def _lower(headers: http.client.HTTPMessage) -> dict[str, str]:
    """Lower-case names; folded lines joined, so that a value can be sent back."""
    return {name.lower(): " ".join(str(text).split()) for name, text in headers.items()}


@contextmanager
def _connected(
    parts: SplitResult, guards: Guards, deadline: float
) -> Iterator[http.client.HTTPConnection]:
    """A connection to the first judged address that answers, cut when the time is over."""
    streams = [_stream(resolved(parts, guards), deadline)]
    # A server that drips bytes never runs into a socket's own timeout.
    alarm = threading.Timer(max(deadline - time.monotonic(), 0), _cut, [streams])
    alarm.daemon = True
    alarm.start()
    try:
        connection = http.client.HTTPConnection(parts.hostname or "", port_of(parts))
        if parts.scheme == "https":
            connection.default_port = 443
            streams.append(secured := _secured(streams[0], parts.hostname or ""))
            secured.do_handshake()
        connection.sock = streams[-1]
        yield connection
    finally:
        alarm.cancel()
        streams[-1].close()


def _stream(endpoints: list[Endpoint], deadline: float) -> socket.socket:
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
                "timeout", "It took too long to answer.", LATER, where=where
            ) from error
        raise _broken(error, where) from error


def _broken(error: Exception, where: str) -> Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"Its certificate is not trusted ({error.verify_message})."
        return Unreachable("tls", why, "Have the certificate renewed.", where=where)
    if isinstance(error, ssl.SSLError):
        return Unreachable("tls", f"No secure connection ({error.reason}).", LATER, where=where)
    if isinstance(error, OSError | http.client.IncompleteRead | http.client.RemoteDisconnected):
        return Unreachable("connect", "The connection failed or broke off.", LATER, where=where)
    return Unreachable("status", f"The answer is not sound HTTP ({error}).", LATER, where=where)


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
        "status", f"The answer is packed in a way not asked for ({encoding}).", LATER, where=where
    )
