"""What an answer's status means, and how long a system asks us to wait."""

from __future__ import annotations

import pytest

from engine.errors import Refused
from engine.reading import Fetched, Unanswered, accepted

NOON = "Tue, 22 Sep 2026 12:00:00 GMT"


def page(status: int, **headers: str) -> Fetched:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(status=status, headers=named, body=b"", url="https://api.example/a?key=secret")


def refusal(answer: Fetched) -> Unanswered:
    with pytest.raises(Unanswered) as caught:
        accepted(answer, what="The list of webinars")
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 204, 304])
def test_what_was_asked_for(status: int) -> None:
    assert accepted(page(status), what="The feed").status == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(302, "schema", id="redirect"),
        pytest.param(400, "schema", id="bad request"),
        pytest.param(401, "unauthorized", id="no key"),
        pytest.param(403, "forbidden", id="no right"),
        pytest.param(404, "missing", id="not there"),
        pytest.param(410, "missing", id="gone"),
        pytest.param(408, "server", id="slow"),
        pytest.param(429, "rate", id="too often"),
        pytest.param(500, "server", id="trouble"),
        pytest.param(503, "server", id="down"),
    ],
)
def test_what_a_status_means(status: int, kind: str) -> None:
    refused = refusal(page(status))
    assert refused.kind == kind
    assert f"(status {status})" in refused.why
    assert refused.mend


@pytest.mark.parametrize("header", ["x_ratelimit_remaining", "retry_after"])
def test_some_refuse_whom_they_mean_to_slow_down(header: str) -> None:
    assert refusal(page(403, **{header: "0"})).kind == "rate"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        pytest.param("120", 120, id="seconds"),
        pytest.param("0", 0, id="at once"),
        pytest.param("Tue, 22 Sep 2026 12:05:00 GMT", 300, id="date"),
        pytest.param("Tuesday, 22-Sep-26 12:05:00 GMT", 300, id="old form of a date"),
        pytest.param("Tue, 22 Sep 2026 11:00:00 GMT", 0, id="date that is over"),
        pytest.param("9" * 400, 604_800, id="for ever"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", 604_800, id="date for ever"),
        pytest.param("soon", None, id="no time"),
        pytest.param("-5", None, id="negative"),
        pytest.param("٣", None, id="digits of another script"),
        pytest.param("", None, id="empty"),
    ],
)
def test_how_long_to_wait(written: str, seconds: int | None) -> None:
    assert refusal(page(429, retry_after=written, date=NOON)).seconds == seconds


def test_a_refusal_does_not_repeat_the_key() -> None:
    refused = refusal(page(401))
    assert "secret" not in str(refused)
    assert isinstance(refused, Refused)
