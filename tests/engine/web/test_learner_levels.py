"""My competencies, and why: the table, the ladder, shares, sums, what would raise and fade it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from factories import a_person
from flask import Flask
from learner_visits import (
    ADL,
    ATTENDED,
    QUESTION,
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

MakeApp = Callable[..., Flask]
DIGITAL = "https://w3id.org/byway/frameworks/public-service-learning/digital-collaboration"
PASSED, FAILED = ADL + "verbs/passed", ADL + "verbs/failed"
ASSESSMENT = ADL + "activities/assessment"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bo(site: Flask) -> Visit:
    return a_learner(site)


@pytest.fixture
def working(site: Flask, bo: Visit) -> Visit:
    """Five answers that a peer by name accepted, and three webinars."""
    with site.app_context():
        a_person("Ines Roy", "ines@example.org")
    answers = [
        happening(f"Question {n}", verb=REPLIED, kind=QUESTION, tags=("digital",), days=5 + n)
        for n in range(5)
    ]
    webinars = [happening(f"Talk {n}", tags=("digital",), days=9 + n) for n in range(3)]
    accepted = [acceptance(one, "ines@example.org") for one in answers]
    stored(site, *answers, *webinars, *accepted)
    return bo


def test_without_evidence_the_page_says_what_would_fill_it(bo: Visit) -> None:
    page = bo.page("/competencies")

    assert "Nothing in your record speaks of a competency yet." in page
    assert "Service design with users" in page


def test_table_says_level_support_newest_and_the_past_year(working: Visit) -> None:
    page = working.page("/competencies")

    assert "Digital collaboration 2 Working Some support 5 days ago New in" in page
    assert "You are strongest in Digital collaboration, which peers accepted." in page


def test_page_names_the_ruleset_and_the_day(working: Visit) -> None:
    page = working.page("/competencies")

    assert re.search(r"with the ruleset Public service learning \( [0-9a-f]{12} \)", page)


def test_two_competencies_make_no_shape(working: Visit) -> None:
    assert "The shape of it" not in working.page("/competencies")


def test_three_competencies_make_a_shape(site: Flask, bo: Visit) -> None:
    stored(site, *(happening(tag, tags=(tag,)) for tag in ("data", "digital", "policy")))

    assert "The shape of it" in bo.page("/competencies")


@pytest.mark.parametrize(
    ("language", "name"),
    [
        pytest.param("fr-CA,fr;q=0.9", "2 Pratique", id="french"),
        pytest.param("es", "2 Práctica", id="spanish"),
        pytest.param("ja", "2 Working", id="unknown falls back to english"),
    ],
)
def test_levels_are_named_in_the_readers_language(working: Visit, language: str, name: str) -> None:
    assert name in working.page("/competencies", **{"Accept-Language": language})


def test_faded_level_says_so_with_the_day(site: Flask, bo: Visit) -> None:
    long_ago = [
        happening(f"Exam {n}", verb=PASSED, kind=ASSESSMENT, tags=("data",), days=1500 - n)
        for n in range(2)
    ]
    stored(site, *long_ago)

    page = bo.page("/competencies")
    reason = bo.page("/competencies/data-literacy")

    assert re.search(r"Not recently evidenced 1 Awareness until \d+ \w+ 20\d\d", page)
    assert "Data literacy has not been evidenced recently." in page
    assert "Why is Data literacy not recently evidenced?" in reason
    assert "Your evidence once supported 1 Awareness. You held it until" in reason


def test_level_never_held_is_not_called_faded(site: Flask, bo: Visit) -> None:
    stored(site, *(happening(f"Talk {n}", tags=("data",), days=300 * n + 1) for n in range(9)))

    assert "Not recently evidenced" not in bo.page("/competencies")


# ---- Why this level ------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/competencies/digital-collaboration", id="by its last part"),
        pytest.param(f"/competencies/{DIGITAL}", id="by its whole id"),
    ],
)
def test_competency_has_an_address(working: Visit, path: str) -> None:
    response = working.client.get(path, follow_redirects=True)

    assert "Why level 2 in Digital collaboration?" in said(response.text)


def test_unknown_competency_is_not_found(bo: Visit) -> None:
    assert "no such competency" in bo.page("/competencies/juggling", status=404)


def test_competency_without_evidence_says_what_would_count(bo: Visit) -> None:
    page = bo.page("/competencies/data-literacy")

    assert "Nothing in your record speaks of this yet." in page
    assert "Level 1 asks for 0.60 and you have 0.00." in page
    assert "A recognised expert confirms that you work at level 1" in page


def test_shares_add_up_to_a_hundred(working: Visit) -> None:
    page = working.page("/competencies/digital-collaboration")
    rests = page.partition("What it rests on")[2].partition("Together")[0]

    assert sum(map(int, re.findall(r"(\d+) %", rests))) == 100


def test_each_piece_says_its_kind_who_stands_behind_it_and_its_age(working: Visit) -> None:
    page = working.page("/competencies/digital-collaboration")

    assert "You answered Question 0 and 1 peer accepted it. Contribution accepted by" in page
    assert "accepted by Ines Roy 5 days old" in page


def test_acceptance_given_back_is_said(site: Flask, working: Visit) -> None:
    hers = happening("Hers", verb=REPLIED, kind=QUESTION, email="ines@example.org")
    stored(site, hers, acceptance(hers, working.who.email), key="Back")

    page = working.page("/competencies/digital-collaboration")

    assert "accepted by Ines Roy, whose work you also accepted" in page


def test_attendance_is_held_back_with_the_reason(working: Visit) -> None:
    page = working.page("/competencies/digital-collaboration")

    assert "3 sessions you attended count for level 1 only. Being there shows" in page


def test_sums_say_what_each_level_asks_for(working: Visit) -> None:
    page = working.page("/competencies/digital-collaboration")

    assert re.search(r"2 Working 1\.\d\d 1\.50 yes 3 Practitioner 1\.\d\d 3\.00 no", page)


def test_page_says_what_would_raise_it_and_when_it_would_fade(working: Visit) -> None:
    page = working.page("/competencies/digital-collaboration")

    assert "Level 3 asks for 3.00 and you have 1." in page
    assert "A recognised expert confirms that you work at level 3. That brings you to" in page
    assert "If nothing new arrives, level 2 holds until" in page


def test_failed_attempt_is_told_calmly(site: Flask, bo: Visit) -> None:
    failed = happening("Hard exam", verb=FAILED, kind=ASSESSMENT, tags=("data",))
    stored(site, failed, happening("Talk", verb=ATTENDED, tags=("data",)))

    page = bo.page("/competencies/data-literacy")

    assert "Hard exam" in page
    assert "An attempt that did not work out is part of learning." in page
    assert "Against" in page


def test_expert_who_did_not_confirm_is_told(site: Flask, bo: Visit) -> None:
    with site.app_context():
        a_person("Eva Expert", "eva@example.org", "expert")
    answer = happening("Shaky", verb=REPLIED, kind=QUESTION, tags=("data",))
    rejected = acceptance(answer, "eva@example.org")
    rejected["verb"] = {"id": "http://activitystrea.ms/reject"}
    stored(site, answer, rejected)

    page = bo.page("/competencies/data-literacy")

    assert "An expert did not confirm Shaky , so it does not count." in page


def test_many_of_one_kind_count_less(site: Flask, bo: Visit) -> None:
    stored(site, *(happening(f"Talk {n}", tags=("data",), days=n + 1) for n in range(20)))

    page = bo.page("/competencies/data-literacy")

    assert "they count less the more of them there are" in page
    assert "The other 8 things" in page


def test_same_thing_twice_counts_once(site: Flask, bo: Visit) -> None:
    stored(site, *(happening("Talk", tags=("data",), days=n) for n in (1, 20)))

    page = bo.page("/competencies/data-literacy")

    assert "One thing that you did more than once counts once each, by the freshest day." in page


def test_role_taken_away_lowers_the_level(site: Flask, bo: Visit) -> None:
    with site.app_context():
        a_person("Eva Expert", "eva@example.org", "expert")
    answer = happening("Deep", verb=REPLIED, kind=QUESTION, tags=("data",))
    words = [acceptance(answer, email) for email in ("eva@example.org", "ann@example.org")]
    stored(site, answer, *words)
    before = bo.page("/competencies/data-literacy")
    with site.app_context(), transaction():
        people.take_role(people.get_person("eva@example.org"), "expert")

    assert "confirmed by Eva Expert 1 day old" in before
    assert "accepted by Eva Expert and" in bo.page("/competencies/data-literacy")
