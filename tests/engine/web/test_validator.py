"""The page that checks statements: why each would be refused, and what would come of the others."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from factories import a_person, a_statement
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, sync_playwright
from werkzeug.test import TestResponse
from workbench_making import HOSTILE, every_table, signed_in, words_of

from engine.web import validator
from xapi import text
from xapi.vocabulary import Extension

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
SITE = "http://byway"
SCREENS = (("light", 320), ("dark", 360), ("light", 1280), ("dark", 1280))
LONG = HOSTILE + "without-an-end" * 20
BAD = a_statement(actor={"mbox": "bo@example.org"})


@pytest.fixture
def learner(app: Flask) -> FlaskClient:
    """Somebody without a role, signed in."""
    return signed_in(app, a_person())


@pytest.fixture
def team(app: Flask) -> FlaskClient:
    """Somebody of the L&D team, signed in."""
    a_person()
    return signed_in(app, a_person("Odile Brandt", "odile@example.org", "ld"))


def sent(client: FlaskClient, **fields: Any) -> TestResponse:
    """The answer to the form, sent with its token."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/validate").text)
    form = {"csrf_token": token[1] if token else "", **fields}
    return client.post("/validate", data=form)


def pasted(client: FlaskClient, *statements: Any, **fields: Any) -> TestResponse:
    """The answer to statements as JSON lines."""
    lines = "\n".join(text.dump(one).decode() for one in statements)
    return sent(client, statements=lines, **fields)


def told(client: FlaskClient, *statements: Any, **fields: Any) -> str:
    """What the page says of statements."""
    answer = pasted(client, *statements, **fields)
    assert answer.status_code == 200, answer.text
    return words_of(answer.text)


def test_page_is_for_people_who_are_signed_in(app: Flask) -> None:
    assert app.test_client().get("/validate").status_code == 401
    assert app.test_client().post("/validate").status_code in (400, 401)


def test_form_needs_its_token(learner: FlaskClient) -> None:
    assert learner.post("/validate", data={"statements": "{}"}).status_code == 400


def test_team_finds_it_in_the_navigation(team: FlaskClient) -> None:
    assert 'href="/validate" aria-current="page"' in team.get("/validate").text


def test_nothing_is_said_before_anything_was_checked(learner: FlaskClient) -> None:
    page = words_of(learner.get("/validate").text)
    assert "Nothing is stored." in page
    assert "would be refused" not in page


@pytest.mark.parametrize(
    ("statements", "lead"),
    [
        pytest.param([a_statement()], "It passes.", id="one that passes"),
        pytest.param([a_statement()] * 2, "All 2 statements pass.", id="two that pass"),
        pytest.param([BAD], "It would be refused.", id="one refused"),
        pytest.param([BAD, BAD], "All 2 statements would be refused.", id="two refused"),
        pytest.param([a_statement(), BAD], "1 statement of 2 would be refused.", id="one of two"),
    ],
)
def test_first_sentence_answers(learner: FlaskClient, statements: list[Any], lead: str) -> None:
    assert f"{lead} Nothing was stored." in told(learner, *statements)


def test_refused_statement_has_place_rule_mend_clause_and_example(learner: FlaskClient) -> None:
    page = told(learner, a_statement(), BAD)
    assert 'Line 2 Expected mailto: and one address; got the string "bo@example.org".' in page
    assert "Where $.actor.mbox Mend For example" in page
    assert "Clause xAPI 1.0.3 Data 2.4.2.3 An example that would pass {" in page


def test_text_that_is_no_json_is_refused_with_an_example(learner: FlaskClient) -> None:
    page = words_of(sent(learner, statements='{"actor": ').text)
    assert "Expected JSON" in page
    assert "An example that would pass" in page


def test_passing_statement_says_what_finds_it(learner: FlaskClient) -> None:
    page = told(
        learner, a_statement(context={"registration": "EC531277-b57b-4c15-8d91-d292c5b2b8f7"})
    )
    assert "bo@example.org attended events.example.org/1." in page
    assert "Found by agent mailto:bo@example.org" in page
    assert "Found by verb http://adlnet.gov/expapi/verbs/attended" in page
    assert "Found by activity https://events.example.org/1" in page
    assert "Found by registration ec531277-b57b-4c15-8d91-d292c5b2b8f7" in page


def test_related_activities_are_told_apart(learner: FlaskClient) -> None:
    parent = {"contextActivities": {"parent": [{"id": "http://example.org/series"}]}}
    page = told(learner, a_statement(context=parent))
    assert "Found with related_activities http://example.org/series" in page


def test_many_terms_are_cut_short(learner: FlaskClient) -> None:
    others = [{"id": f"http://example.org/{number}"} for number in range(30)]
    page = told(learner, a_statement(context={"contextActivities": {"other": others}}))
    assert "and 20 more" in page


def test_competencies_are_those_the_rules_give(learner: FlaskClient) -> None:
    tagged = a_statement(
        object={
            "id": "https://events.example.org/maps",
            "definition": {"type": "http://id.tincanapi.com/activitytype/webinar"},
        },
        context={"extensions": {Extension.TAGS: ["data-literacy"]}},
        result={"duration": "PT50M"},
    )
    assert "Counts towards Data literacy" in told(learner, tagged)


def test_what_reaches_no_competency_says_so(learner: FlaskClient) -> None:
    assert "Counts towards no competency yet" in told(learner, a_statement())


def test_person_is_named_to_the_team(team: FlaskClient) -> None:
    assert "Reaches Bo Lund" in told(team, a_statement())


def test_stranger_is_told_to_the_team(team: FlaskClient) -> None:
    assert "Reaches nobody known here" in told(team, a_statement("cy@example.org"))


def test_nobody_else_learns_who_is_behind_an_identifier(learner: FlaskClient) -> None:
    page = told(learner, a_statement("odile@example.org"))
    assert "Reaches" not in page


def test_attachments_that_have_to_come_along_are_told(learner: FlaskClient) -> None:
    attachment = {
        "usageType": "http://example.org/attachments/certificate",
        "display": {"en": "Certificate"},
        "contentType": "application/pdf",
        "length": 27,
        "sha2": "0" * 64,
    }
    assert "have to come with it" in told(learner, a_statement(attachments=[attachment]))


@pytest.mark.parametrize(
    ("version", "lead"),
    [
        pytest.param("", "It passes.", id="as claimed"),
        pytest.param("2.0.0", "It passes.", id="newer"),
        pytest.param("1.0.3", "It would be refused.", id="older"),
        pytest.param("9", "It passes.", id="no such version"),
    ],
)
def test_version_can_be_chosen(learner: FlaskClient, version: str, lead: str) -> None:
    newer = a_statement(context={"contextAgents": []})
    assert lead in told(learner, newer, version=version)


def test_chosen_version_stays_chosen(learner: FlaskClient) -> None:
    page = pasted(learner, a_statement(), version="1.0.3").text
    assert '<option value="1.0.3" selected>' in page


def test_what_was_pasted_is_there_to_be_mended(learner: FlaskClient) -> None:
    assert (
        "bo@example.org"
        in re.findall(r"<textarea.*?</textarea>", pasted(learner, BAD).text, re.S)[0]
    )


def test_file_is_checked(learner: FlaskClient) -> None:
    file = (io.BytesIO(b"[" + text.dump(a_statement()) + b"," + text.dump(BAD) + b"]"), "x.json")
    assert "1 statement of 2 would be refused." in words_of(sent(learner, file=file).text)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        pytest.param("", "There is no statement in it.", id="nothing"),
        pytest.param("[]", "There is no statement in it.", id="an empty array"),
        pytest.param("x" * 1_000_001, "That is more than 1 MB.", id="too large"),
        pytest.param("{}\n" * 1001, "These are more than 1,000 statements.", id="too many"),
    ],
)
def test_what_cannot_be_checked_is_said_at_the_field(
    learner: FlaskClient, statements: str, said: str
) -> None:
    answer = sent(learner, statements=statements)
    assert (answer.status_code, words_of(answer.text).count(said)) == (422, 2)


def test_far_too_large_is_refused_unread(learner: FlaskClient) -> None:
    assert sent(learner, statements="x" * 3_000_000).status_code == 413


def test_many_are_summed_up(learner: FlaskClient) -> None:
    shown = validator.SHOWN
    page = told(learner, *[BAD] * (shown + 2), *[a_statement()] * (shown + 3))
    assert "And 2 more. They come up as these are mended." in page
    assert "And 3 more." in page


def test_nothing_is_stored(team: FlaskClient) -> None:
    before = every_table()
    told(team, a_statement(), BAD)
    assert every_table() == before


def test_what_is_hostile_is_shown_as_text(learner: FlaskClient) -> None:
    hostile = a_statement(actor={**BAD["actor"], "name": HOSTILE})
    named = a_statement(
        object={"id": "http://example.org/1", "definition": {"name": {"en": HOSTILE}}}
    )
    assert HOSTILE not in pasted(learner, hostile, named, {HOSTILE: 1}).text


# In a browser.


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(team: FlaskClient, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A window in which the answers to the form stand under addresses of their own."""
    scheme, width = request.param
    long = a_statement(thing=f"https://events.example.org/{'without-an-end' * 20}")
    answered = {
        "/answered": pasted(team, a_statement(), BAD, {LONG: 1}, long, a_statement(name=1)),
        "/answered/wrong": sent(team, statements=""),
    }

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        response = answered.get(path) or team.get(path, buffered=True)
        route.fulfill(status=200, headers=dict(response.headers), body=response.data)

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.route("**/*", answer)
    yield page
    context.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
@pytest.mark.parametrize("address", ["/validate", "/answered", "/answered/wrong"])
def test_page_has_no_barrier_and_is_not_too_wide(page: Page, address: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(SITE + address)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    found = Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert found.violations_count == 0, found.generate_report()
    assert (wide, complaints) == (0, [])
