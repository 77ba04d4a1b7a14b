"""A request on its way in: when all of it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from engine.cli.arriving import IN_MEMORY, LONGEST_HEAD, Arriving

MOST = 1_000_000
HEAD = b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\n"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n"
TINY_CHUNK = b"1;" + b"a" * 100 + b"\r\n \r\n"
LARGE = b"y" * (IN_MEMORY + 1)
Arrive = Callable[..., Arriving]


def with_length(body: bytes) -> bytes:
    return HEAD + b"content-LENGTH:%d \r\n\r\n" % len(body) + body


def in_chunks(*chunks: bytes, trailers: bytes = b"") -> bytes:
    frames = b"".join(b"%X ;a=b\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + CHUNKS + frames + b"0\r\n" + trailers + b"\r\n"


@pytest.fixture
def arrive() -> Iterator[Arrive]:
    """What has come when there is nothing more to wait for, or all of it came."""
    with ExitStack() as made:

        def fed(sent: bytes, step: int, most: int = MOST) -> Arriving:
            arriving, at = made.enter_context(closing(Arriving(most=most))), 0
            while at < len(sent) and not arriving.is_over:
                arriving.feed(sent[at : at + step])
                at += step
            return arriving

        yield fed


REQUESTS = [
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no body"),
    pytest.param(with_length(b""), id="an empty body"),
    pytest.param(with_length(b"[]"), id="a body"),
    pytest.param(with_length(LARGE), id="a large body"),
    pytest.param(in_chunks(), id="no chunk"),
    pytest.param(in_chunks(b"[", b"]" * 30), id="chunks"),
    pytest.param(in_chunks(b"\r\n0\r\n\r\n", b"]"), id="a chunk that looks like the end"),
    pytest.param(in_chunks(LARGE, b"y", LARGE), id="large chunks"),
    pytest.param(in_chunks(b"[]", trailers=b"X: y\r\nZ: 0\r\n"), id="chunks and trailers"),
]


@pytest.mark.parametrize("step", [997, 100_000])
@pytest.mark.parametrize("sent", REQUESTS)
def test_whole_request_is_known_and_kept_as_it_came(arrive: Arrive, sent: bytes, step: int) -> None:
    arriving = arrive(sent, step)
    assert arriving.is_whole
    assert arriving.taken() == sent


@pytest.mark.parametrize("sent", REQUESTS)
def test_request_but_its_last_byte_is_not_whole(arrive: Arrive, sent: bytes) -> None:
    arriving = arrive(sent[:-1], 100_000)
    assert not arriving.is_over
    arriving.feed(sent[-1:])
    assert arriving.is_whole


def test_small_request_byte_by_byte_is_whole_with_the_last(arrive: Arrive) -> None:
    sent = in_chunks(b"[", b"]", trailers=b"X: y\r\n")
    arriving = arrive(sent + b"more", 1)
    assert (arriving.size, arriving.is_whole) == (len(sent), True)


def test_what_follows_a_request_stays_behind_it(arrive: Arrive) -> None:
    sent = with_length(b"[]") + with_length(b"[7]")
    assert arrive(sent, len(sent)).taken() == sent


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(HEAD + b"Content-Length: 1000001\r\n\r\n[", id="a length beyond the limit"),
        pytest.param(HEAD + CHUNKS + b"F4240\r\n" + b" " * 1_000_001, id="a chunk beyond it"),
        pytest.param(HEAD + CHUNKS + b"zz\r\n", id="a size that is none"),
        pytest.param(HEAD + CHUNKS + b"9" * 20_000, id="a size without end"),
        pytest.param(HEAD + CHUNKS + b"2\r\n[]\n0\r\n\r\n", id="a chunk that does not end"),
    ],
)
def test_what_will_be_refused_is_not_waited_for(arrive: Arrive, sent: bytes) -> None:
    arriving = arrive(sent, len(sent), most=999_999)
    assert (arriving.is_over, arriving.is_whole, arriving.refusal) == (True, False, "")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(HEAD + b"a" * LONGEST_HEAD, "431", id="a head without end"),
        pytest.param(
            HEAD + CHUNKS + b"0\r\n" + b"a" * LONGEST_HEAD, "431", id="trailers without end"
        ),
        pytest.param(HEAD + CHUNKS + TINY_CHUNK * 2_000, "413", id="frames of nearly nothing"),
    ],
)
def test_what_has_no_end_is_refused_here(arrive: Arrive, sent: bytes, status: str) -> None:
    assert arrive(sent, 50_000, most=5_000).refusal.startswith(status)


def test_whoever_waits_for_a_word_gets_it_from_here_alone(arrive: Arrive) -> None:
    arriving = arrive(HEAD + b"expect: 100-Continue\r\nContent-Length: 2\r\n\r\n", 1000)
    assert arriving.asks_to_go_on
    arriving.feed(b"[]")
    assert arriving.taken() == HEAD + b"Content-Length: 2\r\n\r\n[]"


@pytest.mark.parametrize(
    "line", [b"Expect: tea", b"X-Expect: 100-continue"], ids=["another word", "another header"]
)
def test_other_expectations_are_left_to_others(arrive: Arrive, line: bytes) -> None:
    sent = HEAD + line + b"\r\nContent-Length: 2\r\n\r\n"
    arriving = arrive(sent, 1000)
    assert not arriving.asks_to_go_on
    assert arriving.taken() == sent


@pytest.mark.parametrize(("sent", "status"), [(b"", ""), (HEAD, "400 Bad Request")])
def test_client_that_is_gone_is_not_waited_for(arrive: Arrive, sent: bytes, status: str) -> None:
    arriving = arrive(sent, 100)
    arriving.cut_off()
    assert (arriving.is_over, arriving.is_whole, arriving.refusal) == (True, False, status)
