"""How pages speak: each way of putting things into words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from markupsafe import Markup

from engine.web import words
from xapi.vocabulary import ALIASES, TYPES, VERBS

TODAY = date(2026, 11, 20)
ADL = "http://adlnet.gov/expapi/verbs/"


def said(verb: str, name: object = "Open data clinic", **more: Any) -> dict[str, Any]:
    """A statement as small as a sentence needs; `verb` is a name of ours or an IRI."""
    definition = {"name": {"en": name}} if isinstance(name, str) else {}
    thing = {"id": "https://zoom.example/w/81273", "definition": definition}
    return {"verb": {"id": VERBS[verb].iri if verb in VERBS else verb}, "object": thing, **more}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            said("attended", result={"duration": "PT57M"}),
            'You attended <a href="/a">Open data clinic</a> for 57 minutes.',
        ),
        (said("created"), 'You started <a href="/a">Open data clinic</a>.'),
        (said("authored"), 'You wrote <a href="/a">Open data clinic</a>.'),
        (said("commented"), 'You commented on <a href="/a">Open data clinic</a>.'),
        (said("replied"), 'You replied in <a href="/a">Open data clinic</a>.'),
        (said("discussed"), 'You noted a conversation about <a href="/a">Open data clinic</a>.'),
        (said("asked", "Who pays?"), 'You asked <a href="/a">Who pays?</a>'),
        (
            said("completed", result={"duration": "PT1H"}),
            'You completed <a href="/a">Open data clinic</a> in 1 hour.',
        ),
        (
            said("authored", result={"duration": "PT1H"}),
            'You wrote <a href="/a">Open data clinic</a>.',
        ),
    ],
    ids=lambda value: value["verb"]["id"] if isinstance(value, dict) else "",
)
def test_sentence(statement: dict[str, Any], expected: str) -> None:
    assert words.sentence(statement, href="/a") == expected


@pytest.mark.parametrize("alias", ALIASES)
def test_alias_reads_like_its_verb(alias: str) -> None:
    assert words.verb_words(said(alias)) == words.verb_words(
        {"verb": {"id": ALIASES[alias]}, "object": {}}
    )


def test_accepted_reply_is_an_answer() -> None:
    sentence = words.sentence(said("replied", "Which licence?"), href="/a", accepted_by=3)

    assert sentence == 'You answered <a href="/a">Which licence?</a> and 3 peers accepted it.'


def test_reply_to_a_question_is_an_answer() -> None:
    statement = said("replied", object={"id": "x:1", "definition": {"type": TYPES["question"]}})

    assert words.verb_words(statement) == "answered"


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        pytest.param({"id": "x:v", "display": {"fr": "a tenté", "en": "tried"}}, "tried", id="en"),
        pytest.param({"id": "x:v", "display": {"fr": "a tenté"}}, "a tenté", id="only French"),
        pytest.param({"id": ADL + "answered"}, "answered", id="tail of the address"),
        pytest.param({"id": "urn:verb:looked-up"}, "looked up", id="tail of a name"),
        pytest.param({"id": "https://verbs.example/"}, "verbs.example", id="no tail"),
        pytest.param({}, "did something with", id="nothing"),
    ],
)
def test_unknown_verb(verb: dict[str, Any], expected: str) -> None:
    assert words.verb_words({"verb": verb}) == expected


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        pytest.param({"objectType": "StatementRef", "id": "5"}, "an answer", id="statement"),
        pytest.param({"objectType": "Agent", "name": "Priya"}, "Priya", id="person"),
        pytest.param(
            {"objectType": "Agent", "account": {"homePage": "x:y", "name": "priya"}},
            "priya",
            id="account",
        ),
        pytest.param(
            {"objectType": "Agent", "mbox": "mailto:p@x.example"}, "somebody", id="address"
        ),
        pytest.param({"objectType": "SubStatement"}, "something", id="substatement"),
        pytest.param({"id": "https://www.a.example/t/1/"}, "a.example/t/1", id="no name"),
        pytest.param({"id": "x:1", "definition": {"name": "loose"}}, "x:1", id="name is no map"),
        pytest.param({"id": "x:1", "definition": {"name": {"en": "A"}}}, "“A”", id="named"),
        pytest.param(None, "something", id="nothing"),
    ],
)
def test_object(thing: object, expected: str) -> None:
    statement = {"verb": {"id": VERBS["accepted"].iri}, "object": thing}

    assert words.sentence(statement) == f"You accepted {expected}."


def test_title_stands_in_for_a_missing_name() -> None:
    assert words.sentence(said("read", None), title="Plain forms") == "You read “Plain forms”."


def test_somebody_else_is_named() -> None:
    assert words.sentence(said("read"), perspective="A <b>") == (
        "A &lt;b&gt; read “Open data clinic”."
    )


def test_hostile_title_stays_text() -> None:
    sentence = words.sentence(said("read", "<script>\u202e\ud800\x00"), href='/"><b>')

    assert sentence == 'You read <a href="/&#34;&gt;&lt;b&gt;">&lt;script&gt;</a>.'


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("https://forum.example/t/1", True),
        ("HTTP://forum.example", True),
        ("/learning?x=1", True),
        ("#top", True),
        ("javascript:alert(1)", False),
        ("//evil.example", False),
        ("data:text/html,x", False),
        ("https://a\n.example", False),
        ("", False),
        (None, False),
    ],
)
def test_only_safe_addresses_become_links(address: str | None, fits: bool) -> None:
    assert words.safe_href(address) == (address if fits else None)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fr", "Forme"), ("fr-CA", "Forme"), ("en-GB", "Shape"), ("de", "Shape")],
)
def test_reader_gets_her_language_or_english(language: str, expected: str) -> None:
    assert words.in_language({"es": "Forma", "fr": "Forme", "en-US": "Shape"}, language) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, "today"),
        (1, "yesterday"),
        (8, "8 days ago"),
        (30, "30 days ago"),
        (31, "4 weeks ago"),
        (90, "12 weeks ago"),
        (91, "3 months ago"),
        (380, "12 months ago"),
        (381, "November 2025"),
        (640, "February 2025"),
        (-1, "21 November 2026"),
    ],
)
def test_ago(days: int, expected: str) -> None:
    assert words.ago(TODAY - timedelta(days=days), TODAY) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, "from today"),
        (1, "1 day old"),
        (78, "11 weeks old"),
        (183, "6 months old"),
        (640, "from February 2025"),
    ],
)
def test_old(days: int, expected: str) -> None:
    assert words.old(TODAY - timedelta(days=days), TODAY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT57M", "57 minutes"),
        ("PT65M", "1 hour 5 minutes"),
        ("PT3600S", "1 hour"),
        ("PT59M59S", "1 hour"),
        ("PT42S", "42 seconds"),
        ("PT26H", "26 hours"),
        ("P6M", "6 months"),
        ("P1DT2H", "1 day 2 hours"),
        ("P1W", "1 week"),
        ("PT0.4S", "0 seconds"),
        ("PT0S", None),
        ("P", None),
        ("an hour", None),
        ("PT1.2.3S", None),
        pytest.param(f"P{'9' * 400}Y", None, id="more years than there are"),
        (57, None),
    ],
)
def test_duration(text: object, expected: str | None) -> None:
    assert words.iso_duration(text) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 18), "Wed 18 November"),
        (date(2025, 11, 18), "Tue 18 November 2025"),
    ],
)
def test_day(day: date, expected: str) -> None:
    assert words.day_words(day, TODAY) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Madrid", "20 November 2026, 00:30"),
        ("UTC", "19 November 2026, 23:30"),
        ("Nowhere/Land", "19 November 2026, 23:30"),
        ("../etc/passwd", "19 November 2026, 23:30"),
    ],
)
def test_moment_is_on_the_readers_clock(zone: str, expected: str) -> None:
    assert words.moment_words(datetime(2026, 11, 19, 23, 30, tzinfo=UTC), zone) == expected


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3], "Steady since May"),
        ([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "Up from 1 in July"),
        ([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], "New in June"),
        ([2, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0], "Faded in August"),
        ([3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2], "Down from 3 in August"),
        ([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1], "Back in September"),
        ([2] * 11, "Steady all year"),
        ([0] * 11, "No level in the past year"),
        ([], "No level in the past year"),
    ],
)
def test_past_year(levels: list[int], expected: str) -> None:
    points = [(date(2026, month, 20), level) for month, level in enumerate(levels, start=1)]

    assert words.past_year(points) == expected


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0, "first signs"),
        (349_999, "first signs"),
        (350_000, "some support"),
        (600_000, "some support"),
        (600_001, "well supported"),
    ],
)
def test_support(confidence: int, expected: str) -> None:
    assert words.support(confidence) == expected


@pytest.mark.parametrize(
    ("value", "expected", "icon"),
    [
        ("private", "Only you", "lock"),
        ("manager", "Your manager", "people"),
        ("community:Policy Hub", "Policy Hub members", "people"),
        ("public", "Public", "world"),
    ],
)
def test_audience(value: str, expected: str, icon: str) -> None:
    assert (words.audience(value), words.audience_icon(value)) == (expected, icon)


@pytest.mark.parametrize(
    ("number", "one", "expected"),
    [
        (1, "activity", "1 activity"),
        (3, "activity", "3 activities"),
        (0, "day", "0 days"),
        (2, "address", "2 addresses"),
        (1204, "row", "1,204 rows"),
    ],
)
def test_counted(number: int, one: str, expected: str) -> None:
    assert words.counted(number, one) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_listed(parts: list[str], expected: str) -> None:
    assert words.listed(parts) == expected


def test_list_with_links_escapes_the_rest() -> None:
    assert words.listed([Markup("<a>x</a>"), "<b>"]) == Markup("<a>x</a> and &lt;b&gt;")


@pytest.mark.parametrize(
    ("source", "expected"),
    [("Zoom", "Zo"), ("Policy Hub", "PH"), ("your own note", "YO"), ("", "··"), ("É-Forum", "ÉF")],
)
def test_mark(source: str, expected: str) -> None:
    assert words.mark(source) == expected


def test_long_identifier_loses_its_middle() -> None:
    assert words.short_iri("https://a.example/" + "x" * 90 + "/end", limit=20) == (
        "a.example/…xxxxx/end"
    )


def test_statement_is_shown_in_its_own_letters() -> None:
    assert words.json_text({"name": "Zoë"}) == '{\n  "name": "Zoë"\n}'
