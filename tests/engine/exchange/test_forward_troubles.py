"""Forwarding to stores that misbehave: nothing is lost, nothing is doubled, and it is said why."""

from __future__ import annotations

import time
import uuid

import pytest
from exchange_making import (
    ME,
    Elsewhere,
    a_forward,
    change,
    letters,
    put,
    said,
    send,
    the_forward,
)
from factories import a_statement
from flask import Flask
from lrs_making import a_void
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.config import settings
from engine.db import transaction, writing
from engine.exchange import client, forwarding, forwards, turns
from engine.lrs.store import Authority
from engine.moments import now_us
from engine.pipeline import entry_of

# --- trouble with the store --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(Response("who are you?", 401), "status 401: who are you?", id="401"),
        pytest.param(Response("", 403), "status 403.", id="403"),
        pytest.param(Response("", 404), "status 404.", id="404"),
        pytest.param(Response("", 405), "status 405.", id="405"),
        pytest.param(Response("slow down", 429), "status 429: slow down", id="429"),
        pytest.param(Response("oops\n  line 2", 500), "status 500: oops line 2", id="500"),
        pytest.param(Response("", 503), "status 503.", id="503"),
        pytest.param(
            Response("", 302, {"Location": "https://other.example/xapi"}),
            "redirects to https://other.example/xapi",
            id="redirect",
        ),
        pytest.param(Response("<html>Welcome</html>"), "not as the standard", id="no store"),
        pytest.param(Response('{"ok": true}'), "not as the standard", id="another service"),
    ],
)
def test_what_is_refused_as_a_whole_is_kept_and_tried_again(
    us: Authority, elsewhere: Elsewhere, answer: Response, why: str
) -> None:
    a_forward(elsewhere.url)
    sent = said(us, count=2)
    elsewhere.answers = [answer]
    send()
    row = the_forward()
    assert (row.cursor, row.sent, row.failures, letters()) == (0, 0, 1, [])
    assert why in str(row.trouble)
    change()
    send()
    assert list(elsewhere.kept) == sent


def test_success_clears_the_trouble(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    elsewhere.answers = [Response("", 500)]
    send()
    let_time_pass()
    send()
    row = the_forward()
    assert (row.trouble, row.failures, row.not_before, row.sent) == (None, 0, 0, 1)


def let_time_pass() -> None:
    """The pause is over; what is written down of the trouble stays."""
    with transaction():
        forwards.get("b").not_before = 0


def test_the_mend_is_said(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    elsewhere.answers = [Response("", 401)]
    send()
    assert "Give it the right key" in str(the_forward().trouble)


def test_the_secret_is_in_no_trouble(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    elsewhere.answers = [Response("", 401)]
    send()
    assert "hush" not in str(the_forward().trouble)


def test_a_long_reason_is_cut(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    elsewhere.answers = [Response("x" * 10_000, 500)]
    send()
    assert len(str(the_forward().trouble)) < 700


def test_while_it_pauses_nothing_is_sent(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    elsewhere.answers = [Response("", 500)]
    send()
    send()
    assert len(elsewhere.requests) == 1


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [
        pytest.param(1, 0, 5, id="soon at first"),
        pytest.param(4, 0, 40, id="twice as long each time"),
        pytest.param(20, 0, 3600, id="an hour at most"),
        pytest.param(1, 600, 600, id="longer when it asks for that"),
        pytest.param(4, 1, 40, id="not shorter"),
        pytest.param(1, 1e12, 86_400, id="a day at most"),
    ],
)
def test_pauses(failures: int, asked: float, seconds: int) -> None:
    assert turns.pause_us(failures, asked) == seconds * 1_000_000


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        pytest.param("900", 890, 900, id="seconds"),
        pytest.param("Wed, 21 Oct 2093 07:28:00 GMT", 86_000, 86_400, id="a date"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 0, 5, id="a date gone by"),
        pytest.param("soon", 0, 5, id="nothing sensible"),
        pytest.param("-5", 0, 5, id="a negative number"),
    ],
)
def test_retry_after_is_honoured(
    us: Authority, elsewhere: Elsewhere, header: str, least: int, most: int
) -> None:
    a_forward(elsewhere.url)
    said(us)
    elsewhere.answers = [Response("", 503, {"Retry-After": header})]
    send()
    pause = (the_forward().not_before - now_us()) / 1_000_000
    assert least <= pause <= most


def test_nobody_listens(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward("http://127.0.0.1:1/xapi")
    said(us)
    send()
    assert "connection failed" in str(the_forward().trouble)


def test_a_slow_store(
    us: Authority, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_request: Request) -> Response:
        time.sleep(0.5)
        return Response("[]")

    httpserver.expect_request("/xapi/statements").respond_with_handler(answer)
    monkeypatch.setattr(client, "TIMEOUT", 0.2)
    a_forward(httpserver.url_for("/xapi"))
    said(us)
    send()
    assert "too long" in str(the_forward().trouble)


def test_private_addresses_are_refused_unless_allowed(us: Authority, elsewhere: Elsewhere) -> None:
    object.__setattr__(settings(), "allow_private_fetch", False)
    a_forward(elsewhere.url)
    said(us)
    send()
    assert elsewhere.requests == []
    assert "private network" in str(the_forward().trouble)


def test_one_store_in_trouble_does_not_keep_the_others(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward("http://127.0.0.1:1/xapi")
    with transaction():
        wish = forwards.Wish(url=elsewhere.url, username="us", secret="hush", version="2.0.0")
        forwards.add("a", wish, after=0)
    sent = said(us)
    send()
    assert list(elsewhere.kept) == sent


def test_a_secret_that_cannot_be_read_is_said(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    with transaction():
        forwards.get("b").secret = b"sealed under another key"
    send()
    assert "another secret" in str(the_forward().trouble)


def test_batches_shrink_while_it_fails(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us, count=100)
    elsewhere.answers = [Response("", 502), Response("", 502)]
    send()
    let_time_pass()
    send()
    let_time_pass()
    send()
    assert [len(client.text.parse(body)) for body in elsewhere.bodies][:3] == [100, 50, 25]
    assert len(elsewhere.kept) == 100


# --- trouble with statements -------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_bad_ones_are_put_aside_and_the_others_go_on(
    us: Authority, elsewhere: Elsewhere, status: int
) -> None:
    a_forward(elsewhere.url)
    sent = said(us, count=9)
    elsewhere.bad, elsewhere.status = {sent[2], sent[7]}, status
    send()
    assert set(elsewhere.kept) == set(sent) - elsewhere.bad
    assert [(one.statement, one.status, one.why, one.attempts) for one in letters()] == [
        (sent[2], status, "one of 1 is no good", 1),
        (sent[7], status, "one of 1 is no good", 1),
    ]
    row = the_forward()
    assert (row.sent, row.failures, row.trouble) == (7, 0, None)


def test_order_is_kept_around_bad_ones(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    sent = said(us, count=5)
    elsewhere.bad = {sent[1]}
    send()
    assert list(elsewhere.kept) == [sent[0], *sent[2:]]


def test_a_batch_that_is_too_large_is_halved(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    sent = said(us, count=10)
    elsewhere.most = 3
    send()
    assert list(elsewhere.kept) == sent
    assert letters() == []


def test_what_is_put_aside_is_not_sent_again_by_itself(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    elsewhere.bad = {*said(us)}
    send()
    send()
    assert len(elsewhere.requests) == 1


def test_a_store_that_refuses_everything_is_not_flooded(
    us: Authority, elsewhere: Elsewhere
) -> None:
    a_forward(elsewhere.url)
    elsewhere.bad = {*said(us, count=30)}
    send()
    assert len(letters()) == forwarding.MANY
    assert "refused 10 statements in a row" in str(the_forward().trouble)


def test_what_is_no_1_0_3_is_not_sent_to_a_store_of_it(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url, version="1.0.3")
    [sid] = put(entry_of(with_agents(), authority=us, audience="public"))
    after = said(us)
    send()
    [letter] = letters()
    assert (letter.statement, letter.status) == (sid, None)
    assert "is none of 1.0.3: at $.context.contextAgents" in letter.why
    assert list(elsewhere.kept) == after


def with_agents() -> dict[str, object]:
    """A statement that only 2.0 knows."""
    agent = {"objectType": "contextAgent", "agent": {"mbox": "mailto:ann@example.org"}}
    return a_statement(context={"contextAgents": [agent]})


# --- letters sent again ------------------------------------------------------------------------


@pytest.fixture
def refused(us: Authority, elsewhere: Elsewhere) -> list[str]:
    """Three statements that the other store refused, and takes from now on."""
    a_forward(elsewhere.url)
    sent = said(us, count=3)
    elsewhere.bad = {*sent}
    send()
    elsewhere.bad = set()
    return sent


def resend(*ids: int) -> int:
    with transaction():
        return forwards.resend(forwards.get("b"), ids or None)


def test_all_letters_are_sent_again(refused: list[str], elsewhere: Elsewhere) -> None:
    assert resend() == 3
    send()
    assert (list(elsewhere.kept), letters(), the_forward().sent) == (refused, [], 3)


def test_one_letter_is_sent_again(refused: list[str], elsewhere: Elsewhere) -> None:
    resend(letters()[1].id)
    send()
    assert list(elsewhere.kept) == [refused[1]]
    assert [one.statement for one in letters()] == [refused[0], refused[2]]


def test_what_is_refused_again_is_counted(refused: list[str], elsewhere: Elsewhere) -> None:
    elsewhere.bad, elsewhere.status = {refused[0]}, 409
    resend()
    send()
    [letter] = letters()
    assert (letter.attempts, letter.status, letter.resend) == (2, 409, False)


def test_letters_wait_while_the_store_is_in_trouble(
    refused: list[str], elsewhere: Elsewhere
) -> None:
    resend()
    elsewhere.answers = [Response("", 500)]
    send()
    assert [one.resend for one in letters()] == [True] * 3
    let_time_pass()
    send()
    assert list(elsewhere.kept) == refused


def test_what_was_voided_meanwhile_is_not_sent_again(
    us: Authority, refused: list[str], elsewhere: Elsewhere
) -> None:
    [void] = put(a_void(us, uuid.UUID(refused[0])))
    resend(letters()[0].id)
    send()
    assert list(elsewhere.kept) == [void]
    assert refused[0] not in [one.statement for one in letters()]


def test_from_the_start_answers_letters_too(refused: list[str], elsewhere: Elsewhere) -> None:
    change(from_start=True)
    send()
    assert (list(elsewhere.kept), letters()) == (refused, [])


# --- stopped in the middle ---------------------------------------------------------------------


def test_what_was_taken_without_a_word_counts_once(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    sent = said(us, count=3)
    elsewhere.silent = 1
    send()
    assert (list(elsewhere.kept), the_forward().cursor) == (sent, 0)
    let_time_pass()
    send()
    assert (list(elsewhere.kept), len(elsewhere.bodies), the_forward().sent) == (sent, 2, 3)


def test_only_one_worker_is_at_a_forward(us: Authority, elsewhere: Elsewhere) -> None:
    row = a_forward(elsewhere.url)
    said(us)
    with writing() as connection:
        turns.hold(connection, f"forward:{row.id}", "elsewhere:2:another")
    assert forwarding.advance(ME) == 0
    assert elsewhere.requests == []


def test_a_forward_set_back_meanwhile_is_left_as_it_was_set(
    app: Flask, us: Authority, httpserver: HTTPServer
) -> None:
    said(us)
    a_forward(httpserver.url_for("/changing"), from_start=False)
    said(us)

    def answer(_request: Request) -> Response:
        with app.app_context():
            change(from_start=True)
        return Response("[]")

    httpserver.expect_request("/changing/statements").respond_with_handler(answer)
    forwarding.advance(ME)
    assert (the_forward().cursor, the_forward().sent) == (0, 0)


def test_a_forward_is_released_after_each_stretch(us: Authority, elsewhere: Elsewhere) -> None:
    a_forward(elsewhere.url)
    said(us)
    send()
    said(us)
    assert forwarding.advance("elsewhere:2:another") == 1
