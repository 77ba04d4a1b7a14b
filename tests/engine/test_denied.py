"""Nothing is collected where people report without a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from engine.fetcher import Unreachable, fetcher, refuse_denied
from engine.fetcher.denied import Denied, denied

DOCS = Path(__file__).resolve().parents[2] / "docs" / "fetching.md"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://abcdefghij234567.onion/feed", id="onion service"),
        pytest.param("https://securedrop.paper.example/", id="part of a host's name"),
        pytest.param("https://paper.example/SecureDrop", id="folder"),
        pytest.param("https://paper.example//secure%64rop/feed.xml", id="folder in disguise"),
        pytest.param("https://acme.integrityline.com/feed", id="below a host"),
        pytest.param("https://WIKILEAKS.org./feed", id="host in capitals with a dot"),
        pytest.param("https://whistleblowing.agency.example/", id="named for it"),
    ],
)
def test_denied_to_everybody(address: str) -> None:
    with pytest.raises(Unreachable) as caught:
        refuse_denied(address)
    assert (caught.value.kind, caught.value.status) == ("denied", 403)
    assert caught.value.mend


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://blog.example.org/2026/whistleblowing-law", id="an article about it"),
        pytest.param("https://mysecuredrop.example.org/", id="a longer word"),
        pytest.param("https://notwikileaks.org/", id="a longer host"),
        pytest.param("no address at all", id="no address"),
        pytest.param("", id="empty"),
    ],
)
def test_not_denied(address: str) -> None:
    refuse_denied(address)


def test_an_operator_may_add() -> None:
    with pytest.raises(Unreachable, match="operator"):
        refuse_denied("https://tips.agency.example/", also=["agency.example"])


def test_a_fetch_is_refused_before_anybody_is_asked() -> None:
    with pytest.raises(Unreachable) as caught:
        fetcher()("https://wikileaks.org/feed")
    assert caught.value.kind == "denied"


def test_a_redirect_does_not_lead_there(httpserver: HTTPServer) -> None:
    there = {"Location": "https://wikileaks.org/feed"}
    httpserver.expect_request("/a").respond_with_data(status=302, headers=there)
    with pytest.raises(Unreachable) as caught:
        fetcher(allow_private=True)(httpserver.url_for("/a"))
    assert caught.value.kind == "denied"


def test_software_that_names_itself_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"x", headers={"Server": "GlobaLeaks"})
    with pytest.raises(Unreachable) as caught:
        fetcher(allow_private=True)(httpserver.url_for("/a"))
    assert caught.value.kind == "denied"


@pytest.mark.parametrize("one", denied(), ids=lambda one: f"{one.kind} {one.name}")
def test_every_line_has_its_kind_its_reason_and_its_row_in_the_docs(one: Denied) -> None:
    assert one.kind in ("host", "label", "path", "server")
    assert one.name == one.name.lower()
    assert f"| {one.kind} | `{one.name}` | {one.reason} |" in DOCS.read_text(encoding="utf-8")
