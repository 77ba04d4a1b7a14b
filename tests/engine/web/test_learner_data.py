"""My data: identifiers, sources and their ground, answers to them, readers, and the copy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import a_key
from flask import Flask
from learner_visits import EMAIL, Visit, a_learner, happening, said, sign_in, stored

from engine.db import transaction
from engine.lrs import keys
from engine.people import matching
from engine.people import service as people
from engine.sources import instances

MakeApp = Callable[..., Flask]


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bo(site: Flask) -> Visit:
    return a_learner(site)


def a_source(site: Flask, basis: str) -> int:
    """A Zoom account on some ground; its origin."""
    with site.app_context(), transaction():
        given = {"timezone": "UTC"}
        return int(instances.add("zoom", "zoom", given, basis=basis).origin_id)


def test_identifiers_are_told_in_words(site: Flask, bo: Visit) -> None:
    with site.app_context(), transaction():
        people.link(people.get_person(EMAIL), "https://forum.example.org::bo")

    page = bo.page("/data")

    assert "bo Account at forum.example.org" in page
    assert "bo@example.org Email address, and the hash that stands for it" in page


def test_user_names_and_ids_are_told_in_words(site: Flask, bo: Visit) -> None:
    with site.app_context(), transaction():
        matching.import_people(b"email,username,external_id\nbo@example.org,blund,4711\n")

    page = bo.page("/data")

    assert "blund User name" in page
    assert "4711 Id in another system" in page


def test_origin_says_what_it_holds_and_on_which_ground(site: Flask, bo: Visit) -> None:
    stored(site, happening("One"), happening("Two"))

    page = bo.page("/data")

    assert "Byway holds 2 lines about you." in page
    assert "Policy Hub A system that sends statements with a key of its own. 2 lines" in page
    assert "Notice: it is read unless you object." in page


def test_source_says_what_it_reads_and_what_is_kept(site: Flask, bo: Visit) -> None:
    a_source(site, "notice")

    page = bo.page("/data")

    assert "Zoom webinars and meetings. Nothing about you." in page
    assert "It reads name, email, Zoom user id, join and leave times" in page


def test_source_says_what_its_team_wants_her_to_know(site: Flask, bo: Visit) -> None:
    a_source(site, "notice")
    with site.app_context(), transaction():
        instances.set_notice(instances.get("zoom"), "Since May; ask Odile.")

    assert "Since May; ask Odile." in bo.page("/data")


def test_key_that_holds_nothing_is_left_out(site: Flask, bo: Visit) -> None:
    with site.app_context():
        a_key("Quiet")

    assert "Quiet" not in bo.page("/data")


def test_objection_stops_what_counts_and_is_taken_back(site: Flask, bo: Visit) -> None:
    stored(site, happening("Clinic", tags=("data",)))

    told = bo.told("/data/2", word="objected")
    silent = bo.page("/competencies")
    back = bo.told("/data/2", word="given")

    assert "You objected to Policy Hub." in told
    assert "Take the objection back" in told
    assert "Data literacy" not in silent.partition("All competencies")[0]
    assert "Policy Hub may be used again." in back
    assert "Data literacy" in bo.page("/competencies")


def test_consent_is_given_and_withdrawn(site: Flask, bo: Visit) -> None:
    origin = a_source(site, "consent")
    before = bo.page("/data")

    given = bo.told(f"/data/{origin}", word="given")
    withdrawn = bo.told(f"/data/{origin}", word="withdrawn")

    assert "Your consent, which you have not given." in before
    assert "Your consent, which you gave." in given
    assert "You withdrew your consent to zoom." in withdrawn


@pytest.mark.parametrize("word", ["withdrawn", "", "yes"])
def test_word_that_does_not_fit_the_ground_is_refused(site: Flask, bo: Visit, word: str) -> None:
    origin = a_source(site, "notice")

    assert bo.send(f"/data/{origin}", word=word).status_code == 400


@pytest.mark.parametrize("origin", [1, 99], ids=["her own notes", "no such origin"])
def test_nobody_objects_to_what_is_no_source(bo: Visit, origin: int) -> None:
    assert bo.send(f"/data/{origin}", word="objected").status_code == 404


def test_answer_without_a_token_is_refused(site: Flask, bo: Visit) -> None:
    assert bo.client.post(f"/data/{a_source(site, 'notice')}").status_code == 400


def test_keys_that_read_everything_are_named(site: Flask, bo: Visit) -> None:
    before = bo.page("/data")
    with site.app_context():
        a_key("Moodle", scopes=["all"], reads="all")

    assert "No other system can read everything." in before
    assert "These systems, everything: Moodle." in bo.page("/data")


def test_keys_that_ask_for_levels_are_named(site: Flask, bo: Visit) -> None:
    with site.app_context():
        a_key("Store", scopes=["statements/read"], reads="all")
        a_key("Moodle", scopes=["profiles/read"], reads="all")

    page = bo.page("/data")

    assert "These systems, everything: Moodle and Store." in page
    assert "can ask for your levels and what they rest on: Moodle." in page


def test_a_key_that_was_revoked_reads_nothing_any_more(site: Flask, bo: Visit) -> None:
    with site.app_context():
        a_key("Moodle", scopes=["all"], reads="all")
    with site.app_context(), transaction():
        keys.revoke("Moodle")

    assert "No other system can read everything." in bo.page("/data")


def test_a_key_with_a_new_secret_is_named_once(site: Flask, bo: Visit) -> None:
    with site.app_context():
        a_key("Moodle", scopes=["all"], reads="all")
    with site.app_context(), transaction():
        keys.rotate("Moodle", overlap_us=3_600_000_000)

    assert "These systems, everything: Moodle." in bo.page("/data")


def test_manager_and_communities_are_named(site: Flask) -> None:
    with site.app_context(), transaction():
        matching.import_people(
            b"name,email,communities,manager\n"
            b"Bo Lund,bo@example.org,Open data,ines@example.org\nInes Roy,ines@example.org,,\n"
        )
        who = people.who(people.get_person(EMAIL))

    page = sign_in(site, who).page("/data")

    assert "Ines Roy, your manager: only lines that you show to your manager." in page
    assert "Members of Open data: only lines that you show to the community." in page


def test_copy_holds_her_statements_and_nobody_elses(site: Flask, bo: Visit) -> None:
    mine, others = happening("Mine"), happening("Others", email="ann@example.org")
    stored(site, mine, others)

    response = bo.client.get("/data/export.json")

    assert [one["id"] for one in response.get_json()] == [mine["id"]]
    assert "byway-record.json" in response.headers["Content-Disposition"]


def test_copy_of_nothing_is_an_empty_list(bo: Visit) -> None:
    assert bo.client.get("/data/export.json").get_json() == []


# ---- At the door ------------------------------------------------------------------------


def test_home_tells_visitors_what_this_is(site: Flask) -> None:
    page = said(site.test_client().get("/").text)

    assert "If you learn" in page
    assert "Ask your Byway team for it" in page


def test_home_leads_whoever_is_signed_in_to_her_record(bo: Visit) -> None:
    assert bo.client.get("/").headers["Location"] == "/learning"


def test_help_is_a_page_of_text(site: Flask) -> None:
    assert site.test_client().get("/help").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/learning", "/learning/add", "/competencies", "/competencies/data-literacy", "/data"],
)
def test_page_needs_somebody(site: Flask, path: str) -> None:
    assert site.test_client().get(path).status_code == 401
