"""One real server for all tests of real clients, and keys on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client_replays import MakeWire, Wire
from factories import headers
from xapi_serving import Served, add_key, served

from engine.cli.clients import CLIENTS
from engine.lrs.keys import NewKey
from engine.lrs.rights import Change


@pytest.fixture(scope="package")
def real_instance(made_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance behind the real server."""
    directory = tmp_path_factory.mktemp("real") / "instance"
    return Path(shutil.copytree(made_instance, directory))


@pytest.fixture(scope="package")
def real_server(real_instance: Path) -> Iterator[Served]:
    """A server that outlives one test; each test has a key of its own, which sees only its own."""
    with served(real_instance) as found:
        yield found


@pytest.fixture
def real_key(real_instance: Path) -> NewKey:
    """A key of this test's own."""
    return add_key(real_instance)


@pytest.fixture
def make_wire(real_instance: Path, real_server: Served) -> MakeWire:
    """Make connections with a new key each, as `a_key` takes its properties."""

    def make(**given: Any) -> Wire:
        authorization = headers(add_key(real_instance, **given))["Authorization"]
        return Wire(url=real_server.url, authorization=authorization)

    return make


@pytest.fixture
def wire(make_wire: MakeWire) -> Wire:
    """A connection with a key of this test's own."""
    return make_wire()


@pytest.fixture
def wire_of(make_wire: MakeWire) -> Callable[[str], Wire]:
    """Make connections with the key that `byway keys create --for` makes for a system."""

    def make(system: str) -> Wire:
        client = CLIENTS[system]
        change = Change(dedupe=client.dedupe)
        return make_wire(name=system, scopes=(), browser=client.in_browser, more=change)

    return make


@pytest.fixture
def operator(make_wire: MakeWire) -> Wire:
    """A connection that reads whatever anybody stored."""
    return make_wire(scopes=("all/read",), reads="all")
