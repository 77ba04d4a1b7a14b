"""The forms of single values: language tags, IRIs, addresses, hashes."""

from __future__ import annotations

import pytest

from xapi.shapes import is_iri, is_language, is_mbox, is_media_type, is_number, is_sha2, is_uuid


@pytest.mark.parametrize(
    "tag",
    [
        "en", "es", "fr", "cmn", "und", "mul", "es-MX", "en-us", "EN-GB", "zh-Hant",
        "sr-Latn-RS", "zh-cmn-Hans-CN", "de-1996", "sl-rozaj-biske", "de-CH-1901", "es-419",
        "en-a-bbb-x-a-ccc", "de-u-co-phonebk", "x-default", "x-whatever", "i-klingon",
        "en-GB-oed", "sgn-BE-FR", "art-lojban", "zh-min-nan", "qaa-Qaaa-QM-x-southern",
        "de-1901-x-1901", "abcd", "abcdefgh",
    ],
)  # fmt: skip
def test_language_tag_accepted(tag):
    assert is_language(tag)


@pytest.mark.parametrize(
    "tag",
    ["", "e", "something", "a12345678", "en_US", "en-", "-en", "en--US", "en US", "12", "a-DE",
     "en-US-", "de-419-DE", "ar-a-aaa-b-bbb-a-ccc", "de-1996-1996", "en-x", "x", "*", "en\n",
     "ｅｎ", "espanol!", None, 5, ["en"]],
)  # fmt: skip
def test_language_tag_refused(tag):
    assert not is_language(tag)


@pytest.mark.parametrize(
    "iri",
    ["http://example.org/", "https://example.org/a?b=c&d#e", "urn:uuid:8f87ccde-bb56", "act:x",
     "tag:example.org,2026:x", "mailto:anna@example.org", "http://[::1]/x", "http://example.org/é",
     "http://例え.jp/パス", "HTTP://EXAMPLE.ORG", "http://example.org/a%20b", "http://example.org/100%",
     "a+b-c.d:x", "http://example.org:8080/(x)'y'"],
)  # fmt: skip
def test_iri_accepted(iri):
    assert is_iri(iri)


@pytest.mark.parametrize(
    "iri",
    ["", "example.org", "www.example.org/x", "/relative", "//example.org/x", "http:", "http://",
     "http://example.org/a b", " http://example.org", "http://example.org/\n", "1a:x", ":x",
     "http://example.org/<x>", 'http://example.org/"', "http://example.org/{id}", "é:x",
     "http://example.org/a|b", "http://example.org/a\\b", "http://example.org/^", "C:\\x",
     "http://example.org/`", "http://example.org/\x85", "http://e.org/\ud800", None, 5, {}],
)  # fmt: skip
def test_iri_refused(iri):
    assert not is_iri(iri)


@pytest.mark.parametrize(
    "mbox",
    ["mailto:a@b.org", "mailto:Anna.O'Neil+x@sub.example.org", "mailto:jürgen@example.de",
     "mailto:test@localhost", "mailto:a%20b@example.org", "mailto:a@[192.0.2.1]"],
)  # fmt: skip
def test_mbox_accepted(mbox):
    assert is_mbox(mbox)


@pytest.mark.parametrize(
    "mbox",
    ["a@b.org", "mailto:", "mailto:a", "mailto:@b.org", "mailto:a@", "mailto:a@b@c.org",
     "mailto:a b@c.org", "mailto:a@b.org?subject=x", "mailto:a@b.org,c@d.org", "mailto:a@b.org ",
     "MAILTO:a@b.org", "mailto:Anna <a@b.org>", None],
)  # fmt: skip
def test_mbox_refused(mbox):
    assert not is_mbox(mbox)


@pytest.mark.parametrize("digits", [56, 64, 96, 128])
def test_every_sha2_length_accepted(digits):
    assert is_sha2("a" * digits)


@pytest.mark.parametrize("value", ["a" * 40, "a" * 63, "g" * 64, 5, None])
def test_sha2_refused(value):
    assert not is_sha2(value)


@pytest.mark.parametrize("value", ["text/plain", "image/svg+xml", "text/html; charset=utf-8"])
def test_media_type_accepted(value):
    assert is_media_type(value)


@pytest.mark.parametrize("value", ["", "text", "text/", "/plain", "text/plain charset", 5])
def test_media_type_refused(value):
    assert not is_media_type(value)


@pytest.mark.parametrize("value", [0, -1, 0.12123434, 1e300, 10**40])
def test_number_accepted(value):
    assert is_number(value)


@pytest.mark.parametrize("value", [True, False, "1", None, float("nan"), float("inf"), [1]])
def test_number_refused(value):
    assert not is_number(value)


def test_uuid_with_a_line_break_is_none():
    assert not is_uuid("8f87ccde-bb56-4c2e-ab83-44982ef22df0\n")


def test_many_different_iris_do_not_pile_up():
    assert all(is_iri(f"http://example.org/{number}") for number in range(10_000))
    assert is_iri("http://example.org/" + "x" * 100_000)
