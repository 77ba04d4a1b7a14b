"""Noting something: three fields, what is refused and how it is said, what it counts for."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from learner_visits import EMAIL, Visit, a_learner, catch_up, said

from engine.db import transaction
from engine.people import service as people
from engine.pipeline import reader
from engine.web.learner_forms import KINDS
from xapi import text

MakeApp = Callable[..., Flask]
DATA = "https://w3id.org/byway/frameworks/public-service-learning/data-literacy"
LAST_WEEK = (datetime.now(UTC) - timedelta(days=7)).date()
FIELDS = {"title": "How Leeds closes a consultation", "when": LAST_WEEK.isoformat()}


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bo(site: Flask) -> Visit:
    return a_learner(site)


def test_form_begins_with_today(bo: Visit) -> None:
    assert f'value="{datetime.now(UTC).date().isoformat()}"' in bo.html("/learning/add")


def test_note_leads_to_its_line(bo: Visit) -> None:
    page = bo.told("/learning/add", **FIELDS, kind="conversation")

    assert "Noted. You alone can see it until you decide otherwise." in page
    assert "You noted a conversation about How Leeds closes a consultation." in page
    assert "Your own note Seen by: Only you" in page


@pytest.mark.parametrize("kind", [kind for kind, _ in KINDS])
def test_every_kind_can_be_noted(site: Flask, bo: Visit, kind: str) -> None:
    assert bo.send("/learning/add", **FIELDS, kind=kind).status_code == 200
    catch_up(site)

    assert "How Leeds closes a consultation" in bo.page("/learning")


def test_note_counts_towards_what_was_chosen(site: Flask, bo: Visit) -> None:
    bo.send("/learning/add", **FIELDS, kind="conversation", competency=DATA, minutes="45")
    catch_up(site)

    page = bo.page("/learning")

    assert "Counts towards Data literacy . Your own word can support level 1, not more." in page


SLIDES = "https://slides.example.org/northmoor/open-data?page=2#notes"


def test_link_is_where_the_thing_is(site: Flask, bo: Visit) -> None:
    page = bo.send("/learning/add", **FIELDS, kind="slide-deck", link=SLIDES).text

    assert SLIDES in html.unescape(page)


def test_two_who_note_one_link_note_one_thing(site: Flask, bo: Visit) -> None:
    ana = a_learner(site, "Ana Ruiz", "ana@example.org")
    bo.send("/learning/add", **FIELDS, kind="slide-deck", link=SLIDES)
    ana.send("/learning/add", **FIELDS, kind="slide-deck", link=SLIDES)

    with site.app_context():
        ids = [text.parse(one.payload)["object"]["id"] for one in reader().log(0, 10)]
    assert ids == [SLIDES, SLIDES]


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("slides.example.org", id="no scheme"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("https://ann:secret@slides.example.org/", id="a password in it"),
        pytest.param("https://slides.example.org/two words", id="a space"),
        pytest.param("https://slides.example.org/" + "a" * 2000, id="too long"),
    ],
)
def test_what_is_no_link_is_said_at_its_field(bo: Visit, link: str) -> None:
    answer = bo.send("/learning/add", **FIELDS, kind="slide-deck", link=link)

    assert answer.status_code == 422
    assert "is not a link. Copy it from the browser" in said(answer.text)


def test_an_address_fills_in_the_form(bo: Visit) -> None:
    page = bo.html(f"/learning/add?title=Open+data&link={quote(SLIDES, safe='')}")

    assert 'value="Open data"' in page
    assert f'value="{SLIDES}"' in html.unescape(page)


def test_length_is_kept(site: Flask, bo: Visit) -> None:
    bo.send("/learning/add", **FIELDS, kind="webinar", minutes="45")
    catch_up(site)

    assert "for 45 minutes." in bo.page("/learning")


def test_other_day_is_noon_on_the_learners_clock(site: Flask, bo: Visit) -> None:
    with site.app_context(), transaction():
        people.get_person(EMAIL).zone = "America/Toronto"

    page = bo.told("/learning/add", **FIELDS, kind="video")

    assert f"{LAST_WEEK.year}, 12:00" in page


def test_today_is_now(bo: Visit) -> None:
    now = datetime.now(ZoneInfo("UTC"))

    page = bo.told("/learning/add", **FIELDS | {"when": now.date().isoformat()}, kind="video")

    assert f"{now.year}, {now:%H:}" in page


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"title": "  "}, "Say what it was about.", id="nothing said"),
        pytest.param({"title": "x" * 201}, "This has 201 letters.", id="too much said"),
        pytest.param({"when": ""}, "Say when it was.", id="no day"),
        pytest.param({"when": "31/11/2026"}, "“31/11/2026” is not a day.", id="not a day"),
        pytest.param({"when": "2026-11-31"}, "“2026-11-31” is not a day.", id="no such day"),
        pytest.param({"when": "2999-01-01"}, "1 January 2999 is still to come.", id="to come"),
        pytest.param({"when": "0026-01-01"}, "Check the year.", id="a slip of the year"),
        pytest.param({"kind": ""}, "Choose which kind of thing it was.", id="no kind"),
        pytest.param({"kind": "party"}, "Choose which kind of thing it was.", id="unknown kind"),
        pytest.param({"minutes": "an hour"}, "“an hour” is not a length.", id="not a length"),
        pytest.param({"minutes": "0"}, "“0” is not a length.", id="no length"),
        pytest.param({"competency": "x"}, "This is not in the list.", id="unknown competency"),
    ],
)
def test_wrong_field_is_said_in_the_summary_and_beside_it(
    bo: Visit, change: dict[str, str], why: str
) -> None:
    response = bo.send("/learning/add", **{**FIELDS, "kind": "video", **change})

    assert response.status_code == 422
    assert said(response.text).count(why) == 2


def test_what_was_typed_stands_again(bo: Visit) -> None:
    page = bo.send("/learning/add", title="<b>Bold</b>", when="", kind="video").text

    assert 'value="&lt;b&gt;Bold&lt;/b&gt;"' in page
    assert 'value="video" checked' in page


def test_nothing_is_kept_of_a_refused_note(site: Flask, bo: Visit) -> None:
    bo.send("/learning/add", title="Unfinished", when="", kind="video")
    catch_up(site)

    assert "Nothing is recorded yet" in bo.page("/learning")


def test_note_without_a_token_is_refused(bo: Visit) -> None:
    assert bo.client.post("/learning/add", data=FIELDS).status_code == 400
