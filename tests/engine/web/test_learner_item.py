"""One line of a record: its whole story, and every decision about it with its reversal."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import a_person
from flask import Flask
from learner_visits import (
    ADL,
    QUESTION,
    REPLIED,
    Visit,
    a_learner,
    acceptance,
    catch_up,
    happening,
    said,
    sign_in,
    stored,
    token,
)

from engine.api import Delivery
from engine.db import transaction
from engine.people import matching
from engine.people import service as people
from engine.sources import instances, runs

MakeApp = Callable[..., Flask]
WEBINAR_FILE = Path(__file__).parents[2] / "data" / "zoom" / "webinar.csv"
BO = "bo.lund@example.org"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bo(site: Flask) -> Visit:
    return a_learner(site, email=BO)


def attended(site: Flask, **given: str) -> str:
    """Bo attended something, sent through a key; where its page is."""
    one = happening("Data clinic", email=BO, tags=("data",), duration="PT30M", **given)
    stored(site, one)
    return f"/learning/{one['id']}"


def read_webinar(site: Flask) -> None:
    """The sample report is read for good."""
    with site.app_context():
        with transaction():
            given = {"timezone": "America/Toronto", "tags": "data"}
            instances.add("zoom", "zoom", given, basis="notice")
        delivery = Delivery(body=WEBINAR_FILE.read_bytes(), name="september.csv")
        runs.run_file("zoom", delivery)
    catch_up(site)


def first_line(visit: Visit) -> str:
    """Where the newest line of a record is opened."""
    found = re.search(r'href="(/learning/[0-9a-f-]{36})"', visit.html("/learning"))
    assert found
    return found[1]


# ---- Where it comes from ---------------------------------------------------------


def test_line_leads_back_to_the_rows_it_was_read_from(site: Flask, bo: Visit) -> None:
    read_webinar(site)

    page = bo.page(first_line(bo))

    assert "Row 13 of september.csv" in page
    assert 'Yes,Bo Lund,Bo,Lund,bo.lund@example.org,,"09/01/2026 09:00:00 AM"' in page
    assert "This is what stands . Uploaded as a file on" in page


def test_line_shows_no_row_of_anybody_else(site: Flask, bo: Visit) -> None:
    read_webinar(site)

    assert "thea.gagne@example.org" not in bo.page(first_line(bo))


def test_line_shows_the_facts_and_the_statement(site: Flask, bo: Visit) -> None:
    read_webinar(site)

    page = bo.page(first_line(bo))

    assert "How long 1 hour 1 minute" in page
    assert '"id": "http://adlnet.gov/expapi/verbs/attended"' in page


def test_statement_through_a_key_says_which_key_and_when(site: Flask, bo: Visit) -> None:
    page = bo.page(attended(site))

    assert "Sent to the xAPI endpoint with the key “Policy Hub”" in page
    assert f"Stored {datetime.now(UTC).day} " in page


def test_line_says_how_it_is_weighed(site: Flask, bo: Visit) -> None:
    page = bo.page(attended(site))

    assert "levels up to 1 recorded by Policy Hub, not confirmed by anybody" in page
    assert "0.20 × 1.00 = 0.20 attended-for-long" in page


def test_line_names_who_accepted_it(site: Flask, bo: Visit) -> None:
    with site.app_context():
        a_person("Ines Roy", "ines@example.org")
    answer = happening("Which?", email=BO, verb=REPLIED, kind=QUESTION, tags=("digital",))
    stored(site, answer, acceptance(answer, "ines@example.org"))

    assert "Ines Roy accepted it on" in bo.page(f"/learning/{answer['id']}")


def test_statement_not_weighed_yet_says_so(site: Flask, bo: Visit) -> None:
    page = said(bo.send("/learning/add", title="Talk", when=today(), kind="conversation").text)

    assert "It has just arrived and is being weighed." in page


def today() -> str:
    return datetime.now(UTC).date().isoformat()


# ---- Whose it is -------------------------------------------------------------------


def test_somebody_elses_line_is_refused(site: Flask, bo: Visit) -> None:
    path = attended(site)

    page = a_learner(site, "Ann Ode", "ann@example.org").page(path, status=403)

    assert "This is not your record." in page
    assert "Data clinic" not in page


def test_line_that_is_not_there_is_not_found(bo: Visit) -> None:
    assert "no such line" in bo.page(f"/learning/{uuid.uuid4()}", status=404)


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        pytest.param("correct", {"title": "Mine", "day": "2026-01-01", "clock": "10:00"}, id="1"),
        pytest.param("withdraw-correction", {}, id="2"),
        pytest.param("scoring", {"excluded": "1"}, id="3"),
        pytest.param("audience", {"audience": "public"}, id="4"),
        pytest.param("take-back", {}, id="5"),
    ],
)
def test_nobody_decides_on_somebody_elses_line(
    site: Flask, bo: Visit, form: str, fields: dict[str, str]
) -> None:
    path = attended(site)
    ann = a_learner(site, "Ann Ode", "ann@example.org")

    assert ann.send(f"{path}/{form}", **fields).status_code == 403


@pytest.mark.parametrize("form", ["correct", "withdraw-correction", "scoring", "audience"])
def test_form_without_its_token_is_refused(site: Flask, bo: Visit, form: str) -> None:
    assert bo.client.post(f"{attended(site)}/{form}").status_code == 400


def test_voided_line_is_not_found(site: Flask, bo: Visit) -> None:
    path = attended(site)
    target = {"objectType": "StatementRef", "id": path.rpartition("/")[2]}
    void = happening("", email=BO, verb=ADL + "verbs/voided") | {"object": target}
    stored(site, void, key="Voider")

    assert "taken back" in bo.page(path, status=404)


# ---- Decisions -----------------------------------------------------------------------


def test_correction_stands_and_says_what_was_reported(site: Flask, bo: Visit) -> None:
    path = attended(site)
    fields = correction_of(bo, path) | {"minutes": "52", "title": "Open data clinic"}

    page = bo.told(f"{path}/correct", **fields)
    catch_up(site)

    assert "Corrected. Your word stands now" in page
    line = bo.page("/learning")
    assert "You attended Open data clinic for 52 minutes." in line
    assert "Policy Hub reported 30 minutes and “Data clinic”; you corrected it on" in line


def correction_of(visit: Visit, path: str) -> dict[str, str]:
    """The fields of the form as they stand."""
    markup = visit.html(path)
    names = ("title", "day", "clock", "minutes")
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', markup)[0] for name in names}


def test_corrected_line_counts_as_her_own_word(site: Flask, bo: Visit) -> None:
    path = attended(site)
    bo.send(f"{path}/correct", **correction_of(bo, path) | {"minutes": "52"})
    catch_up(site)

    assert "Your own word can support level 1, not more." in bo.page("/learning")


def test_correction_of_a_source_is_withdrawn(site: Flask, bo: Visit) -> None:
    read_webinar(site)
    path = first_line(bo)
    bo.send(f"{path}/correct", **correction_of(bo, path) | {"minutes": "10"})
    catch_up(site)
    corrected = bo.page("/learning")

    bo.send(f"{first_line(bo)}/withdraw-correction")
    catch_up(site)

    assert "for 10 minutes" in corrected
    assert "for 1 hour 1 minute" in bo.page("/learning")


def test_correction_of_a_title_alone_is_withdrawn(site: Flask, bo: Visit) -> None:
    path = attended(site)
    bo.send(f"{path}/correct", **correction_of(bo, path) | {"title": "Other"})
    catch_up(site)

    bo.send(f"{first_line(bo)}/withdraw-correction")
    catch_up(site)

    assert "You attended Data clinic" in bo.page("/learning")


def test_earlier_revision_leads_to_the_one_that_stands(site: Flask, bo: Visit) -> None:
    path = attended(site)
    bo.send(f"{path}/correct", **correction_of(bo, path) | {"minutes": "52"})
    catch_up(site)

    page = said(bo.client.get(path, follow_redirects=True).text)

    assert "An earlier revision, stored on" in page
    assert ", voided" in page


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({}, "Nothing is changed.", id="the same again"),
        pytest.param({"day": "2999-01-01"}, "is still to come", id="a day to come"),
        pytest.param({"day": "yesterday"}, "“yesterday” is not a day", id="no day"),
        pytest.param({"clock": "25:00"}, "“25:00” is not a time", id="no time"),
        pytest.param({"minutes": "-5"}, "“-5” is not a length", id="no length"),
        pytest.param({"title": "x" * 201}, "This has 201 letters.", id="too long a title"),
    ],
)
def test_correction_that_cannot_be_is_said_next_to_its_field(
    site: Flask, bo: Visit, change: dict[str, str], why: str
) -> None:
    path = attended(site)

    response = bo.send(f"{path}/correct", **correction_of(bo, path) | change)

    assert response.status_code == 422
    assert said(response.text).count(why) == 2


def test_line_left_out_stops_counting_and_comes_back(site: Flask, bo: Visit) -> None:
    path = attended(site)

    out = bo.told(f"{path}/scoring", excluded="1")
    silent = bo.page("/competencies")
    back = bo.told(f"{path}/scoring", excluded="0")

    assert "You left it out. It stays in your record and does not count." in out
    assert "Nothing in your record speaks of a competency yet." in silent
    assert "Counts towards Data literacy" in back
    assert "Data literacy" in bo.page("/competencies")


def test_line_is_shown_to_a_community_and_hidden_again(site: Flask) -> None:
    with site.app_context(), transaction():
        matching.import_people(b"name,email,communities\nBo Lund,bo.lund@example.org,Open data\n")
        who = people.who(people.get_person(BO))
    bo = sign_in(site, who)
    path = attended(site)

    shown = bo.told(f"{path}/audience", audience="community:open-data")
    line = bo.page("/learning")
    hidden = bo.told(f"{path}/audience", audience="private")

    assert "Kept. Seen by: Open data members." in shown
    assert "Seen by: Open data members" in line
    assert "Kept. Seen by: Only you." in hidden


def test_community_of_others_cannot_be_chosen(site: Flask, bo: Visit) -> None:
    response = bo.send(f"{attended(site)}/audience", audience="community:secret")

    assert response.status_code == 400
    assert "is nobody you can share with" in said(response.text)


def test_own_note_is_corrected_and_taken_back(site: Flask, bo: Visit) -> None:
    bo.send("/learning/add", title="Lunch talk", when=yesterday(), kind="conversation")
    catch_up(site)
    path = first_line(bo)
    bo.send(f"{path}/correct", **correction_of(bo, path) | {"title": "Long lunch talk"})
    catch_up(site)
    corrected = bo.page("/learning")

    told = bo.told(f"{first_line(bo)}/take-back")
    catch_up(site)

    assert "You noted a conversation about Long lunch talk" in corrected
    assert "Taken back." in told
    assert "lunch talk" not in bo.page("/learning")


def yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def test_line_of_a_source_cannot_be_taken_back(site: Flask, bo: Visit) -> None:
    response = bo.send(f"{attended(site)}/take-back")

    assert response.status_code == 400
    assert "Only what you noted yourself can be taken back." in said(response.text)


def test_hostile_statement_is_escaped_everywhere(site: Flask, bo: Visit) -> None:
    one = happening('<img src=x onerror="alert(1)">', email=BO)
    stored(site, one)

    page = bo.html(f"/learning/{one['id']}")

    assert "<img" not in page
    assert token(page)
