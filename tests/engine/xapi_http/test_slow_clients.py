"""Clients that take their time: whatever they do, others are answered at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import a_statement
from raw_talking import dripping, head, plain, plug, statuses, talk
from xapi_serving import Served, add_key, served

from engine.lrs.keys import NewKey
from xapi import text

CROWD = 20
AT_ONCE = 4
SPACES = b" " * 2_000_000


@pytest.fixture(scope="module")
def instance(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("slow") / "instance"
    return Path(shutil.copytree(made_instance, directory))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Served]:
    """A server with far fewer threads than slow clients."""
    with served(instance, workers=1) as found:
        yield found


@pytest.fixture(scope="module")
def key(instance: Path) -> NewKey:
    return add_key(instance)


def seconds_to_post(server: Served, key: NewKey) -> float:
    """How long somebody waits who sends a statement."""
    begun = time.monotonic()
    assert talk(server, plain(key, text.dump(a_statement()))) == [200]
    return time.monotonic() - begun


@pytest.mark.parametrize(
    ("lines", "begun", "drop"),
    [
        pytest.param(["Content-Length: 90000"], b"[", b" ", id="a body"),
        pytest.param(["Transfer-Encoding: chunked"], b"1\r\n[\r\n", b"1\r\n \r\n", id="chunks"),
        pytest.param(["Transfer-Encoding: chunked"], b"9", b"0", id="the size of a chunk"),
        pytest.param(["Transfer-Encoding: chunked"], b"0\r\nX: y", b"y", id="trailers"),
        pytest.param(
            ["Content-Length: 90000", "Expect: 100-continue"], b"", b" ", id="a body asked about"
        ),
        pytest.param(["Content-Length: 9000000"], SPACES, b" ", id="the rest of a large body"),
        pytest.param(["Content-Length: 99000000"], b"[", b" ", id="a body beyond the limit"),
        pytest.param(["Connection: close", "Content-Length: 2"], b"[]", b" ", id="a farewell"),
    ],
)
def test_slow_body_keeps_nobody_waiting(
    server: Served, key: NewKey, lines: list[str], begun: bytes, drop: bytes
) -> None:
    with dripping(server, CROWD, head(key, *lines) + begun, drop):
        assert seconds_to_post(server, key) < AT_ONCE
        assert seconds_to_post(server, key) < AT_ONCE


@pytest.mark.parametrize(
    ("begun", "drop"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"POST /xapi", b"i", id="a request line"),
        pytest.param(b"GET / HTTP/1.1\r\nX: y", b"y", id="a header"),
        pytest.param(b"\x16\x03\x01\x02\x00", b"\x01", id="no HTTP at all"),
    ],
)
def test_slow_head_keeps_nobody_waiting(
    server: Served, key: NewKey, begun: bytes, drop: bytes
) -> None:
    with dripping(server, CROWD, begun, drop):
        assert seconds_to_post(server, key) < AT_ONCE
        assert seconds_to_post(server, key) < AT_ONCE


def test_slow_client_is_served_in_the_end(server: Served, key: NewKey) -> None:
    with plug(server) as connection:
        for byte in plain(key, text.dump(a_statement())):
            connection.sendall(bytes([byte]))
        assert statuses(connection.recv(1000)) == [200]
