"""Trying a source out: a typed answer for each thing that can be wrong, and nothing written."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from instance_making import (
    SECRET,
    StillPlugin,
    a_certificate,
    a_polled_toy,
    allow_private_fetch,
    answers,
    fails,
    instance,
)
from looking import table_sizes
from pytest_httpserver import HTTPServer
from toy import Toy, add_toy, did, fail

from engine.api import (
    Delivery,
    Fetch,
    Source,
    SourceSettings,
    accepted,
    fields,
    hookimpl,
    read_json,
)
from engine.db import transaction
from engine.sources import instances, trying
from engine.sources.trying import Reply
from engine.sources.trying import ask as asked

pytestmark = pytest.mark.both_databases


class ApiSettings(SourceSettings):
    """Where the interface is, and the key to it."""

    account = fields.String(load_default="", metadata={"identity": True})
    hours = fields.Integer(load_default=0)
    url = fields.String(load_default="")
    key = fields.String(load_default="", metadata={"secret": True})


class Api(Toy):
    """A toy that is asked as plugins are meant to."""

    name = "api"
    title = "Toy interface"
    hosts = ("{url}",)
    settings = ApiSettings

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Fetch the list; its body is the delivery."""
        page = accepted(fetch(settings["url"], {"x-key": settings["key"]}), what="The list")
        if read_json(page.body, what="The list"):
            yield Delivery(body=page.body, cursor="1")


class ApiPlugin:
    """The plugin that brings it."""

    @hookimpl
    def register_sources(self) -> list[Source]:
        return [Api()]


@pytest.fixture
def api(make_app: Any, httpserver: HTTPServer) -> Iterator[HTTPServer]:
    """A system with an interface, and an application with a source, s, that asks it."""
    app: Flask = make_app([("api", ApiPlugin()), ("still", StillPlugin())])
    with app.app_context():
        allow_private_fetch()
        point(httpserver.url_for("/toy"), add=True)
        yield httpserver


def point(url: str, *, add: bool = False) -> None:
    """Let the source ask there."""
    with transaction():
        if add:
            instances.add("api", "s", {"url": url, "key": SECRET}, basis="notice")
        else:
            instances.change(instances.get("s"), {"url": url})


def ask() -> Reply:
    """Try the source out, and see that nothing was written."""
    before = table_sizes()
    reply = asked("s")
    assert table_sizes() == before
    return reply


def test_what_works_says_what_it_would_bring(api: HTTPServer) -> None:
    answers(api, did("a"), did("b", at="2026-09-09T08:00:00+00:00"), fail())
    reply = ask()
    assert (reply.kind, reply.rows, reply.failed) == ("fine", 3, 1)
    assert reply.newest == datetime(2026, 9, 9, 8, tzinfo=UTC)
    assert reply.works


def test_nothing_there_works_too(api: HTTPServer) -> None:
    answers(api)
    assert (ask().kind, ask().works) == ("nothing", True)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(401, "unauthorized", id="a wrong key"),
        pytest.param(403, "forbidden", id="a key without the right"),
        pytest.param(404, "missing", id="a wrong address"),
        pytest.param(429, "rate", id="too often"),
        pytest.param(503, "server", id="a trouble of its own"),
        pytest.param(302, "status", id="a redirect to nowhere"),
    ],
)
def test_a_status_has_its_answer(api: HTTPServer, status: int, kind: str) -> None:
    fails(api, status)
    reply = ask()
    assert (reply.kind, reply.works) == (kind, False)
    assert reply.why
    assert reply.mend


def test_how_long_to_wait_is_told(api: HTTPServer) -> None:
    fails(api, 429, Retry_After="120")
    assert (ask().kind, ask().seconds) == ("rate", 120)


def test_a_page_in_place_of_json_has_its_answer(api: HTTPServer) -> None:
    page = "<!doctype html><title>Sign in</title>"
    api.expect_request("/toy").respond_with_data(page, content_type="text/html")
    assert (ask().kind, ask().where != "") == ("schema", True)


def test_rows_that_all_fail_have_another_form(api: HTTPServer) -> None:
    answers(api, fail("The time is missing."))
    reply = ask()
    assert (reply.kind, reply.why) == ("schema", "The time is missing.")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param("https://no-such-host.invalid/toy", "dns", id="no such host"),
        pytest.param("ftp://toy.example.org/", "bad_url", id="no web address"),
        pytest.param("", "settings", id="no address at all"),
    ],
)
@pytest.mark.usefixtures("api")
def test_an_address_that_cannot_be_asked(url: str, kind: str) -> None:
    point(url)
    assert ask().kind == kind


def test_a_port_where_nobody_listens(api: HTTPServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    point(f"http://127.0.0.1:{port}/toy")
    assert ask().kind == "connect"


def test_an_address_in_a_private_network(toys: Flask, httpserver: HTTPServer) -> None:
    add_toy("s", account="s", url=httpserver.url_for("/toy"))
    assert ask().kind == "private_address"
    assert httpserver.log == []


def test_a_certificate_that_nobody_vouches_for(api: HTTPServer, self_signed: HTTPServer) -> None:
    point(self_signed.url_for("/toy"))
    assert ask().kind == "tls"


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[HTTPServer]:
    """A server with a certificate of its own making."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(a_certificate(tmp_path / "own.pem"))
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        yield server


@pytest.mark.usefixtures("api")
def test_a_source_that_is_given_files_only_has_nothing_to_ask() -> None:
    with transaction():
        instances.add("still", "z", {}, basis="notice")
    reply = trying.ask("z")
    assert (reply.kind, reply.mend) == ("no_door", "Upload its reports.")


def test_the_first_page_is_enough(toys: Flask, httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    assert ask().kind == "fine"
    assert len(httpserver.log) == 1


def test_it_is_asked_as_if_for_the_first_time(toys: Flask, httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    with transaction():
        instances.get("s").cursor = "1"
    ask()
    assert "If-None-Match" not in httpserver.log[0][0].headers
    assert instance().cursor == "1"


def test_every_kind_of_answer_has_words() -> None:
    assert json.dumps(trying.HEADS)
    assert trying.HEADS.keys() >= trying.WORKS
