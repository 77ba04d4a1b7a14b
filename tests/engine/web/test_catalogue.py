"""The catalogue: what it says of plugins, and that only operators change the set."""

from __future__ import annotations

import io
import shutil

import pytest
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from plugin_set_making import a_wheel, chosen, installed, source
from workbench_making import a_source, posted, signed_in, words_of

from engine.plugin_sets import generations
from engine.plugin_sets.wheels import Wheel

RAISES = '"""Odd."""\nraise RuntimeError("<b>no licence</b>")\n'


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    """An operator's browser."""
    return signed_in(app, a_person("Odile Brandt", "odile@example.org", "operator"))


@pytest.fixture
def officer(app: Flask) -> FlaskClient:
    """The browser of somebody of the L&D team, who is no operator."""
    return signed_in(app, a_person("Marc Aubry", "marc@example.org", "ld"))


def sent(client: FlaskClient, wheel: Wheel) -> str:
    """The page after a wheel was uploaded."""
    answer = posted(client, "/plugins", wheel=(io.BytesIO(wheel.body), wheel.file))
    return words_of(client.get(answer.location).text if answer.location else answer.text)


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return words_of(answer.text)


def test_it_says_what_each_plugin_reads_and_keeps(officer: FlaskClient) -> None:
    page = text(officer, "/plugins")
    assert "Zoom webinars and meetings" in page
    assert "Reads name, email" in page
    assert "Not checked here yet" in page


def test_a_plugins_page_names_the_sources_that_use_it(officer: FlaskClient) -> None:
    a_source("webinars")
    assert "Sources that use it webinars" in text(officer, "/plugins/zoom")


def test_a_wheel_is_installed_and_its_report_shown_before_it_is_enabled(
    operator: FlaskClient,
) -> None:
    page = sent(operator, a_wheel())
    assert "sheet 1.0.0 is installed. It is not enabled yet." in page
    assert "May be enabled" in page
    assert "It brings no golden pairs" in page
    assert generations.number() == 0


def test_enabling_disabling_and_going_back_are_kept_with_who_did_it(operator: FlaskClient) -> None:
    installed()
    assert posted(operator, "/plugins/sheet/enable", version="1.0.0").status_code == 302
    assert posted(operator, "/plugins/sheet/disable").status_code == 302
    assert posted(operator, "/plugin-sets", number="1").status_code == 302
    found = generations.current()
    assert (found.number, found.by, found.choices[0].enabled) == (3, "odile@example.org", True)
    assert "Back to set 1 Set 3" in text(operator, "/plugin-sets")


def test_a_version_that_fails_is_refused_with_its_report(operator: FlaskClient) -> None:
    installed(module=source(api=2))
    answer = posted(operator, "/plugins/sheet/enable", version="1.0.0")
    assert answer.status_code == 409
    page = words_of(answer.text)
    assert "sheet was made for plugin API 2; this Byway has 1" in page
    assert "Must not be enabled" in page


def test_what_is_no_wheel_is_refused_at_the_field(operator: FlaskClient) -> None:
    page = sent(operator, Wheel(file="holiday.jpg", body=b"JFIF"))
    assert "holiday.jpg is not a wheel" in page
    assert "holiday.jpg was not installed." in page


def test_no_file_is_refused_at_the_field(operator: FlaskClient) -> None:
    answer = posted(operator, "/plugins")
    assert (answer.status_code, "No file was chosen" in answer.text) == (422, True)


def test_a_quarantined_plugin_is_shown_with_its_reason(app: Flask, make_app: object) -> None:
    chosen(installed("fails", module=RAISES))
    assert callable(make_app)
    with make_app().app_context() as context:
        odile = a_person("Odile Brandt", "odile@example.org", "ld")
        page = signed_in(context.app, odile).get("/plugins").text
    assert "1 other could not be loaded and is kept apart" in words_of(page)
    assert "RuntimeError: &lt;b&gt;no licence&lt;/b&gt;" in page


def test_a_set_that_is_not_taken_over_yet_is_told(operator: FlaskClient) -> None:
    chosen(installed())
    assert "Enabled, being taken over" in text(operator, "/plugins")
    assert "Load it again in a few seconds." in text(operator, "/plugins/sheet")


def test_sources_of_a_disabled_plugin_rest(app: Flask, make_app: object) -> None:
    a_source("webinars")
    chosen(off=["zoom"])
    assert callable(make_app)
    with make_app().app_context() as context:
        odile = a_person("Odile Brandt", "odile@example.org", "ld")
        client = signed_in(context.app, odile)
        assert "Disabled" in text(client, "/plugins/zoom")
        assert "webinars" in text(client, "/plugins/zoom")
        assert "any more, so nothing is read. Look at the plugins" in text(client, "/sources")


def test_a_plugin_whose_wheel_is_gone_is_shown(operator: FlaskClient) -> None:
    found = installed()
    chosen(found)
    shutil.rmtree(found.folder)
    assert "Its wheel is not on this machine" in text(operator, "/plugins/sheet")


@pytest.mark.parametrize(
    "path",
    [
        "/plugins",
        "/plugins/tally/check",
        "/plugins/tally/enable",
        "/plugins/tally/disable",
        "/plugins/tally/remove",
        "/plugin-sets",
    ],
)
def test_only_operators_change_the_set(officer: FlaskClient, path: str) -> None:
    assert posted(officer, path, number="0", version="1").status_code == 403
    assert generations.number() == 0


@pytest.mark.parametrize("path", ["/plugins", "/plugins/zoom", "/plugin-sets"])
def test_officers_are_offered_no_change(officer: FlaskClient, path: str) -> None:
    installed()
    chosen(off=["feed"])
    assert officer.get(path).text.count("<form") == 1  # signing out


@pytest.mark.parametrize("path", ["/plugins", "/plugins/zoom", "/plugin-sets"])
def test_learners_and_strangers_see_nothing(app: Flask, path: str) -> None:
    bo = signed_in(app, a_person("Bo Lund", "bo@example.org"))
    assert bo.get(path).status_code == 403
    assert app.test_client().get(path).status_code == 401


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        pytest.param("/plugins/nothing", None, 404, id="no such plugin"),
        pytest.param("/plugins/..%2Fzoom", None, 404, id="a path"),
        pytest.param("/plugins/tally/enable", {"version": "9"}, 404, id="no such version"),
        pytest.param("/plugins/tally/enable", {"version": "x" * 999}, 404, id="no version at all"),
        pytest.param("/plugins/tally/remove", {"version": ""}, 404, id="remove nothing"),
        pytest.param("/plugin-sets", {"number": "first"}, 422, id="no number"),
        pytest.param("/plugin-sets", {"number": "9" * 30}, 404, id="no such set"),
        pytest.param("/plugin-sets", {"number": "-1"}, 404, id="below the first"),
    ],
)
def test_what_is_not_there_is_refused(
    operator: FlaskClient, path: str, form: dict[str, str] | None, status: int
) -> None:
    chosen()
    answer = operator.get(path) if form is None else posted(operator, path, **form)
    assert answer.status_code == status


def test_a_form_without_its_token_is_refused(operator: FlaskClient) -> None:
    assert operator.post("/plugins/feed/disable").status_code == 400
    assert generations.number() == 0
