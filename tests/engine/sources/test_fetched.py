"""Previews of a fetch: what a poll would bring, with nothing recorded and nothing moved on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from instance_making import SECRET, a_polled_toy, allow_private_fetch, answers, fails, instance
from looking import table_sizes
from pytest_httpserver import HTTPServer
from toy import Toy, add_toy, did, fail, file

from engine.api import Delivery, Source, hookimpl
from engine.db import db, transaction
from engine.errors import Refused
from engine.sources import doors, fetched, instances, lines, runs

pytestmark = pytest.mark.both_databases


class Paged(Toy):
    """A toy whose system answers page by page; pages of one talk belong together."""

    name = "paged"
    title = "Paged toy"

    def poll(
        self, cursor: str | None, fetch: Any, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        number = int(cursor or 0)
        while (page := fetch(f"{settings['url']}/{number}")).status == 200:
            number += 1
            bundle = page.headers.get("x-bundle")
            yield Delivery(body=page.body, bundle=bundle, uid=f"p{number}", cursor=str(number))


class PagedPlugin:
    @hookimpl
    def register_sources(self) -> list[Source]:
        return [Paged()]


@pytest.fixture
def paged(make_app: Callable[..., Flask], httpserver: HTTPServer) -> Iterator[SimpleNamespace]:
    """A source whose pages a test puts into its system."""
    with make_app([("paged", PagedPlugin())]).app_context():
        allow_private_fetch()
        with transaction():
            given = {"url": httpserver.url_for("/p"), "account": "p", "secret": SECRET}
            instances.add("paged", "p", given, basis="notice")

        def put(*pages: bytes, **headers: str) -> None:
            httpserver.clear()
            for number, body in enumerate(pages):
                page = httpserver.expect_request(f"/p/{number}")
                page.respond_with_data(
                    body, headers={k.replace("_", "-"): v for k, v in headers.items()}
                )
            httpserver.expect_request(f"/p/{len(pages)}").respond_with_data("", status=404)

        yield SimpleNamespace(put=put)
        db.session.remove()


@pytest.mark.usefixtures("toys")
def test_it_comes_to_what_a_poll_records_and_writes_nothing(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a", minutes=30), did("b"), fail())
    before, cursor = table_sizes(), instance().cursor
    shown = fetched.preview("s")
    assert (table_sizes(), instance().cursor, instance().polled_at) == (before, cursor, None)
    told = doors.poll("s")
    assert shown.report.counts == told.counts
    assert shown.is_whole
    ids = sorted(one["id"] for one in shown.report.statements)
    assert ids == sorted(one["id"] for one in told.statements)
    assert len(ids) == 2


@pytest.mark.usefixtures("toys")
def test_only_what_is_new_is_shown(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    doors.poll("s")
    httpserver.clear()
    httpserver.expect_request("/toy", headers={"If-None-Match": "1"}).respond_with_data(
        "", status=304
    )
    assert fetched.preview("s").deliveries == {}


@pytest.mark.usefixtures("toys")
def test_a_refusal_is_told_and_not_noted(httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    fails(httpserver)
    with pytest.raises(Refused, match="It answered 500"):
        fetched.preview("s")
    assert instance().trouble is None


def test_pages_are_tried_one_after_the_other(paged: SimpleNamespace) -> None:
    paged.put(file(did("a")).body, file(did("b"), did("a", minutes=5)).body)
    report = fetched.preview("p").report
    assert (report.rows, report.counts["new"], report.counts["corrected"]) == (3, 2, 1)
    assert report.counts == doors.poll("p").counts


def test_pages_of_one_bundle_add_up(paged: SimpleNamespace) -> None:
    paged.put(file(did("a", minutes=10)).body, file(did("a", minutes=5)).body, x_bundle="talk")
    shown = fetched.preview("p").report
    assert "PT15M" in {one["result"]["duration"] for one in shown.statements if "result" in one}
    assert shown.counts == doors.poll("p").counts


def test_what_came_before_is_not_shown_again(paged: SimpleNamespace) -> None:
    paged.put(file(did("a")).body)
    doors.poll("p")
    paged.put(file(did("a")).body, file(did("b")).body)
    assert [one.uid for one in fetched.preview("p").deliveries.values()] == ["p2"]


def test_of_many_pages_the_first_are_shown(
    paged: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetched, "MOST", 2)
    paged.put(*(file(did(key)).body for key in "abc"))
    shown = fetched.preview("p")
    assert (len(shown.deliveries), shown.is_whole, shown.report.counts["new"]) == (2, False, 2)


def test_used_up_requests_show_what_came(
    paged: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetched, "REQUESTS", 2)
    paged.put(*(file(did(key)).body for key in "abc"))
    shown = fetched.preview("p")
    assert (len(shown.deliveries), shown.is_whole) == (2, False)


def test_each_row_stands_beside_its_own_page(paged: SimpleNamespace) -> None:
    paged.put(file(did("a", title="First")).body, file(did("b", title="Second")).body)
    shown = fetched.preview("p")
    first, second = lines.of_report(shown.report, shown.deliveries)
    assert ("First" in first.raw[0], "Second" in second.raw[0]) == (True, True)


@pytest.mark.usefixtures("toys")
def test_a_file_is_tried_as_before() -> None:
    assert runs.preview("t", file(did("a"))).counts["new"] == 1
    add_toy("f", account="f")
    with pytest.raises(Refused):
        fetched.preview("f")
