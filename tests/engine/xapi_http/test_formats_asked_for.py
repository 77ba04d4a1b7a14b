"""GET statements in the formats exact, ids and canonical (xAPI 1.0.3 Communication 2.1.3)."""

from __future__ import annotations

from typing import Any

import pytest
from factories import ATTENDED, a_statement
from flask import Flask
from xapi_making import STATEMENTS, Lms

from engine.lrs.reader import Access
from engine.xapi_http import formats
from engine.xapi_http.formats import formatted
from xapi import text
from xapi.query import read_query

THING = "https://events.example.org/1"
NAMES = {"en": "Maps", "fr": "Cartes"}
SPOKEN = {"en": "attended", "fr": "a assisté à"}


@pytest.fixture(params=["1.0.3", "2.0.0"])
def lms(app: Flask, request: pytest.FixtureRequest) -> Lms:
    return Lms(app, version=request.param)


def spoken(name: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    """A statement with languages to choose from."""
    definition = {"name": NAMES if name is None else name}
    thing = {"objectType": "Activity", "id": THING, "definition": definition}
    actor = {"objectType": "Agent", "name": "Bo", "mbox": "mailto:bo@example.org"}
    return a_statement(actor=actor, object=thing, **members) | {
        "verb": {"id": ATTENDED, "display": SPOKEN}
    }


def asked(client: Lms, language: str = "", **query: str) -> Any:
    """What a query gives to who accepts these languages."""
    with_ = {"Accept-Language": language}
    return client.send("GET", STATEMENTS, query_string=query, with_=with_).json


def newest(client: Lms, language: str = "", **query: str) -> Any:
    """The newest statement that a query gives."""
    return asked(client, language, **query)["statements"][0]


def test_exact_has_every_language_whatever_is_accepted(lms: Lms) -> None:
    lms.post(spoken())
    found = newest(lms, "fr", format="exact")
    assert (found["verb"]["display"], found["object"]["definition"]["name"]) == (SPOKEN, NAMES)


def test_without_a_format_it_is_exact(lms: Lms) -> None:
    lms.post(spoken())
    assert newest(lms, "fr") == newest(lms, format="exact")


def test_canonical_has_the_language_accepted(lms: Lms) -> None:
    lms.post(spoken())
    found = newest(lms, "fr, en;q=0.1", format="canonical")
    assert found["verb"]["display"] == {"fr": "a assisté à"}
    assert found["object"]["definition"]["name"] == {"fr": "Cartes"}
    assert found["actor"]["name"] == "Bo"


def test_canonical_without_accept_language_has_one_all_the_same(lms: Lms) -> None:
    lms.post(spoken())
    found = newest(lms, format="canonical")
    assert (found["verb"]["display"], found["object"]["definition"]["name"]) == (
        {"en": "attended"},
        {"en": "Maps"},
    )


def test_canonical_tells_what_other_statements_said(lms: Lms) -> None:
    lms.post([spoken({"es": "Mapas"}), spoken({"en": "Maps"})])
    found = newest(lms, "es", format="canonical")
    assert found["object"]["definition"]["name"] == {"es": "Mapas"}


def test_canonical_of_one_statement_by_its_id(lms: Lms) -> None:
    sid = lms.post(spoken()).json[0]
    found = asked(lms, "fr", format="canonical", statementId=sid)
    assert found["object"]["definition"]["name"] == {"fr": "Cartes"}


def test_canonical_is_what_the_reader_may_know(app: Flask, lms: Lms) -> None:
    lms.post(spoken({"en": "Plans"}))
    Lms(app, name="other").post(spoken({"en": "Maps"}))
    reader = Lms(app, name="reader", scopes=["all/read"], reads="all")
    assert newest(lms, format="canonical")["object"]["definition"]["name"] == {"en": "Plans"}
    assert newest(reader, format="canonical")["object"]["definition"]["name"] == {"en": "Maps"}


def test_ids_leave_identifiers_only(lms: Lms) -> None:
    lms.post(spoken())
    found = newest(lms, format="ids")
    assert found["actor"] == {"objectType": "Agent", "mbox": "mailto:bo@example.org"}
    assert found["verb"] == {"id": ATTENDED}
    assert found["object"] == {"id": THING}


def test_the_format_goes_with_the_link_to_the_next_page(lms: Lms) -> None:
    lms.post([spoken(), spoken()])
    first = lms.get(format="ids", limit="1").json
    assert lms.get(first["more"]).json["statements"][0]["verb"] == {"id": ATTENDED}


def test_exact_bytes_are_not_touched(app: Flask) -> None:
    payloads = [b"not even JSON"]
    query = read_query({}, version="2.0.0")
    assert formatted(payloads, query, Access(everything=True), "fr") is payloads


def canonical(statement: dict[str, Any], language: str = "fr") -> Any:
    """A statement in the canonical format, as who reads everything gets it."""
    query = read_query({"format": "canonical"}, version="2.0.0")
    [found] = formatted([text.dump(statement)], query, Access(everything=True), language)
    return text.parse(found)


def test_activities_beyond_measure_keep_what_the_statement_says(
    lms: Lms, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms.post(spoken({"fr": "Plans"}))
    unheard = spoken({"fr": "Cartes"})
    assert canonical(unheard)["object"]["definition"]["name"] == {"fr": "Plans"}
    monkeypatch.setattr(formats, "MOST_ACTIVITIES", 0)
    assert canonical(unheard)["object"]["definition"]["name"] == {"fr": "Cartes"}


def test_a_page_does_not_grow_beyond_measure(lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    lms.post(spoken({"fr": "Plans"}))
    monkeypatch.setattr(formats, "LARGEST_PAGE", 100)
    again = {"id": THING}
    often = spoken({"fr": "Cartes"}, context={"contextActivities": {"other": [again] * 10}})
    assert canonical(often)["object"]["definition"]["name"] == {"fr": "Cartes"}
