"""TinCanJS and @xapi/xapi: what they were recorded sending is answered as it was then."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from client_replays import Answer, read_recording, recordings, replay
from factories import headers
from xapi_serving import Served, add_key

Replayed = Callable[[str], list[Answer]]


@pytest.fixture(scope="module")
def replayed(real_instance: Path, real_server: Served) -> Replayed:
    """All answers to a recording; each is sent once, with a key of its own."""

    @cache
    def answers(name: str) -> list[Answer]:
        key = add_key(real_instance, name=name)
        authorization = headers(key)["Authorization"]
        return replay(read_recording(name), real_server.url, authorization)

    return answers


EXCHANGES = [
    pytest.param(name, number, id=f"{name}-{number}-{exchange.request.method}-{exchange.call}")
    for name in recordings()
    for number, exchange in enumerate(read_recording(name))
]


@pytest.mark.parametrize(("name", "number"), EXCHANGES)
def test_the_client_is_answered_as_it_was(replayed: Replayed, name: str, number: int) -> None:
    assert replayed(name)[number] == read_recording(name)[number].answer


@pytest.mark.parametrize("name", recordings())
def test_nothing_secret_was_recorded(name: str) -> None:
    sent = [exchange.request for exchange in read_recording(name)]
    assert not [request for request in sent if "Basic " in str(request.headers)]
    assert not [request for request in sent if b"Basic%20" in request.body]
