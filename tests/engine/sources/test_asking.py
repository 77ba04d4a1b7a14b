"""Asking a system: who can be asked, and that no host is called which a plugin does not declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from instance_making import allow_private_fetch
from pytest_httpserver import HTTPServer
from toy import Toy

from engine.api import Delivery, Fetch, Source, SourceSettings, fields
from engine.db import transaction
from engine.errors import Refused
from engine.fetcher import Unreachable
from engine.sources import doors, instances
from engine.sources.asking import can_ask, fetch_for, hosts_of
from engine.sources.models import SourceInstance


class PlaceSettings(SourceSettings):
    """An address with a default, one without, a list of them, a key."""

    api = fields.Url(load_default="https://api.example.org", require_tld=False)
    url = fields.String(load_default="")
    feeds = fields.String(load_default="")
    key = fields.String(load_default="", metadata={"secret": True})


class Place(Toy):
    """A toy whose hosts differ from test to test."""

    settings = PlaceSettings

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        yield from ()


def a_place(*hosts: str) -> Source:
    """A kind of source that declares these hosts."""
    return type("Placed", (Place,), {"hosts": hosts})()


def an_instance(sealed: bytes | None = None, **settings: str) -> SourceInstance:
    return SourceInstance(name="s", plugin="place", settings=settings, sealed=sealed)


@pytest.mark.parametrize(
    ("hosts", "given", "found"),
    [
        pytest.param(("API.example.org",), {}, {"api.example.org"}, id="a host by its name"),
        pytest.param(
            ("{url}",), {"url": "https://A.example/x"}, {"a.example"}, id="that of a setting"
        ),
        pytest.param(("{url}",), {"url": "a.example:80/x"}, {"a.example"}, id="no scheme"),
        pytest.param(("{url}",), {"url": ""}, set(), id="nothing set"),
        pytest.param(("{url}",), {"url": "http://[::"}, set(), id="no address"),
        pytest.param(("{url}",), {"url": "http://ü.example"}, {"xn--tda.example"}, id="Unicode"),
        pytest.param(
            ("{feeds}",),
            {"feeds": 'one https://a.example/f\n<outline xmlUrl="https://b.example/f"/>'},
            {"a.example", "b.example"},
            id="a list in a text",
        ),
        pytest.param((), {"url": "https://a.example/x"}, {"a.example"}, id="none declared"),
    ],
)  # fmt: skip
def test_the_hosts_of_an_instance(
    hosts: tuple[str, ...], given: dict[str, str], found: set[str]
) -> None:
    assert hosts_of(a_place(*hosts), given) == found


@pytest.mark.parametrize(
    ("hosts", "instance", "asks"),
    [
        pytest.param((), an_instance(url="https://a.example"), True, id="an address"),
        pytest.param((), an_instance(), False, id="no address"),
        pytest.param(("{url}", "{feeds}"), an_instance(feeds="x"), True, id="one of two"),
        pytest.param(("{api}",), an_instance(), True, id="an address by default"),
        pytest.param(("api.example.org",), an_instance(), False, id="no key"),
        pytest.param(("api.example.org",), an_instance(sealed=b"x"), True, id="a key"),
        pytest.param(("{gone}",), an_instance(), False, id="a setting that is none"),
    ],
)
def test_who_can_be_asked(hosts: tuple[str, ...], instance: SourceInstance, asks: bool) -> None:
    assert can_ask(a_place(*hosts), instance) == asks


def test_a_plugin_that_is_not_there_is_not_asked() -> None:
    assert not can_ask(None, an_instance(url="https://a.example"))


@pytest.mark.usefixtures("app")
def test_no_other_host_is_called(httpserver: HTTPServer) -> None:
    allow_private_fetch()
    fetch = fetch_for(a_place("{url}"), {"url": "https://a.example"})
    with pytest.raises(Unreachable) as refusal:
        fetch(httpserver.url_for("/x"))
    assert refusal.value.kind == "foreign_host"
    assert httpserver.log == []


@pytest.mark.usefixtures("app")
def test_no_other_host_is_called_by_a_redirect(httpserver: HTTPServer) -> None:
    allow_private_fetch()
    httpserver.expect_request("/x").respond_with_data(
        "", status=302, headers={"Location": "http://other.example/y"}
    )
    fetch = fetch_for(a_place("{url}"), {"url": httpserver.url_for("/x")})
    with pytest.raises(Unreachable, match=r"other\.example is not one of the hosts"):
        fetch(httpserver.url_for("/x"))


def test_a_poll_is_fenced_in(toys: Flask, httpserver: HTTPServer) -> None:
    allow_private_fetch()
    with transaction():
        instances.change(instances.get("t"), {"url": httpserver.url_for("/toy")})
    httpserver.expect_request("/toy").respond_with_data(
        "", status=302, headers={"Location": "http://other.example/toy"}
    )
    with pytest.raises(Refused, match="not one of the hosts"):
        doors.poll("t")
