"""The Robots Exclusion Protocol (RFC 9309): which page which agent may read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.fetcher.robots import Rule, read_robots


def allows(text: str, path: str) -> bool:
    return read_robots(text.encode(), "Byway").allow(path)


@pytest.mark.parametrize(
    ("rule", "path", "fits"),
    [
        pytest.param("/fish", "/fish/salmon.html", True, id="beginning"),
        pytest.param("/fish", "/Fish", False, id="letters' case"),
        pytest.param("/fish$", "/fish", True, id="whole"),
        pytest.param("/fish$", "/fish/", False, id="more than the whole"),
        pytest.param("/*.php$", "/a.php.php", True, id="later end"),
        pytest.param("/*.php$", "/a.php?x=1", False, id="no end"),
        pytest.param("/*.php", "/a.php?x=1", True, id="anything between"),
        pytest.param("/a*b*c", "/a-c-b", False, id="wrong order"),
        pytest.param("/a*b*b$", "/ab", False, id="no part twice"),
        pytest.param("*", "/anything", True, id="anything"),
        pytest.param("/?*x=", "/?a=1&x=2", True, id="query"),
        pytest.param("/é".encode().decode("latin-1"), "/x", False, id="odd letters"),
    ],
)
def test_a_rule(rule: str, path: str, fits: bool) -> None:
    assert Rule(True, rule).fits(path) is fits


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        pytest.param("", "/a", True, id="empty"),
        pytest.param("User-agent: *\nDisallow:", "/a", True, id="nothing forbidden"),
        pytest.param("User-agent: *\nAllow: /\nDisallow: /a", "/a/b", False, id="longest rule"),
        pytest.param("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b", True, id="longer allows"),
        pytest.param("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True, id="as long allows"),
        pytest.param("User-agent: *\nDisallow: /\n\nUser-agent: BYWAY/1.0\nAllow: /", "/a", True,
                     id="own group alone"),
        pytest.param("User-agent: x\nUser-agent: byway\nDisallow: /a", "/a", False, id="shared"),
        pytest.param("User-agent: byway\nDisallow: /a\nUser-agent: x\nDisallow: /\n"
                     "User-agent: byway\nDisallow: /b", "/b", False, id="group in two parts"),
        pytest.param("User-agent: x\nDisallow: /", "/a", True, id="somebody else"),
        pytest.param("Disallow: /", "/a", True, id="rule without agent"),
        pytest.param("\ufeffUSER-AGENT : * # all\r\nDISALLOW : /a # no", "/a", False, id="sloppy"),
        pytest.param("User-agent: *\nSitemap: /s\nCrawl-delay: 9\nDisallow: /a", "/a", False,
                     id="other lines"),
        pytest.param("User-agent: *\nDisallow: /é", "/%C3%A9", False, id="letters beyond ASCII"),
    ],
)  # fmt: skip
def test_what_a_site_allows(text: str, path: str, allowed: bool) -> None:
    assert allows(text, path) is allowed


@settings(max_examples=50, deadline=None)
@given(st.text("/*$ab", max_size=40), st.text("/ab", max_size=40))
def test_no_rule_takes_long(rule: str, path: str) -> None:
    assert Rule(True, rule).fits(path) in (True, False)


def test_any_bytes_are_read() -> None:
    assert read_robots(bytes(range(256)) * 10, "Byway").allow("/")
