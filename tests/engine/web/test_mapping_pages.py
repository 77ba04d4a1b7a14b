"""The pages of sources without code: a sample, what its columns mean, and the source it makes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator

import pytest
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from mapping_making import FILLED, MAPPING, NAMED, PAGES, SHEET, asked, form_of, shown
from pytest_httpserver import HTTPServer
from ruleset_making import the_team
from werkzeug import Response
from workbench_making import HOSTILE, every_table, posted, signed_in, uploaded, words_of

import plugins.mapped
from engine.config import settings
from engine.db import db, transaction
from engine.sources import instances

SOURCE = f"{PAGES}/of/talks"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app([("mapped", plugins.mapped)])
    with app.app_context():
        yield app
        db.session.remove()


@pytest.fixture
def team(app: Flask) -> FlaskClient:
    return the_team(app)


@pytest.fixture
def mapped(app: Flask) -> None:
    """A source with a mapping."""
    with transaction():
        given = {"system": "Talks", "mapping": MAPPING}
        instances.add("mapped", "talks", given, basis="notice")


def mapping_of(name: str) -> str:
    db.session.rollback()
    return str(instances.get(name).settings["mapping"])


# ---- Who may ---------------------------------------------------------------


@pytest.mark.parametrize("path", [f"{PAGES}/new", SOURCE, f"{SOURCE}/mapping.yaml"])
def test_a_learner_sees_no_mapping(app: Flask, mapped: None, path: str) -> None:
    assert signed_in(app, a_person()).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/new", "/columns", "/discard", "/of/talks", "/of/talks/text"])
def test_a_learner_changes_nothing(app: Flask, mapped: None, path: str) -> None:
    learner = signed_in(app, a_person())
    before = every_table()

    assert posted(learner, PAGES + path).status_code == 403
    assert every_table() == before


@pytest.mark.parametrize("path", ["/new", "/columns", "/discard", "/of/talks", "/of/talks/text"])
def test_a_form_without_its_token_is_refused(team: FlaskClient, mapped: None, path: str) -> None:
    assert team.post(PAGES + path).status_code == 400


def test_nobody_else_has_the_sample(app: Flask, team: FlaskClient) -> None:
    page = shown(team).text
    other = the_team(app, name="Ana Ferreira")

    assert asked(other, page, "try").status_code == 404


# ---- The sample ---------------------------------------------------------------


def test_a_sample_shows_its_columns_with_examples(team: FlaskClient) -> None:
    page = words_of(shown(team).text)

    assert "6 columns" in page
    assert "Room Blue" in page


def test_what_headings_suggest_is_filled_in_and_said_to_be_guessed(team: FlaskClient) -> None:
    page = shown(team).text
    form = form_of(page, f"{PAGES}/columns")

    assert "guessed" in words_of(page)
    assert form["way-email"] == ["column:Email"]
    assert form["columns-key"] == ["Talk", "Ended", "Email"]


def test_a_sample_is_nowhere_in_the_database(team: FlaskClient) -> None:
    before = every_table()
    page = shown(team).text
    asked(team, page, "try", **FILLED)

    assert every_table() == before


def test_neither_a_file_nor_an_address_is_said_so(team: FlaskClient) -> None:
    answer = posted(team, f"{PAGES}/new")

    assert answer.status_code == 422
    assert "There is neither a file nor an address" in words_of(answer.text)


def test_a_sample_nobody_can_map_says_why(team: FlaskClient) -> None:
    answer = shown(team, b"<html><body>Sign in</body></html>", "talks.html")

    assert answer.status_code == 422
    assert "This is no feed" in words_of(answer.text)


def test_an_address_in_a_private_network_is_refused_at_the_file(team: FlaskClient) -> None:
    answer = posted(team, f"{PAGES}/new", **{"set-url": "http://127.0.0.1:9/talks"})

    assert answer.status_code == 422
    assert "private network" in words_of(answer.text)


def test_an_address_that_is_none_is_refused_at_its_field(team: FlaskClient) -> None:
    page = posted(team, f"{PAGES}/new", **{"set-url": "talks"}).text

    assert 'id="set-url-error"' in page
    assert 'value="talks"' in page


def test_columns_of_hostile_names_are_only_shown(team: FlaskClient) -> None:
    body = SHEET.replace(b"Room", HOSTILE.replace('"', "").encode())

    assert "<script>alert" not in shown(team, body).text


def test_a_discarded_sample_is_gone(team: FlaskClient) -> None:
    page = shown(team).text
    posted(team, f"{PAGES}/discard", token=form_of(page, f"{PAGES}/columns")["token"])

    assert asked(team, page, "try").status_code == 404


def served(httpserver: HTTPServer, answer: Response) -> str:
    """The address of an answer on this machine, which may be asked for it."""
    object.__setattr__(settings(), "allow_private_fetch", True)
    httpserver.expect_request("/talks").respond_with_response(answer)
    return httpserver.url_for("/talks")


def test_the_first_answer_of_an_api_is_a_sample(team: FlaskClient, httpserver: HTTPServer) -> None:
    answer = json.dumps({"data": [{"user": {"email": "bo@northmoor.example"}, "title": "Budgets"}]})
    page = posted(team, f"{PAGES}/new", **{"set-url": served(httpserver, Response(answer))}).text

    assert form_of(page, f"{PAGES}/columns")["way-email"] == ["column:user.email"]
    assert form_of(page, f"{PAGES}/columns")["set-url"] == [httpserver.url_for("/talks")]


def test_an_api_that_refuses_its_key_says_so_without_it(
    team: FlaskClient, httpserver: HTTPServer
) -> None:
    fields = {"set-url": served(httpserver, Response("", 401)), "set-authorization": "of-news"}
    answer = posted(team, f"{PAGES}/new", **fields)

    assert answer.status_code == 422
    assert "asks who we are" in words_of(answer.text)
    assert "of-news" not in answer.text


# ---- What its columns mean -------------------------------------------------------


def test_the_first_rows_stand_beside_their_sentences(team: FlaskClient) -> None:
    page = words_of(asked(team, shown(team).text, "try", **FILLED).text)

    assert "Bo Lindqvist attended “How the budget office thinks” on 17" in page


def test_what_fails_is_shown_with_row_and_mend(team: FlaskClient) -> None:
    page = words_of(asked(team, shown(team).text, "try", **FILLED).text)

    assert "Of 4 rows: 3 can be recorded, 1 could not be read" in page
    assert "“iria@” is not a whole address. Correct the address" in page


def test_rows_with_a_value_can_be_left_out(team: FlaskClient) -> None:
    left_out = {"way-skip_when": "column:Came", "text-skip_when": "no"}
    page = words_of(asked(team, shown(team).text, "try", **FILLED, **left_out).text)

    assert "2 can be recorded, 1 left out, 1 could not be read" in page


def test_values_of_a_column_can_be_translated(team: FlaskClient) -> None:
    verb = {"way-verb": "column:Came", "values-verb": "yes = presented\nno = skip"}
    page = words_of(asked(team, shown(team).text, "try", **{**FILLED, **verb}).text)

    assert "Bo Lindqvist presented" in page
    assert "1 left out" in page


def test_a_text_may_hold_columns(team: FlaskClient) -> None:
    title = {"way-title": "", "text-title": "{Talk} ({Room})"}
    page = words_of(asked(team, shown(team).text, "try", **{**FILLED, **title}).text)

    assert "How the budget office thinks (Blue)" in page


@pytest.mark.parametrize(
    ("field", "value", "place", "told"),
    [
        pytest.param("way-verb", "", "verb", "Say what was done", id="no verb"),
        pytest.param("way-at", "", "at", "when it ended or began", id="no time"),
        pytest.param("text-zone", "Madrid", "zone", "Europe/Madrid", id="a zone of no such name"),
        pytest.param("text-email", "x", "email", "Keep one of the two", id="column and text"),
        pytest.param("values-at", "yes", "at", "no pair", id="a pair without its sign"),
        pytest.param("text-skip_when", "no", "skip_when", "no column", id="values of no column"),
        pytest.param("columns-key", [], "key", "Name the columns", id="nothing is the key"),
    ],
)
def test_what_is_wrong_stands_at_its_part(
    team: FlaskClient, field: str, value: str, place: str, told: str
) -> None:
    answer = asked(team, shown(team).text, "try", **{**FILLED, field: value})

    assert answer.status_code == 422
    assert f'id="part-{place}-error"' in answer.text
    assert told in words_of(answer.text)


def test_what_was_typed_stays_when_it_is_refused(team: FlaskClient) -> None:
    page = asked(team, shown(team).text, "add", **{**FILLED, **NAMED, "text-zone": "Madrid"}).text
    form = form_of(page, f"{PAGES}/columns")

    assert form["text-zone"] == ["Madrid"]
    assert form["name"] == ["lunch-talks"]
    assert form["set-tags"] == ["policy"]


# ---- The source ---------------------------------------------------------------


def test_a_mapping_becomes_a_source(team: FlaskClient) -> None:
    answer = asked(team, shown(team).text, "add", **FILLED, **NAMED)

    assert answer.location == "/sources/lunch-talks"
    assert "zone: Europe/Madrid" in mapping_of("lunch-talks")


def test_the_source_reads_the_whole_file(team: FlaskClient) -> None:
    asked(team, shown(team).text, "add", **FILLED, **NAMED)
    page = words_of(uploaded(team, "lunch-talks", SHEET, "talks.csv").text)

    assert "Record 3 activities" in page


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        pytest.param({"name": "Lunch Talks"}, "name", id="a name with a space"),
        pytest.param({"set-system": ""}, "set-system", id="no system"),
        pytest.param({"set-url": "talks"}, "set-url", id="an address that is none"),
        pytest.param({"basis": "whim"}, "basis", id="a basis that is none"),
    ],
)
def test_a_source_that_cannot_be_added_says_where(
    team: FlaskClient, fields: dict[str, str], place: str
) -> None:
    answer = asked(team, shown(team).text, "add", **{**FILLED, **NAMED, **fields})

    assert answer.status_code == 422
    assert f'id="{place}-error"' in answer.text


def test_a_key_is_kept_and_never_shown_again(team: FlaskClient) -> None:
    page = shown(team, **{"set-authorization": "Bearer of-news"}).text
    tried = asked(team, page, "try", **FILLED).text
    asked(team, page, "add", **FILLED, **NAMED)

    assert "of-news" not in page + tried
    assert instances.settings_of(instances.get("lunch-talks"))["authorization"] == "Bearer of-news"


# ---- Afterwards ---------------------------------------------------------------


def test_the_form_of_a_source_says_what_its_yaml_says(team: FlaskClient, mapped: None) -> None:
    form = form_of(team.get(SOURCE).text, SOURCE)

    assert form["way-at"] == ["column:Ended"]
    assert form["way-verb"] == ["const:attended"]


def test_a_form_that_says_the_same_leaves_the_yaml_as_it_was(
    team: FlaskClient, mapped: None
) -> None:
    posted(team, SOURCE, **form_of(team.get(SOURCE).text, SOURCE), then="save")

    assert mapping_of("talks") == MAPPING


def test_a_changed_form_changes_the_yaml(team: FlaskClient, mapped: None) -> None:
    form = form_of(team.get(SOURCE).text, SOURCE) | {"text-zone": "Europe/Paris"}
    posted(team, SOURCE, **form, then="save")

    assert "zone: Europe/Paris" in mapping_of("talks")


def test_what_a_form_cannot_show_stays(team: FlaskClient, mapped: None) -> None:
    text = MAPPING + "tags: {column: Room, split: '/'}\n"
    posted(team, f"{SOURCE}/text", text=text)
    form = form_of(team.get(SOURCE).text, SOURCE) | {"text-zone": "Europe/Paris"}
    posted(team, SOURCE, **form, then="save")

    assert "split: /" in mapping_of("talks")


def test_a_text_that_is_wrong_says_so_and_stays(team: FlaskClient, mapped: None) -> None:
    answer = posted(team, f"{SOURCE}/text", text="key: [Talk\n")

    assert answer.status_code == 422
    assert 'id="text-error"' in answer.text
    assert "key: [Talk" in answer.text
    assert mapping_of("talks") == MAPPING


def test_a_changed_mapping_is_tried_on_a_sample(team: FlaskClient, mapped: None) -> None:
    form = form_of(team.get(SOURCE).text, SOURCE)
    page = posted(team, SOURCE, **form, sample=(io.BytesIO(SHEET), "talks.csv"), then="try").text

    assert "3 can be recorded" in words_of(page)
    assert mapping_of("talks") == MAPPING


def test_a_mapping_can_be_downloaded(team: FlaskClient, mapped: None) -> None:
    answer = team.get(f"{SOURCE}/mapping.yaml")

    assert answer.text == MAPPING
    assert "talks.mapping.yaml" in answer.headers["content-disposition"]


def test_a_downloaded_mapping_starts_another_source(team: FlaskClient) -> None:
    shared = (io.BytesIO(MAPPING.encode()), "talks.mapping.yaml")
    form = form_of(shown(team, mapping=shared).text, f"{PAGES}/columns")

    assert form["way-verb"] == ["const:attended"]
    assert form["text-zone"] == ["Europe/Madrid"]


def test_a_source_that_nobody_maps_has_no_such_page(app: Flask, team: FlaskClient) -> None:
    with transaction():
        instances.add("zoom", "zoom", {"timezone": "UTC"}, basis="notice")

    assert team.get(f"{PAGES}/of/zoom").status_code == 404


def test_a_text_that_stands_for_an_endless_one_is_not_followed(
    team: FlaskClient, mapped: None
) -> None:
    form = form_of(team.get(SOURCE).text, SOURCE) | {
        "text": "title: &a [*a, *a]",
        "way-title": "yaml",
    }
    answer = posted(team, SOURCE, **form, then="save")

    assert answer.status_code == 302
    assert "title" not in mapping_of("talks")


def test_an_address_can_be_left_out_again(team: FlaskClient, httpserver: HTTPServer) -> None:
    answer = Response('[{"title": "Budgets", "email": "bo@x.example", "date": "2026-09-17"}]')
    page = posted(team, f"{PAGES}/new", **{"set-url": served(httpserver, answer)}).text
    asked(team, page, "add", **{**FILLED, **NAMED, "set-url": ""})

    assert instances.settings_of(instances.get("lunch-talks"))["url"] == ""
