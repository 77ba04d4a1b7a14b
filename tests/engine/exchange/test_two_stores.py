"""Two real servers of our own: what goes round comes home once, and nothing grows."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from exchange_making import a_forward, a_pull, fetch, here, ids, put, said, send, the_forward
from factories import a_statement, headers
from lrs_making import a_void
from xapi_serving import Served, add_key, served

from engine.lrs.keys import NewKey
from engine.lrs.store import Authority

# Ours is in each of the two; the other one is in SQLite.
pytestmark = pytest.mark.both_databases


@dataclass(frozen=True, kw_only=True)
class Other:
    """The other server, and a key to it."""

    server: Served
    key: NewKey

    @property
    def access(self) -> dict[str, Any]:
        """What a forward or a pull is given."""
        url = f"{self.server.url}/xapi"
        return {"url": url, "username": self.key.key, "secret": self.key.secret}

    def send(self, *statements: dict[str, Any]) -> None:
        """Store statements there, as any client does."""
        url = f"{self.server.url}/xapi/statements"
        answer = requests.post(url, json=statements, headers=headers(self.key), timeout=30)
        assert answer.status_code == 200, answer.text

    def found(self, **query: str) -> list[dict[str, Any]]:
        """The statements there, oldest first."""
        url = f"{self.server.url}/xapi/statements"
        asked = {"ascending": "true", **query}
        answer = requests.get(url, params=asked, headers=headers(self.key), timeout=30)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["statements"]
        return found


@pytest.fixture(scope="module")
def instance(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(made_instance, tmp_path_factory.mktemp("other") / "instance"))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Served]:
    with served(instance, workers=1) as found:
        yield found


@pytest.fixture
def other(server: Served, instance: Path) -> Other:
    """The other server with a key of this test's own, which sees what it sent."""
    return Other(server=server, key=add_key(instance, name=str(uuid.uuid4())))


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_statements_arrive(us: Authority, other: Other, version: str) -> None:
    a_forward(**other.access, version=version)
    sent = said(us, count=250)
    send()
    assert ids(other.found(limit="500")) == sent
    assert (the_forward().trouble, the_forward().sent) == (None, 250)


def test_voids_arrive(us: Authority, other: Other) -> None:
    a_forward(**other.access)
    sent = said(us, count=2)
    send()
    [void] = put(a_void(us, uuid.UUID(sent[0])))
    send()
    assert ids(other.found()) == [sent[1], void]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_statements_are_fetched(us: Authority, other: Other, version: str) -> None:
    sent = [a_statement() for _ in range(250)]
    other.send(*sent)
    a_pull(**other.access, version=version)
    assert fetch().new == 250
    assert ids(here()) == ids(sent)


def test_a_circle_does_not_grow(us: Authority, other: Other) -> None:
    theirs = [a_statement() for _ in range(3)]
    other.send(*theirs)
    a_forward(**other.access, audiences=["public", "private"])
    a_pull(**other.access)
    ours = said(us, count=3)
    for _ in range(3):
        send()
        fetch()
    assert sorted(ids(here())) == sorted([*ids(theirs), *ours])
    assert sorted(ids(other.found())) == sorted([*ids(theirs), *ours])
    assert the_forward().sent == 3


def test_a_circle_through_another_name_does_not_grow_either(us: Authority, other: Other) -> None:
    a_forward(**other.access, audiences=["public", "private"])
    named = other.access | {"url": other.access["url"].replace("127.0.0.1", "localhost")}
    a_pull(**named)
    ours = said(us, count=3)
    other.send(a_statement())
    for _ in range(3):
        send()
        fetch()
    assert (len(here()), len(other.found())) == (4, 4)
    assert ids(here())[:3] == ours
