"""Asking an API or a feed that is mapped, on a server of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from mapped_making import an_answer, in_json, loaded
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Delivery, Refused, Unanswered
from engine.fetcher import fetcher
from plugins.mapped import Mapped, polling

Poll = Callable[..., list[Delivery]]


@pytest.fixture
def poll(httpserver: HTTPServer) -> Poll:
    fetch = fetcher(allow_private=True)

    def poll(cursor: str | None = None, *, key: str = "", **parts: Any) -> list[Delivery]:
        address = httpserver.url_for("/talks?size=2")
        settings = {**loaded(**parts), "url": address, "authorization": key}
        return list(Mapped().poll(cursor, fetch, settings))

    return poll


def pages(httpserver: HTTPServer, *answers: bytes, parameter: str = "page", step: int = 1) -> None:
    """Serve these answers as the pages of an API, and an empty one after the last."""

    def answer(request: Request) -> Response:
        asked = int(request.args.get(parameter, 1 if step == 1 else 0)) // step
        place = asked - (1 if step == 1 else 0)
        body = answers[place] if place < len(answers) else b'{"items": []}'
        return Response(body, content_type="application/json")

    httpserver.expect_request("/talks").respond_with_handler(answer)


def bodies(found: list[Delivery]) -> list[bytes]:
    return [one.body for one in found]


ONE, TWO, THREE = (an_answer(in_json(Id=number), next=None) for number in (1, 2, 3))


def test_an_answer_is_brought_with_a_cursor(httpserver: HTTPServer, poll: Poll) -> None:
    pages(httpserver, ONE)
    (delivery,) = poll()
    assert delivery.body == ONE
    assert delivery.cursor


def test_an_answer_that_did_not_change_is_not_brought_again(
    httpserver: HTTPServer, poll: Poll
) -> None:
    pages(httpserver, ONE)
    (delivery,) = poll()
    assert poll(delivery.cursor) == []


def test_the_name_of_a_delivery_has_no_query(httpserver: HTTPServer, poll: Poll) -> None:
    pages(httpserver, ONE)
    assert poll()[0].name == httpserver.url_for("/talks")


def test_pages_are_counted(httpserver: HTTPServer, poll: Poll) -> None:
    pages(httpserver, ONE, TWO, THREE)
    assert bodies(poll(page_parameter="page"))[:3] == [ONE, TWO, THREE]


def test_pages_are_counted_by_rows(httpserver: HTTPServer, poll: Poll) -> None:
    pages(httpserver, ONE, TWO, parameter="offset", step=100)
    parts = {"page_parameter": "offset", "first_page": 0, "page_step": 100}
    assert bodies(poll(**parts))[:2] == [ONE, TWO]


def test_only_the_last_page_moves_the_cursor(httpserver: HTTPServer, poll: Poll) -> None:
    pages(httpserver, ONE, TWO)
    cursors = [delivery.cursor for delivery in poll(page_parameter="page")]
    assert cursors[:-1] == [None] * (len(cursors) - 1)
    assert cursors[-1]


def test_the_next_page_stands_in_the_answer(httpserver: HTTPServer, poll: Poll) -> None:
    first = an_answer(in_json(), links={"next": "/talks/2"})
    httpserver.expect_request("/talks").respond_with_data(first)
    httpserver.expect_request("/talks/2").respond_with_data(TWO)
    assert bodies(poll(next_page="links.next")) == [first, TWO]


def test_a_mark_of_the_next_page_goes_into_the_parameter(
    httpserver: HTTPServer, poll: Poll
) -> None:
    first = an_answer(in_json(), meta={"cursor": "b/2"})
    query = {"size": "2", "after": "b/2"}
    httpserver.expect_request("/talks", query_string=query).respond_with_data(TWO)
    httpserver.expect_request("/talks").respond_with_data(first)
    assert bodies(poll(next_page="meta.cursor", page_parameter="after")) == [first, TWO]


def test_the_next_page_is_linked_in_the_header(httpserver: HTTPServer, poll: Poll) -> None:
    link = '</talks?size=2>; rel="first", </talks/2?x=1>; title="n"; rel="next"'
    httpserver.expect_request("/talks").respond_with_data(ONE, headers={"Link": link})
    httpserver.expect_request("/talks/2").respond_with_data(TWO)
    assert bodies(poll()) == [ONE, TWO]


@pytest.mark.parametrize(
    "following", ["http://elsewhere.example.org/talks", "//elsewhere.example.org/x", "ftp://x"]
)
def test_a_next_page_elsewhere_is_refused(
    httpserver: HTTPServer, poll: Poll, following: str
) -> None:
    httpserver.expect_request("/talks").respond_with_data(an_answer(in_json(), next=following))
    with pytest.raises(Refused, match="at another address"):
        poll(next_page="next", key="Bearer x")


def test_an_api_that_answers_the_same_whatever_is_asked_comes_to_an_end(
    httpserver: HTTPServer, poll: Poll
) -> None:
    httpserver.expect_request("/talks").respond_with_data(ONE)
    assert bodies(poll(page_parameter="page")) == [ONE]


def test_too_many_pages_are_refused(
    httpserver: HTTPServer, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PAGES", 2)
    pages(httpserver, ONE, TWO, THREE)
    with pytest.raises(Refused, match="more than 2 pages"):
        poll(page_parameter="page")


def test_a_page_in_the_middle_that_is_cut_off_refuses_the_poll(
    httpserver: HTTPServer, poll: Poll
) -> None:
    pages(httpserver, ONE, TWO[:-10], THREE)
    with pytest.raises(Unanswered, match="is not JSON") as refused:
        poll(page_parameter="page", reads="json")
    assert refused.value.kind == "schema"


def test_a_page_to_sign_in_is_no_answer(httpserver: HTTPServer, poll: Poll) -> None:
    httpserver.expect_request("/talks").respond_with_data("<html>Sign in</html>")
    with pytest.raises(Unanswered, match="is not JSON"):
        poll(reads="json")


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "unauthorized"), (403, "forbidden"), (429, "rate"), (500, "server")]
)
def test_a_refusal_of_the_system_is_told(
    httpserver: HTTPServer, poll: Poll, status: int, kind: str
) -> None:
    headers = {"Retry-After": "60"} if status == 429 else {}
    answer = Response("", status, headers)
    httpserver.expect_request("/talks").respond_with_response(answer)
    with pytest.raises(Unanswered) as refused:
        poll()
    assert refused.value.kind == kind


@pytest.mark.parametrize(
    ("key", "name", "value"),
    [
        pytest.param("Bearer abc", "Authorization", "Bearer abc", id="Authorization"),
        pytest.param("X-Api-Key: abc", "X-Api-Key", "abc", id="another header"),
    ],
)
def test_the_key_is_sent_as_a_header(
    httpserver: HTTPServer, poll: Poll, key: str, name: str, value: str
) -> None:
    httpserver.expect_request("/talks", headers={name: value}).respond_with_data(ONE)
    assert bodies(poll(key=key)) == [ONE]


def test_what_is_new_is_asked_for_since_the_newest_value(
    httpserver: HTTPServer, poll: Poll
) -> None:
    asked: list[dict[str, list[str]]] = []

    def answer(request: Request) -> Response:
        asked.append(parse_qs(request.query_string.decode()))
        return Response(an_answer(in_json(changed="9"), in_json(changed="10")))

    httpserver.expect_request("/talks").respond_with_handler(answer)
    parts = {"since_parameter": "after", "since_column": "changed"}
    (delivery,) = poll(**parts)
    poll(delivery.cursor, **parts)
    assert asked == [{"size": ["2"]}, {"size": ["2"], "after": ["10"]}]


def test_without_a_column_it_is_since_the_last_answer(httpserver: HTTPServer, poll: Poll) -> None:
    headers = {"Date": "Thu, 17 Sep 2026 13:00:00 GMT"}
    httpserver.expect_request("/talks").respond_with_data(ONE, headers=headers)
    (delivery,) = poll(since_parameter="after")
    assert json.loads(delivery.cursor or "")["since"].startswith("20")


@pytest.mark.parametrize("cursor", ["{broken", "[]", "7", '{"pages": 3}'])
def test_a_cursor_that_cannot_be_read_starts_again(
    httpserver: HTTPServer, poll: Poll, cursor: str
) -> None:
    pages(httpserver, ONE)
    assert bodies(poll(cursor)) == [ONE]


def test_without_an_address_there_is_nothing_to_poll() -> None:
    with pytest.raises(Refused, match="no address to poll"):
        list(Mapped().poll(None, fetcher(), loaded()))


def test_while_a_mapping_is_made_only_the_first_page_is_asked_for(httpserver: HTTPServer) -> None:
    headers = {"Link": "</talks/2>; rel=next"}
    httpserver.expect_oneshot_request("/talks").respond_with_data(ONE, headers=headers)
    settings = {"url": httpserver.url_for("/talks")}
    found = list(Mapped().poll(None, fetcher(allow_private=True), settings))
    assert bodies(found) == [ONE]


def test_an_answer_without_rows_is_not_brought(httpserver: HTTPServer, poll: Poll) -> None:
    httpserver.expect_request("/talks").respond_with_data(b'{"items": []}')
    assert poll() == []


def test_a_table_at_an_address_is_brought(httpserver: HTTPServer, poll: Poll) -> None:
    httpserver.expect_request("/talks").respond_with_data(b"Id,Talk\n7,Budgets\n")
    assert bodies(poll()) == [b"Id,Talk\n7,Budgets\n"]
