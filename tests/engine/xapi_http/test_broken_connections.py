"""Requests that end early, lie about their length, or are followed by something else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from document_making import STATE
from factories import a_statement
from fuzz_making import Chance
from raw_talking import chunked, hang_up, head, heard, plain, plug, rest, statuses, talk
from xapi_serving import Served, add_key, served

from engine.lrs.keys import NewKey
from xapi import text

LIMIT = 20_000
NOTE = f"{STATE.path}?{urlencode(STATE.about | {'stateId': 'note'})}"
UNKNOWN_CODING = 501  # the one that RFC 9112 6.1 asks for


@pytest.fixture(scope="module")
def instance(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("broken") / "instance"
    return Path(shutil.copytree(made_instance, directory))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BYWAY_MAX_BODY", str(LIMIT))
        with served(instance, workers=1) as found:
            yield found


@pytest.fixture(scope="module")
def key(instance: Path) -> NewKey:
    return add_key(instance)


@pytest.fixture
def statement() -> dict[str, Any]:
    return a_statement()


def stored(server: Served, key: NewKey) -> bytes:
    """The newest statements of the key, as they are answered."""
    return heard(server, head(key, method="GET")).partition(b"\r\n\r\n")[2]


def is_stored(server: Served, key: NewKey, statement: dict[str, Any]) -> bool:
    return statement["id"].encode() in stored(server, key)


@pytest.mark.parametrize("cut", [1, 40])
def test_whoever_hangs_up_half_way_stores_nothing(
    server: Served, key: NewKey, statement: dict[str, Any], cut: int
) -> None:
    hang_up(server, plain(key, text.dump(statement))[:-cut])
    hang_up(server, chunked(key, b"%x\r\n%b" % (900, text.dump(statement))))
    assert not is_stored(server, key, statement)


def test_half_a_document_is_not_kept(server: Served, key: NewKey) -> None:
    hang_up(server, plain(key, b"half and half", method="PUT", path=NOTE)[:-9])
    assert talk(server, plain(key, b"half and half", method="PUT", path=NOTE)[:-9]) == [400]
    assert talk(server, head(key, method="GET", path=NOTE)) == [404]


def test_whole_statement_in_a_body_that_should_be_longer_is_refused(
    server: Served, key: NewKey, statement: dict[str, Any]
) -> None:
    body = text.dump(statement)
    assert talk(server, head(key, f"Content-Length: {len(body) + 1}") + body) == [400]
    assert not is_stored(server, key, statement)


def test_body_longer_than_it_says_is_cut_there(
    server: Served, key: NewKey, statement: dict[str, Any]
) -> None:
    body = text.dump(statement)
    assert talk(server, head(key, f"Content-Length: {len(body) - 1}") + body)[0] == 400
    assert not is_stored(server, key, statement)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Content-Length: -1"], id="below zero"),
        pytest.param(["Content-Length: +9"], id="with a sign"),
        pytest.param(["Content-Length: nine"], id="no number"),
        pytest.param([f"Content-Length: {'9' * 5000}"], id="five thousand digits"),
        pytest.param(["Content-Length: 2", "Content-Length: 3"], id="two lengths"),
        pytest.param(["Content-Length: 2", "Transfer-Encoding: chunked"], id="length and chunks"),
        pytest.param(["Transfer-Encoding: chunked, chunked"], id="chunks of chunks"),
    ],
)
def test_length_that_is_none_is_refused(server: Served, key: NewKey, lines: list[str]) -> None:
    assert talk(server, head(key, *lines) + b"[]")[0] == 400


def test_body_in_chunks_is_taken(server: Served, key: NewKey, statement: dict[str, Any]) -> None:
    first, rest = text.dump(statement)[:100], text.dump(statement)[100:]
    body = b"64\r\n%b\r\n%x;a=b\r\n%b\r\n0\r\nX: y\r\n\r\n" % (first, len(rest), rest)
    assert talk(server, chunked(key, body)) == [200]
    assert is_stored(server, key, statement)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"zz\r\n%b\r\n0\r\n\r\n", id="a size that is none"),
        pytest.param(b"-9\r\n%b\r\n0\r\n\r\n", id="a size below zero"),
        pytest.param(b"\r\n%b\r\n0\r\n\r\n", id="no size"),
        pytest.param(b"ffffffffffffffffff\r\n%b", id="a size beyond all"),
        pytest.param(b"9\r\n%b\r\n0\r\n\r\n", id="too small a size"),
        pytest.param(b"%b" + b"a" * 17_000, id="a size without end"),
        pytest.param(b"2\r\n[]\r\n0\r\nbad trailer\r\n\r\n%b", id="a trailer that is none"),
        pytest.param(b"2;\x00\r\n[]\r\n0\r\n\r\n%b", id="an extension that is none"),
    ],
)
def test_chunks_out_of_order_are_refused(
    server: Served, key: NewKey, statement: dict[str, Any], frame: bytes
) -> None:
    assert talk(server, chunked(key, frame % text.dump(statement)))[0] == 400
    assert not is_stored(server, key, statement)


def test_too_large_a_body_is_refused_before_it_comes(server: Served, key: NewKey) -> None:
    asking = head(key, f"Content-Length: {LIMIT + 1}", "Expect: 100-continue")
    with plug(server) as connection:
        connection.sendall(asking)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Send smaller batches" in answer


def test_too_large_a_body_in_chunks_is_refused(server: Served, key: NewKey) -> None:
    chunk = b"3e8\r\n" + b" " * 1000 + b"\r\n"
    assert talk(server, chunked(key, chunk * 50 + b"0\r\n\r\n"))[0] == 413


def test_body_that_is_nearly_all_frames_is_refused(server: Served, key: NewKey) -> None:
    chunk = b"1;" + b"a" * 8000 + b"\r\n \r\n"
    assert talk(server, chunked(key, chunk * 50 + b"0\r\n\r\n"))[0] == 413


def test_whoever_asks_first_is_told_to_go_on_and_stores(
    server: Served, key: NewKey, statement: dict[str, Any]
) -> None:
    body = text.dump(statement)
    with plug(server) as connection:
        connection.sendall(head(key, f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert statuses(connection.recv(1000)) == [200]


def test_another_expectation_is_refused(server: Served, key: NewKey) -> None:
    assert talk(server, head(key, "Content-Length: 2", "Expect: tea") + b"[]") == [417]


def test_garbage_behind_a_request_does_not_spoil_it(
    server: Served, key: NewKey, statement: dict[str, Any]
) -> None:
    sent = plain(key, text.dump(statement)) + b"\x00GARBAGE\r\n\r\n"
    assert talk(server, sent) == [200, 400]
    assert is_stored(server, key, statement)


def test_requests_one_behind_the_other_are_answered_in_order(
    server: Served, key: NewKey, statement: dict[str, Any]
) -> None:
    good, bad = plain(key, text.dump(statement)), plain(key, b"[7]")
    assert talk(server, good + bad + good + chunked(key, b"2\r\n[]\r\n0\r\n\r\n")) == [
        *(200, 400, 200, 200)
    ]


def changed(key: NewKey, seed: int) -> Iterator[bytes]:
    """Requests that store nothing as they are, changed at random."""
    chance = Chance(seed, key)
    for _ in range(60):
        yield chance.bytes(plain(key, b"{" + text.dump(a_statement())))
        yield chance.bytes(chunked(key, b"3\r\n[7]\r\n0\r\n\r\n"))
        yield chance.bytes(head(key, "Accept-Language: en", "If-None-Match: *", method="GET"))
        yield chance.bytes(head(key, "Origin: null", method="OPTIONS"))
        yield chance.bytes(plain(key, b"half", method="PUT", path=NOTE))


@pytest.mark.parametrize("seed", range(4))
def test_no_bytes_make_the_server_fail(server: Served, key: NewKey, seed: int) -> None:
    before = stored(server, key)
    found = {status for sent in changed(key, seed) for status in talk(server, sent)}
    assert {status for status in found if status >= 500} <= {UNKNOWN_CODING}
    assert stored(server, key) == before
