"""What only a real server shows: connections, lengths, and clients that wait."""

from __future__ import annotations

import http.client
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from factories import a_statement, headers
from xapi_serving import Served, add_key, served

from engine.lrs.keys import NewKey
from xapi import text

STATEMENTS = "/xapi/statements"


@pytest.fixture(scope="module")
def instance(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("served") / "instance"
    return Path(shutil.copytree(made_instance, directory))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Served]:
    with served(instance) as found:
        yield found


@pytest.fixture(scope="module")
def key(instance: Path) -> NewKey:
    return add_key(instance)


@pytest.fixture
def connection(server: Served) -> Iterator[http.client.HTTPConnection]:
    """One connection that is kept open and does not wait for long."""
    found = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    yield found
    found.close()


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes,
    sent: dict[str, str],
) -> tuple[int, bytes]:
    connection.request(method, path, body=body or None, headers=sent)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_tunnelled_head_leaves_the_connection_as_it_should(
    connection: http.client.HTTPConnection, key: NewKey
) -> None:
    form = urlencode(headers(key)).encode()
    assert ask(connection, "POST", STATEMENTS + "?method=HEAD", form, {}) == (200, b"")
    assert ask(connection, "GET", "/xapi/about", b"", {})[0] == 200


def test_a_preflight_leaves_the_connection_as_it_should(
    connection: http.client.HTTPConnection,
) -> None:
    assert ask(connection, "OPTIONS", STATEMENTS, b"", {}) == (204, b"")
    assert ask(connection, "GET", "/xapi/about", b"", {})[0] == 200


def test_a_tunnelled_put_stores(connection: http.client.HTTPConnection, key: NewKey) -> None:
    statement = a_statement()
    content = {"content": text.dump(statement).decode(), "statementId": statement["id"]}
    form = urlencode(headers(key) | content).encode()
    assert ask(connection, "POST", STATEMENTS + "?method=PUT", form, {}) == (204, b"")


def test_a_tunnelled_form_without_its_length_is_read(
    connection: http.client.HTTPConnection, key: NewKey
) -> None:
    pieces = [urlencode(headers(key)).encode(), b"&limit=1"]
    connection.request("POST", STATEMENTS + "?method=GET", body=iter(pieces), encode_chunked=True)
    assert connection.getresponse().status == 200


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_neither_body_nor_length_is_a_refusal(server: Served, key: NewKey, method: str) -> None:
    sent = "".join(f"{name}: {value}\r\n" for name, value in headers(key).items())
    answer = talk(server, f"{method} {STATEMENTS} HTTP/1.1\r\nHost: x\r\n{sent}\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_client_that_waits_for_a_word_before_its_body_gets_it(
    server: Served, key: NewKey
) -> None:
    sent = "".join(f"{name}: {value}\r\n" for name, value in headers(key).items())
    wait = "Expect: 100-continue\r\nContent-Length: 2\r\n"
    head = f"POST {STATEMENTS} HTTP/1.1\r\nHost: x\r\n{sent}{wait}\r\n"
    assert talk(server, head).startswith(b"HTTP/1.1 100 ")


def talk(server: Served, head: str) -> bytes:
    """The first that the server says to the head of a request, while the body is held back."""
    at = urlsplit(server.url)
    with socket.create_connection((at.hostname, at.port), timeout=5) as plug:
        plug.sendall(head.encode())
        return plug.recv(1000)
