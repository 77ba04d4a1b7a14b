"""Requests as bytes on a connection, for what no client would send."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread
from urllib.parse import urlsplit

from factories import headers
from xapi_making import STATEMENTS
from xapi_serving import Served

from engine.lrs.keys import NewKey

GONE = (ConnectionError, TimeoutError)


def head(key: NewKey, *lines: str, method: str = "POST", path: str = STATEMENTS) -> bytes:
    """The head of a request with the usual headers, and others."""
    usual = [f"{name}: {value}" for name, value in headers(key).items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *usual, *lines, "", ""]).encode()


def plain(key: NewKey, body: bytes, **given: str) -> bytes:
    """A request with a body of the length it says."""
    return head(key, f"Content-Length: {len(body)}", **given) + body


def chunked(key: NewKey, body: bytes, **given: str) -> bytes:
    """A request whose body comes in chunks, given as they are."""
    return head(key, "Transfer-Encoding: chunked", **given) + body


def plug(server: Served, timeout: float = 10) -> socket.socket:
    """A connection."""
    at = urlsplit(server.url)
    return socket.create_connection((at.hostname, at.port), timeout=timeout)


def talk(server: Served, sent: bytes) -> list[int]:
    """The statuses of the answers to what is all that the client sends."""
    return statuses(heard(server, sent))


def heard(server: Served, sent: bytes) -> bytes:
    """All that comes back."""
    with plug(server) as connection:
        with suppress(*GONE):  # whoever refuses early need not read all of it
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        return rest(connection)


def rest(connection: socket.socket) -> bytes:
    """All that is said until the end."""
    answer = b""
    with suppress(*GONE):
        while piece := connection.recv(65536):
            answer += piece
    return answer


def statuses(answer: bytes) -> list[int]:
    """The final statuses in what came back."""
    found = re.findall(rb"HTTP/1\.\d (\d{3}) ", answer)
    return [int(status) for status in found if status != b"100"]


def hang_up(server: Served, sent: bytes) -> None:
    """Send something and be gone."""
    with plug(server) as connection:
        connection.sendall(sent)


@contextmanager
def dripping(server: Served, count: int, start: bytes, drop: bytes) -> Iterator[None]:
    """Clients that have begun, and go on with a drop now and then, until the block ends."""
    with ExitStack() as open_ones:
        plugs = [open_ones.enter_context(plug(server)) for _ in range(count)]
        for one in plugs:
            one.sendall(start)
        stop = Event()
        drip = Thread(target=_drip, args=(plugs, drop, stop))
        drip.start()
        try:
            yield
        finally:
            stop.set()
            drip.join()


def _drip(plugs: list[socket.socket], drop: bytes, stop: Event) -> None:
    while not stop.wait(0.1):
        for one in plugs:
            try:
                one.send(drop)
            except GONE:
                plugs.remove(one)
                break
