"""My learning: sentences by month, what they count for, filters, folds, and whose they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from learner_visits import (
    ARTICLE,
    EMAIL,
    HOSTED,
    QUESTION,
    READ,
    REPLIED,
    Visit,
    a_learner,
    acceptance,
    happening,
    said,
    stored,
)

from engine.db import transaction
from engine.people import service as people
from engine.web import learner_record

pytestmark = pytest.mark.both_databases
MakeApp = Callable[..., Flask]
HOSTILE = '<script>alert("x")</script> & "quoted"'


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bo(site: Flask) -> Visit:
    return a_learner(site)


def test_empty_record_says_what_would_fill_it(bo: Visit) -> None:
    page = bo.page("/learning")

    assert "Nothing is recorded yet" in page
    assert "Note something you learned" in page


def test_visitor_is_asked_to_sign_in(site: Flask) -> None:
    response = site.test_client().get("/learning")

    assert response.status_code == 401
    assert "This page needs you to sign in." in said(response.text)


def test_line_is_a_sentence_with_its_limit_and_cause(site: Flask, bo: Visit) -> None:
    stored(site, happening("Open data clinic", tags=("data",), duration="PT57M"))

    page = bo.page("/learning")

    assert "You attended Open data clinic for 57 minutes." in page
    assert "Counts towards Data literacy . Attending can support level 1, not more." in page
    assert "Policy Hub Seen by: Only you" in page


@pytest.mark.parametrize(
    ("verb", "kind", "tags", "note"),
    [
        pytest.param(
            REPLIED,
            QUESTION,
            ("digital",),
            "Counts towards Digital collaboration , up to level 1 until a peer accepts it.",
            id="a reply waits for acceptance",
        ),
        pytest.param(
            HOSTED,
            "http://adlnet.gov/expapi/activities/meeting",
            ("data", "digital"),
            "Counts towards Data literacy and Digital collaboration , up to level 1 until",
            id="two competencies with one limit share a sentence",
        ),
        pytest.param(
            "http://adlnet.gov/expapi/verbs/attended",
            "http://id.tincanapi.com/activitytype/webinar",
            (),
            "Reaches no competency yet. Your L&D team sees it in its list.",
            id="no tag, no competency",
        ),
        pytest.param(
            "http://adlnet.gov/expapi/verbs/failed",
            "http://adlnet.gov/expapi/activities/assessment",
            ("data",),
            "Speaks against level 2 and above in Data literacy , less so as time goes by.",
            id="an attempt not passed",
        ),
        pytest.param(
            READ, ARTICLE, (), "Adds nothing to your levels on its own.", id="one view alone"
        ),
    ],
)
def test_margin_says_what_a_line_counts_for(
    site: Flask, bo: Visit, verb: str, kind: str, tags: tuple[str, ...], note: str
) -> None:
    stored(site, happening("It", verb=verb, kind=kind, tags=tags))

    assert note in bo.page("/learning")


def test_acceptance_by_peers_is_counted_and_lifts_the_limit(site: Flask, bo: Visit) -> None:
    answer = happening("Which licence?", verb=REPLIED, kind=QUESTION, tags=("digital",))
    stored(site, answer, acceptance(answer, "a@example.org"), acceptance(answer, "c@example.org"))

    page = bo.page("/learning")

    assert "You answered Which licence? and 2 peers accepted it." in page
    assert "Digital collaboration , up to level 3 because peers accepted it." in page


def test_own_acceptance_counts_for_nothing(site: Flask, bo: Visit) -> None:
    answer = happening("Which licence?", verb=REPLIED, kind=QUESTION, tags=("digital",))
    stored(site, answer, acceptance(answer, EMAIL))

    page = bo.page("/learning")

    assert "up to level 1 until a peer accepts it" in page
    assert "Your word helps somebody else’s level, not yours." in page


def test_acceptance_through_a_key_without_a_say_is_not_counted(site: Flask, bo: Visit) -> None:
    answer = happening("Which licence?", verb=REPLIED, kind=QUESTION, tags=("digital",))
    stored(site, answer)
    stored(site, acceptance(answer, "a@example.org"), key="Elsewhere", may_attest=False)

    assert "accepted it" not in bo.page("/learning")


def test_neighbouring_views_are_folded(site: Flask, bo: Visit) -> None:
    stored(site, *(happening(f"Guide {n}", verb=READ, kind=ARTICLE, days=0.1) for n in range(3)))

    page = bo.page("/learning")

    assert "3 pages read, on" in page
    assert "They add nothing to your levels on their own." in page
    assert "You read Guide 2" in page


def test_view_that_counts_is_not_folded(site: Flask, bo: Visit) -> None:
    views = [
        happening(f"Guide {n}", verb=READ, kind=ARTICLE, tags=("data",), days=0.1) for n in range(3)
    ]
    stored(site, *views)

    assert "pages read" not in bo.page("/learning")


def test_hostile_title_is_escaped(site: Flask, bo: Visit) -> None:
    stored(site, happening(HOSTILE))

    page = bo.html("/learning")

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_others_lines_are_not_shown(site: Flask, bo: Visit) -> None:
    stored(site, happening("Somebody else’s", email="ann@example.org"))

    assert "Somebody else" not in bo.page("/learning")


def test_line_shows_as_soon_as_it_is_projected(site: Flask, bo: Visit) -> None:
    before = bo.page("/learning")
    stored(site, happening("Just now", days=0))

    assert "Just now" not in before
    assert "Just now" in bo.page("/learning")


def test_linked_identifier_lights_up_what_is_recorded(site: Flask, bo: Visit) -> None:
    account = {"account": {"homePage": "https://forum.example.org", "name": "bo"}}
    stored(site, happening("On the forum", actor=account))
    before = bo.page("/learning")
    with site.app_context(), transaction():
        people.link(people.get_person(EMAIL), "https://forum.example.org::bo")

    assert "On the forum" not in before
    assert "On the forum" in bo.page("/learning")


# ---- Filters and pages -------------------------------------------------------------


@pytest.fixture
def mixed(site: Flask, bo: Visit) -> Visit:
    """One webinar on data in autumn, one answer long ago from another key."""
    stored(site, happening("Data clinic", tags=("data",), timestamp="2026-03-10T12:00:00Z"))
    old = happening("Old answer", verb=REPLIED, kind=QUESTION, timestamp="2024-05-31T22:30:00Z")
    stored(site, old, key="Elsewhere")
    return bo


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        pytest.param("source=3", "Old answer", "Data clinic", id="by source"),
        pytest.param("competency=data-literacy", "Data clinic", "Old answer", id="by competency"),
        pytest.param("competency=none", "Old answer", "Data clinic", id="reaching none"),
        pytest.param("from=2026-01-01", "Data clinic", "Old answer", id="from a day"),
        pytest.param("to=2024-05-31", "Old answer", "Data clinic", id="to a day, itself included"),
        pytest.param("from=2024-06-01", "Data clinic", "Old answer", id="the day after"),
        pytest.param("audience=private&source=2", "Data clinic", "Old answer", id="by audience"),
    ],
)
def test_filter_leaves_what_fits(mixed: Visit, query: str, seen: str, unseen: str) -> None:
    page = mixed.page(f"/learning?{query}")

    assert seen in page
    assert unseen not in page


def test_filter_that_leaves_nothing_says_so(mixed: Visit) -> None:
    page = mixed.page("/learning?audience=public")

    assert "Nothing in your record fits this choice." in page
    assert "Shown here: seen by everybody." in page


def test_wrong_day_in_a_filter_is_said_with_the_mend(mixed: Visit) -> None:
    page = mixed.page("/learning?from=31/11/2026")

    assert "“31/11/2026” is not a day. Write it like 2026-11-20." in page
    assert "Data clinic" in page


@pytest.mark.parametrize("query", ["source=x", "before=soon", "competency=unknown", "source=99"])
def test_odd_filter_breaks_nothing(mixed: Visit, query: str) -> None:
    assert "My learning" in mixed.page(f"/learning?{query}")


def test_months_are_named_with_what_they_held(mixed: Visit) -> None:
    page = mixed.page("/learning")

    assert "March 2026 1 activity" in page
    assert page.index("March 2026") < page.index("May 2024")


def test_page_ends_between_months(site: Flask, bo: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner_record, "PAGE", 3)
    days = ("2026-03-10", "2026-03-09", "2026-02-20", "2026-02-19", "2026-01-05")
    stored(site, *(happening(f"On {day}", timestamp=f"{day}T12:00:00Z") for day in days))

    page = bo.html("/learning")

    assert "On 2026-03-09" in page
    assert "On 2026-02-20" not in page
    assert "Show February 2026 and earlier" in said(page) or "Show February and earlier" in said(
        page
    )


def test_next_page_goes_on_where_the_first_ended(
    site: Flask, bo: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner_record, "PAGE", 2)
    stored(site, *(happening(f"No. {n}", timestamp="2026-03-10T12:00:00Z") for n in range(3)))

    first = bo.html("/learning")
    further = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = bo.page(further)

    assert "2 activities so far, more below" in said(first)
    assert "No. 0" in second
    assert "No. 1" not in second


def test_lead_says_what_the_newest_month_held(site: Flask, bo: Visit) -> None:
    answer = happening("Which licence?", verb=REPLIED, kind=QUESTION, days=0.2)
    stored(site, answer, acceptance(answer, "a@example.org", days=0.1))

    page = bo.page("/learning")

    assert "something was recorded on 1 day." in page
    assert "you answered 1 question; peers accepted 1 contribution." in page


def test_strip_counts_on_the_learners_clock(site: Flask, bo: Visit) -> None:
    with site.app_context(), transaction():
        people.get_person(EMAIL).zone = "Pacific/Auckland"
    stored(site, happening("Late at night", timestamp="2026-10-01T20:00:00Z"))

    assert "Fri 2 October" in bo.page("/learning")


def test_source_that_was_objected_to_is_not_shown(site: Flask, bo: Visit) -> None:
    stored(site, happening("Data clinic", tags=("data",)))
    bo.send("/data/2", word="objected")

    page = bo.page("/learning")

    assert "Data clinic" not in page
    assert "What Policy Hub holds about you is not shown and does not count." in page
