"""The pages on which sources are set up: forms from the plugin's schema, tests, calls, alerts."""

from __future__ import annotations

import re
from typing import Any

import pytest
import toy
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from instance_making import (
    DAY_US,
    SECRET,
    a_polled_toy,
    a_run_of,
    alert_rows,
    answers,
    care,
    fails,
    instance,
    set_care,
)
from looking import state_of, table_sizes
from pytest_httpserver import HTTPServer
from toy import did
from workbench_making import a_source, posted, signed_in, words_of

from engine.config import keyring
from engine.db import transaction
from engine.jobs import tasks
from engine.moments import now_us
from engine.sources import alerts, doors, hook_log, instances, retention

FORM = {
    "name": "our-webinars",
    "basis": "consent",
    "set-timezone": "America/Toronto",
    "set-tags": "policy, data",
    "set-title": "Webinars",
    "notice": "Since May; ask Odile.",
    "rhythm": "day",
    "silent_days": "12",
    "kept_days": "90",
}
ADDRESSES = ("/add-source/zoom", "/sources/t/settings", "/sources/t/doors")
ACTIONS = (
    "/add-source/zoom",
    "/sources/t/settings",
    "/sources/t/test",
    "/sources/t/fetch",
    "/sources/t/pause",
    "/sources/t/resume",
    "/sources/t/calls/1/again",
    "/alerts/1/seen",
)


@pytest.fixture
def team(toys: Flask) -> FlaskClient:
    return signed_in(toys, a_person("Odile Brandt", "odile@example.org", "ld"))


@pytest.fixture
def learner(toys: Flask) -> FlaskClient:
    return signed_in(toys, a_person())


def added(team: FlaskClient, **more: str) -> Any:
    return posted(team, "/add-source/zoom", **{**FORM, **more})


def changed(team: FlaskClient, name: str = "s", **typed: str) -> Any:
    return posted(team, f"/sources/{name}/settings", **{"rhythm": "hour", **typed})


# ---- Who may --------------------------------------------------------------


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_learner_is_turned_away(learner: FlaskClient, path: str) -> None:
    assert learner.get(path).status_code == 403


@pytest.mark.parametrize("path", ACTIONS)
def test_a_learner_changes_nothing(learner: FlaskClient, path: str) -> None:
    before = table_sizes()
    token = learner.get("/my-data").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert learner.post(path, data={"csrf_token": token, **FORM}).status_code == 403
    assert table_sizes() == before


@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_without_its_token_is_refused(team: FlaskClient, path: str) -> None:
    assert team.post(path, data=FORM).status_code == 400


# ---- Adding ---------------------------------------------------------------


def test_the_form_says_what_is_read_before_the_button(team: FlaskClient) -> None:
    page = team.get("/add-source/zoom").text
    assert page.index("join and leave times") < page.index("Add this source")
    assert "zoomgov.com" in page


def test_the_form_has_the_fields_of_the_plugin(team: FlaskClient) -> None:
    page = team.get("/add-source/zoom").text
    assert 'name="set-timezone"' in page
    assert '<option value="mdy">Month first</option>' in page
    assert 'type="password" id="set-' in page


def test_a_source_is_added_as_its_form_says(team: FlaskClient) -> None:
    answer = added(team)
    assert answer.location.endswith("/sources/our-webinars")
    source = instance("our-webinars")
    assert instances.settings_of(source)["tags"] == ["policy", "data"]
    assert instances.origin_of(source).basis == "consent"
    told = care("our-webinars")
    assert (told.notice, told.every_s, told.silent_days) == ("Since May; ask Odile.", 86_400, 12)
    assert retention.days_of("our-webinars") == 90


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        pytest.param({"name": "Our Webinars"}, "name", "cannot name a source", id="no short name"),
        pytest.param({"name": "t"}, "name", 'a source "t" already', id="a name that is taken"),
        pytest.param({"basis": ""}, "basis", "Choose on which ground", id="no legal basis"),
        pytest.param({"basis": "because"}, "basis", "Choose on which ground", id="another basis"),
        pytest.param({"set-timezone": ""}, "set-timezone", "name no time zone", id="a need"),
        pytest.param({"set-timezone": "Mars"}, "set-timezone", "Mars", id="no such zone"),
        pytest.param({"set-date_order": "x"}, "set-date_order", "Must be one of", id="no choice"),
        pytest.param({"silent_days": "many"}, "silent_days", "from 0 to 3650", id="no number"),
        pytest.param({"silent_days": "²"}, "silent_days", "from 0 to 3650", id="no digit of ours"),
        pytest.param({"kept_days": "0"}, "kept_days", "between 1 and 3650", id="no time at all"),
        pytest.param({"notice": "x" * 2001}, "notice", "Shorten it", id="a long notice"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field(
    team: FlaskClient, typed: dict[str, str], field: str, said: str
) -> None:
    before = table_sizes()
    answer = added(team, **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert said in words_of(answer.text)
    assert table_sizes() == before


def test_all_that_is_wrong_is_said_at_once(team: FlaskClient) -> None:
    page = added(team, **{"basis": "", "set-timezone": "Mars", "set-date_order": "x"}).text
    fields = ("basis", "set-timezone", "set-date_order")
    assert [f'id="{field}-error"' in page for field in fields] == [True] * 3


def test_what_was_typed_stays(team: FlaskClient) -> None:
    page = added(team, name="t").text
    assert 'value="America/Toronto"' in page
    assert "Since May; ask Odile." in page
    assert '<option value="day" selected>' in page
    assert 'value="consent" checked' in page


def test_a_place_where_nothing_is_collected_is_refused_at_its_field(team: FlaskClient) -> None:
    answer = posted(
        team,
        "/add-source/feed",
        **{"name": "tips", "basis": "notice", "set-url": "https://securedrop.example.org/feed"},
    )
    assert answer.status_code == 422
    assert 'id="set-url-error"' in answer.text


def test_a_kind_that_is_not_there(team: FlaskClient) -> None:
    assert team.get("/add-source/telegraph").status_code == 404


def test_the_list_leads_to_the_forms(team: FlaskClient) -> None:
    assert 'href="/add-source/zoom"' in team.get("/sources").text


# ---- Changing -------------------------------------------------------------


def test_a_secret_is_kept_when_its_field_is_empty(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", secret=SECRET)
    changed(team, **{"set-account": "s", "set-hours": "2"})
    kept = instances.settings_of(instance())
    assert (kept["secret"], kept["hours"]) == (SECRET, 2)


def test_a_secret_is_not_carried_to_another_host(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", secret=SECRET, url="https://forum.example.org/api")
    answer = changed(team, **{"set-account": "s", "set-url": "https://evil.example/api"})
    assert answer.status_code == 422
    assert "The address leads to another host now." in words_of(answer.text)
    assert instances.settings_of(instance())["url"] == "https://forum.example.org/api"


def test_a_secret_stays_when_the_address_changes_on_its_host(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", secret=SECRET, url="https://forum.example.org/api")
    changed(team, **{"set-account": "s", "set-url": "https://forum.example.org/api/2"})
    kept = instances.settings_of(instance())
    assert (kept["secret"], kept["url"]) == (SECRET, "https://forum.example.org/api/2")


def test_another_host_is_fine_with_a_secret_of_its_own(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", secret=SECRET, url="https://forum.example.org/api")
    typed = {"set-account": "s", "set-url": "https://new.example.org", "set-secret": "another one"}
    changed(team, **typed)
    assert instances.settings_of(instance())["secret"] == "another one"


def test_a_secret_is_replaced_and_the_old_one_gone(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", secret=SECRET)
    changed(team, **{"set-account": "s", "set-secret": "another one"})
    assert SECRET not in keyring().open(instance().sealed or b"").decode()
    assert instances.settings_of(instance())["secret"] == "another one"


def test_a_secret_is_forgotten_when_somebody_says_so(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", secret=SECRET)
    changed(team, **{"set-account": "s", "drop-secret": "1"})
    assert instance().sealed is None


@pytest.mark.parametrize("path", ["/sources/s/settings", "/sources/s/doors", "/sources/s"])
def test_a_secret_is_in_no_page(team: FlaskClient, path: str) -> None:
    toy.add_toy("s", account="s", secret=SECRET)
    assert SECRET not in team.get(path).text


def test_a_secret_that_was_typed_is_not_sent_back(team: FlaskClient) -> None:
    toy.add_toy("s", account="s")
    answer = changed(team, **{"set-hours": "soon", "set-secret": SECRET})
    assert answer.status_code == 422
    assert SECRET not in answer.text


def test_a_password_in_an_address_is_kept_and_not_shown(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", url="https://bo:hunter2@toy.example.org/")
    assert "hunter2" not in team.get("/sources/s/settings").text
    changed(team, **{"set-account": "s"})
    assert instance().settings["url"] == "https://bo:hunter2@toy.example.org/"


def test_an_emptied_field_has_its_default_again(team: FlaskClient) -> None:
    toy.add_toy("s", account="s", hours=4, title="Toys")
    changed(team, **{"set-account": "s"})
    assert instance().settings == {"account": "s"}
    assert instances.settings_of(instance())["hours"] == 0


def test_the_same_settings_again_outrank_nothing(team: FlaskClient) -> None:
    toy.add_toy("s", account="s")
    changed(team, **{"set-account": "s"})
    assert instance().generation == 1


def test_a_new_name_is_what_everybody_reads(team: FlaskClient) -> None:
    toy.add_toy("s", account="s")
    changed(team, **{"set-account": "s", "set-title": "Our toys"})
    assert instances.origin_of(instance()).name == "Our toys"
    assert "<h1>Our toys</h1>" in team.get("/sources/s").text


def test_hostile_words_are_text(team: FlaskClient) -> None:
    toy.add_toy("s", account="s")
    changed(team, **{"set-account": "s", "notice": "<script>alert(1)</script>"})
    assert "<script>alert" not in team.get("/sources/s/settings").text


def test_a_source_whose_plugin_is_gone_can_still_be_looked_at(team: FlaskClient) -> None:
    with transaction():
        instances.get("t").plugin = "gone"
    assert team.get("/sources/t/doors").status_code == 200
    assert team.get("/sources/t/settings").status_code == 404


# ---- Its connection -------------------------------------------------------


def test_a_test_says_what_would_come(team: FlaskClient, httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"), did("b"))
    page = words_of(posted(team, "/sources/s/test").text)
    assert "It works. The first page has 2 rows, the newest of Tue 8 September" in page


def test_a_test_writes_nothing(team: FlaskClient, httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    before = table_sizes()
    posted(team, "/sources/s/test")
    assert table_sizes() == before


def test_a_test_says_what_is_wrong_and_how_to_mend_it(
    team: FlaskClient, httpserver: HTTPServer
) -> None:
    a_polled_toy(httpserver)
    fails(httpserver, 403)
    page = words_of(posted(team, "/sources/s/test").text)
    assert "It could not be asked. It answered 403." in page
    assert "Try again later." in page


def test_the_page_says_why_it_is_asked_later(team: FlaskClient, httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    fails(httpserver)
    posted(team, "/sources/s/poll")
    page = words_of(team.get("/sources/s/doors").text)
    assert "It could not be read 1 time in a row, so it is asked less often." in page
    assert "the pause doubles each time" in page


def test_what_is_too_long_to_wait_for_is_left_to_the_worker(
    team: FlaskClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "AT_ONCE", 10)
    a_polled_toy(httpserver)
    answers(httpserver, did("a"))
    run = posted(team, "/sources/s/poll").headers["Location"]
    assert run.endswith("/runs/1")
    assert (state_of(1).state, state_of(1).door) == ("waiting", "poll")
    assert team.get(run).headers["Refresh"] == "5"
    tasks.read_unfinished()
    assert (state_of(1).state, state_of(1).counts["new"]) == ("done", 1)


def test_a_source_rests_and_goes_on_by_button(team: FlaskClient) -> None:
    posted(team, "/sources/t/pause")
    assert care("t").paused
    assert "It is paused." in team.get("/sources/t/doors").text
    assert "Paused. Nothing comes in by itself" in words_of(team.get("/sources").text)
    assert "Paused. Nothing comes in by itself" in words_of(team.get("/sources/t").text)
    posted(team, "/sources/t/resume")
    assert not care("t").paused
    assert "Paused" not in words_of(team.get("/sources").text)


def called(app: Any, secret: str = "") -> Any:
    body = toy.file(did("a")).body
    return app.test_client().post("/sources/t/hook", data=body, headers={"X-Secret": secret})


def test_the_calls_of_a_webhook_are_listed(team: FlaskClient, toys: Flask) -> None:
    called(toys)
    called(toys, "wrong")
    page = words_of(team.get("/sources/t/doors").text)
    assert "http://byway.example/sources/t/hook" in page
    assert "Taken 202" in page
    assert "Refused 401" in page
    assert "Wrong secret. Set the right one." in page


def test_a_call_is_read_again_by_button(team: FlaskClient, toys: Flask) -> None:
    run = called(toys).json["run"]
    tasks.read_unfinished()
    (one,) = hook_log.calls_of(instance("t"))
    assert one.again
    answer = posted(team, f"/sources/t/calls/{one.id}/again")
    assert answer.status_code == 302
    again = int(answer.location.rpartition("/")[2])
    assert again != run
    assert "1 known" in words_of(team.get("/sources/t").text)


def test_another_sources_call_is_not_there(team: FlaskClient, toys: Flask) -> None:
    toy.add_toy("s", account="s")
    called(toys)
    (one,) = hook_log.calls_of(instance("t"))
    assert posted(team, f"/sources/s/calls/{one.id}/again").status_code == 404


# ---- Alerts ---------------------------------------------------------------


@pytest.fixture
def silent(team: FlaskClient) -> FlaskClient:
    """The team of a source that has been silent for long."""
    toy.add_toy("s", account="s", url="https://toy.example.org", title="Our toys")
    set_care(awake_at=now_us() - 99 * DAY_US)
    a_run_of(days_ago=40)
    alerts.sweep()
    return team


def test_an_alert_stands_on_top_of_the_sources(silent: FlaskClient) -> None:
    page = words_of(silent.get("/sources").text)
    assert "Our toys Silent. Nothing new has come for more than 30 days." in page
    assert page.index("What needs a look") < page.index("In use")


def test_an_alert_that_was_seen_says_by_whom(silent: FlaskClient) -> None:
    posted(silent, f"/alerts/{alert_rows()[0].id}/seen")
    page = words_of(silent.get("/sources").text)
    assert "seen by odile@example.org" in page
    assert "Mark as seen" not in page


def test_without_alerts_nothing_is_said(team: FlaskClient) -> None:
    assert "What needs a look" not in team.get("/sources").text


def test_the_source_says_what_its_team_was_told(silent: FlaskClient) -> None:
    assert "still so" in words_of(silent.get("/sources/s/doors").text)


def test_a_source_that_is_given_files_leads_to_its_settings(team: FlaskClient) -> None:
    a_source()
    page = team.get("/sources/zoom").text
    assert 'href="/sources/zoom/settings"' in page
    assert 'href="/sources/zoom/doors"' in page


def test_sample_reports_are_offered_and_become_something(team: FlaskClient) -> None:
    assert "Sample reports" in words_of(team.get("/add-source/zoom").text)
    got = team.get("/add-source/zoom/samples/webinar.csv")
    assert got.headers["Content-Disposition"] == "attachment; filename=webinar.csv"
    assert b"Attendee Details" in got.data


def test_a_kind_without_samples_offers_none(team: FlaskClient) -> None:
    assert "Sample reports" not in team.get("/sources/t").text


@pytest.mark.parametrize("name", ["../__init__.py", "settings.json", "webinar.expected.json", "x"])
def test_nothing_but_samples_is_handed_out(team: FlaskClient, name: str) -> None:
    assert team.get(f"/add-source/zoom/samples/{name}").status_code == 404


def test_samples_are_for_the_team(toys: Flask) -> None:
    learner = signed_in(toys, a_person("Bo Lindqvist", "bo@example.org"))
    assert learner.get("/add-source/zoom/samples/webinar.csv").status_code == 403


def test_what_a_poll_would_bring_is_shown_first(team: FlaskClient, httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a", title="Plain words"), did("b"))
    before = table_sizes()
    page = words_of(posted(team, "/sources/s/fetch").text)
    assert re.search(r"2 rows .*become 2 activities of 1 person. Nothing has been written", page)
    assert "Recording asks again, and brings what is there then." in page
    assert ("Plain words" in page, table_sizes()) == (True, before)
    posted(team, "/sources/s/poll")
    assert state_of(1).counts["new"] == 2


def test_a_fetch_without_news_or_in_vain_is_told(team: FlaskClient, httpserver: HTTPServer) -> None:
    a_polled_toy(httpserver)
    fails(httpserver)
    posted(team, "/sources/s/fetch")
    assert "It answered 500. Try again later." in words_of(team.get("/sources/s").text)
    httpserver.clear()
    httpserver.expect_request("/toy").respond_with_data("", status=304)
    posted(team, "/sources/s/fetch")
    assert "There is nothing new since the last time." in words_of(team.get("/sources/s").text)


def test_something_can_be_aligned_while_a_fetch_is_shown(
    team: FlaskClient, httpserver: HTTPServer
) -> None:
    a_polled_toy(httpserver)
    answers(httpserver, did("a", title="Plain words"))
    form = {"title": "Plain words", "match": "title", "competency": "nothing", "place": "1"}
    answer = posted(team, "/sources/s/align", **form)
    assert answer.status_code == 422
    assert "Preview: what is new" in words_of(answer.text)
