"""Clients as they are against the server as it is: tincan and curl over loopback."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from factories import ATTENDED, a_statement
from tincan import Activity, Agent, RemoteLRS, Statement, Verb
from xapi_serving import Served, add_key, served

from engine.lrs.keys import NewKey

ANN = Agent(mbox="mailto:ann@example.org")


@pytest.fixture(scope="module")
def instance(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("served") / "instance"
    return Path(shutil.copytree(made_instance, directory))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Served]:
    with served(instance) as found:
        yield found


@pytest.fixture
def key(instance: Path) -> NewKey:
    """A key of this test's own: it reads only what it sent."""
    return add_key(instance)


@pytest.fixture
def lrs(server: Served, key: NewKey) -> RemoteLRS:
    return RemoteLRS(endpoint=server.endpoint, username=key.key, password=key.secret)


def a_tincan_statement(number: int = 1, **members: Any) -> Statement:
    return Statement(
        actor=ANN,
        verb=Verb(id=ATTENDED),
        object=Activity(id=f"https://events.example.org/{number}"),
        **members,
    )


def test_tincan_asks_about(lrs: RemoteLRS) -> None:
    answer = lrs.about()
    assert answer.success
    assert answer.content.version == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]


@pytest.mark.parametrize("version", ["1.0.3", "1.0.2", "1.0.1", "1.0.0"])
def test_tincan_saves_and_retrieves_one(lrs: RemoteLRS, version: str) -> None:
    lrs.version = version
    saved = lrs.save_statement(a_tincan_statement())
    assert saved.success
    read = lrs.retrieve_statement(saved.content.id)
    assert read.content.actor.mbox == ANN.mbox
    assert read.content.stored is not None


def test_tincan_saves_under_an_id_of_its_own_twice(lrs: RemoteLRS) -> None:
    statement = a_tincan_statement(id=str(uuid.uuid4()))
    assert lrs.save_statement(statement).success
    assert lrs.save_statement(statement).success
    assert len(lrs.query_statements({}).content.statements) == 1


def test_tincan_is_told_of_a_conflict(lrs: RemoteLRS) -> None:
    sid = str(uuid.uuid4())
    lrs.save_statement(a_tincan_statement(1, id=sid))
    answer = lrs.save_statement(a_tincan_statement(2, id=sid))
    assert (answer.success, answer.response.status) == (False, 409)


def test_tincan_saves_many_and_follows_more(lrs: RemoteLRS) -> None:
    saved = lrs.save_statements([a_tincan_statement(number) for number in range(5)])
    sent = [statement.id for statement in saved.content]
    first = lrs.query_statements({"limit": 3, "ascending": True})
    second = lrs.more_statements(first.content)
    assert [s.id for s in first.content.statements] == sent[:3]
    assert [s.id for s in second.content.statements] == sent[3:]
    assert second.content.more == ""


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param({"agent": ANN}, 2, id="agent"),
        pytest.param({"agent": Agent(mbox="mailto:bo@example.org")}, 0, id="another agent"),
        pytest.param({"verb": Verb(id=ATTENDED)}, 2, id="verb"),
        pytest.param({"activity": Activity(id="https://events.example.org/1")}, 1, id="activity"),
        pytest.param({"agent": ANN, "related_agents": True}, 2, id="related agents"),
        pytest.param({"since": datetime(2020, 1, 1)}, 2, id="since"),  # noqa: DTZ001 - as people write it
        pytest.param({"until": "2020-01-01T00:00:00Z"}, 0, id="until"),
        pytest.param({"limit": 1}, 1, id="limit"),
    ],
)
def test_tincan_queries(lrs: RemoteLRS, query: dict[str, Any], count: int) -> None:
    lrs.save_statements([a_tincan_statement(1), a_tincan_statement(2)])
    answer = lrs.query_statements(query)
    assert answer.success
    assert len(answer.content.statements) == count


def test_tincan_with_a_wrong_secret_is_refused(lrs: RemoteLRS, server: Served) -> None:
    stranger = RemoteLRS(endpoint=server.endpoint, username="nobody", password="wrong")
    assert stranger.query_statements({}).response.status == 401


def curl(key: NewKey, url: str, *more: str, body: bytes | None = None) -> tuple[int, bytes]:
    """The status and body that curl gets."""
    command = ["curl", "-sS", "-u", f"{key.key}:{key.secret}", "-w", "\n%{http_code}"]
    command += ["-H", "X-Experience-API-Version: 2.0.0", *more, url]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
    answer = subprocess.run(command, input=body, capture_output=True, check=True).stdout
    text, _, status = answer.rpartition(b"\n")
    return int(status), text


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@needs_curl
def test_curl_writes_and_reads_back(server: Served, key: NewKey) -> None:
    statement = a_statement()
    url = f"{server.endpoint}statements"
    posted = curl(key, url, body=orjson.dumps(statement))
    assert posted == (200, orjson.dumps([statement["id"]]))
    status, text = curl(key, f"{url}?statementId={statement['id']}")
    assert status == 200
    assert orjson.loads(text)["actor"] == statement["actor"]


@needs_curl
def test_curl_puts(server: Served, key: NewKey) -> None:
    statement = a_statement()
    url = f"{server.endpoint}statements?statementId={statement['id']}"
    assert curl(key, url, "-X", "PUT", body=orjson.dumps(statement)) == (204, b"")


@needs_curl
def test_curl_waits_for_nothing_before_a_large_body(server: Served, key: NewKey) -> None:
    batch = [a_statement() for _ in range(5000)]
    status, text = curl(key, f"{server.endpoint}statements", body=orjson.dumps(batch))
    assert status == 200
    assert orjson.loads(text) == [statement["id"] for statement in batch]


@needs_curl
def test_a_body_sent_in_pieces_without_its_length_is_read(server: Served, key: NewKey) -> None:
    body = orjson.dumps(a_statement())
    chunked = ["-H", "Transfer-Encoding: chunked"]
    assert curl(key, f"{server.endpoint}statements", *chunked, body=body)[0] == 200


@needs_curl
@pytest.mark.parametrize(
    "more",
    [
        pytest.param((), id="with its length"),
        pytest.param(("-H", "Transfer-Encoding: chunked"), id="without its length"),
    ],
)
def test_a_body_over_the_limit_is_refused_while_it_is_read(
    server: Served, key: NewKey, more: tuple[str, ...]
) -> None:
    body = b"[" + b" " * (33 * 1024 * 1024) + b"]"
    status, text = curl(key, f"{server.endpoint}statements", *more, body=body)
    assert status == 413
    assert orjson.loads(text)["fix"] == "Send smaller batches."


@needs_curl
def test_nothing_is_redirected(server: Served, key: NewKey) -> None:
    body = orjson.dumps(a_statement())
    assert curl(key, f"{server.url}/xAPI/statements/", body=body)[0] == 200
    assert curl(key, f"{server.url}/xapi//statements", body=body)[0] == 200
