"""A statement that the endpoint takes does not stop what follows the log, whatever it holds."""

from __future__ import annotations

from typing import Any

import pytest
from factories import a_statement
from flask import Flask
from sqlalchemy import func, select
from xapi_making import Lms

from engine.competencies import projector
from engine.competencies.models import line
from engine.db import holder_name, reading
from engine.pipeline import reader

EXT = "https://w3id.org/byway/ext/"
FAR = "https://events.example.org/" + "a" * 100_000


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Each of the two."""
    return str(request.param)


def extended(name: str, value: Any) -> dict[str, Any]:
    return {"context": {"extensions": {f"{EXT}{name}": value}}}


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(extended("replaces", "x" * 50), id="no revision is called so"),
        pytest.param(extended("replaces", "x\0y"), id="NUL in a revision"),
        pytest.param(extended("replaces", {"id": 1}), id="a revision that is no text"),
        pytest.param(extended("tags", ["a\0b", "b" * 100_000]), id="tags"),
        pytest.param({"object": {"id": FAR}}, id="a long IRI"),
        pytest.param({"actor": {"openid": "https://id.example/" + "😀" * 570}}, id="a wide agent"),
        pytest.param({"timestamp": "0001-01-01T00:00:00Z"}, id="the first year"),
        pytest.param({"timestamp": "9999-12-31T23:59:59.999999Z"}, id="the last year"),
        pytest.param({"result": {"duration": f"P{'9' * 150}Y"}}, id="a long time"),
    ],
)
def test_the_log_is_followed_to_its_end(app: Flask, members: dict[str, Any]) -> None:
    assert Lms(app).post(a_statement(**members)).status_code == 200
    assert projector.advance(reader(), holder=holder_name()) == 1
    with reading() as connection:
        assert connection.execute(select(func.count()).select_from(line)).scalar() == 1
