"""The text that identifies an agent, and the way back."""

from __future__ import annotations

import pytest

from xapi.actors import key, parse_key

SHA1 = "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"


@pytest.mark.parametrize(
    ("agent", "text"),
    [
        pytest.param({"mbox": "mailto:Anna@Example.org"}, "mailto:anna@example.org", id="mbox"),
        pytest.param(
            {"account": {"homePage": "https://lms.example.org/", "name": "Anna"}},
            "https://lms.example.org::Anna",
            id="account: slash at the end dropped, name as it is",
        ),
        pytest.param(
            {"openid": "https://id.example.org/A"}, "https://id.example.org/A", id="openid"
        ),
        pytest.param({"mbox_sha1sum": SHA1.upper()}, SHA1, id="hash in lower case"),
        pytest.param({"objectType": "Group", "member": []}, None, id="anonymous group"),
        pytest.param(
            {"objectType": "Group", "mbox": "mailto:t@e.org"}, "mailto:t@e.org", id="group"
        ),
    ],
)
def test_key(agent, text):
    assert key(agent) == text


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        pytest.param("mailto:anna@example.org", {"mbox": "mailto:anna@example.org"}, id="mbox"),
        pytest.param(
            "https://lms.example.org::anna",
            {"account": {"homePage": "https://lms.example.org", "name": "anna"}},
            id="account",
        ),
        pytest.param(
            "http://[2001:db8::1]/lms::anna",
            {"account": {"homePage": "http://[2001:db8::1]/lms", "name": "anna"}},
            id="account at a numbered host",
        ),
        pytest.param(
            "urn:lms::a::b", {"account": {"homePage": "urn:lms", "name": "a::b"}}, id="first pair"
        ),
        pytest.param(
            "https://id.example.org/a", {"openid": "https://id.example.org/a"}, id="openid"
        ),
        pytest.param(SHA1, {"mbox_sha1sum": SHA1}, id="hash"),
    ],
)
def test_way_back(text, agent):
    assert parse_key(text) == agent
    assert key(agent) == text


@pytest.mark.parametrize(
    "text",
    ["", "anna", "anna@example.org", "mailto:anna", "lms.example.org::anna", "https://x.org::",
     "urn:example:x", SHA1[:-1], "https://a b.org"],
)  # fmt: skip
def test_no_key(text):
    with pytest.raises(ValueError) as caught:
        parse_key(text)
    assert "mailto:anna@example.org" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a" * 3000, id="longer than an index takes"),
        pytest.param("a\0b", id="with a NUL, which no database takes"),
    ],
)
def test_a_name_that_no_index_takes_is_known_by_its_hash(name):
    long, other = (
        {"account": {"homePage": "https://x.org", "name": n}} for n in (name, name + "b")
    )
    assert len(key(long)) < 100
    assert key(long) != key(other)
    assert "\0" not in key(long)
