"""The pages of runs: how far one is, trying again, what to mend, and reading again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import changing
import pytest
from changing import Second, a_file, row
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from run_visits import EVER, ODILE, REPLAY, a_run, an_app, body_of, left, mixed, odile, shown
from sqlalchemy import select
from workbench_making import every_table, posted, signed_in, token_in, uploaded, words_of

from engine.db import db
from engine.sources import runs
from engine.sources.models import Run, RunProblem

READ = ("/runs/1/rows", REPLAY)
WRITTEN = ("/runs/1/retry", REPLAY, f"{REPLAY}/record")


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = an_app(make_app)
    with app.app_context():
        yield app
        db.session.remove()


@pytest.fixture
def team(app: Flask) -> FlaskClient:
    return odile(app)


# ---- Who may ---------------------------------------------------------------


@pytest.mark.parametrize("path", READ)
def test_a_learner_is_turned_away(app: Flask, team: FlaskClient, path: str) -> None:
    a_run(*mixed())
    assert signed_in(app, a_person()).get(path).status_code == 403


@pytest.mark.parametrize("path", WRITTEN)
def test_a_learner_changes_nothing(app: Flask, team: FlaskClient, path: str) -> None:
    a_run(*mixed())
    learner, before = signed_in(app, a_person()), every_table()
    assert posted(learner, path, **EVER).status_code == 403
    assert every_table() == before


@pytest.mark.parametrize("path", WRITTEN)
def test_a_form_without_its_token_is_refused(team: FlaskClient, path: str) -> None:
    assert team.post(path).status_code == 400


def test_the_rows_of_a_run_are_shown_to_who_started_it(team: FlaskClient) -> None:
    page = words_of(team.get(f"/runs/{a_run(*mixed())}").text)
    assert "Bo attended" in page or "bo@example.org attended" in page


def test_nobody_else_of_the_team_sees_them(app: Flask, team: FlaskClient) -> None:
    first = a_run(*mixed())
    other = signed_in(app, a_person("Ruth", "ruth@example.org", "ld"))
    page = words_of(other.get(f"/runs/{first}").text)
    assert "attended" not in page
    assert f"Only {ODILE}, who started this run, sees them" in page
    assert other.get(f"/runs/{first}/rows").status_code == 403


def test_of_a_run_that_nobody_started_an_operator_sees_them(app: Flask, team: FlaskClient) -> None:
    first = a_run(*mixed(), by="schedule")
    operator = signed_in(app, a_person("Ruth", "ruth@example.org", "operator"))
    assert "attended" not in words_of(team.get(f"/runs/{first}").text)
    assert "attended" in words_of(operator.get(f"/runs/{first}").text)


# ---- A run under way -------------------------------------------------------


def test_a_run_under_way_loads_itself_anew(team: FlaskClient) -> None:
    page = team.get(f"/runs/{left(*mixed())}")
    assert page.headers["Refresh"] == "5"
    assert "It waits its turn." in words_of(page.text)


def test_it_says_how_far_it_is(team: FlaskClient) -> None:
    first = left(*mixed())
    run = db.session.get_one(Run, first)
    run.state, run.done, run.things = "running", 1200, 4000
    db.session.commit()
    assert "1,200 of 4,000 are recorded." in words_of(team.get(f"/runs/{first}").text)


def test_one_that_has_ended_stays(team: FlaskClient) -> None:
    assert "Refresh" not in team.get(f"/runs/{a_run(*mixed())}").headers


def test_a_run_that_was_read_knows_how_much_there_was(team: FlaskClient) -> None:
    assert db.session.get_one(Run, a_run(*mixed())).things == 4


# ---- What needs a hand -----------------------------------------------------


def test_rows_are_tried_again(team: FlaskClient) -> None:
    first = a_run(*mixed())
    changing.become(Second)
    answer = posted(team, f"/runs/{first}/retry")
    assert "2 rows read again: 1 of them need no hand any more." in words_of(
        team.get(answer.location).text
    )


def test_one_row_is_tried_again(team: FlaskClient) -> None:
    first = a_run(row("a", kind="lunch"), row("b", kind="lunch"))
    changing.become(Second)
    problem = db.session.scalars(select(RunProblem.id).order_by(RunProblem.id)).first()
    posted(team, f"/runs/{first}/retry", problem=problem)
    db.session.rollback()
    assert db.session.get_one(Run, first).counts == {"failed": 1, "new": 1}


def test_what_cannot_be_tried_is_said_on_the_page(team: FlaskClient) -> None:
    first = left(*mixed())
    answer = posted(team, f"/runs/{first}/retry")
    assert "read to its end" in words_of(team.get(answer.location).text)


def test_a_problem_says_since_when_there_is_one(team: FlaskClient) -> None:
    a_run(*mixed())
    page = words_of(team.get(f"/runs/{a_run(*mixed())}").text)
    assert "Seen twice on" in page


@pytest.mark.parametrize(
    ("outcome", "there", "not_there"),
    [
        pytest.param("failed", "Lunches cannot be read.", "gave no address", id="failed"),
        pytest.param("unmatched", "gave no address", "Lunches cannot be read.", id="unmatched"),
    ],
)
def test_one_outcome_alone(team: FlaskClient, outcome: str, there: str, not_there: str) -> None:
    page = words_of(team.get(f"/runs/{a_run(*mixed())}?outcome={outcome}").text)
    assert (there in page, not_there in page) == (True, False)


def test_the_rows_to_mend_are_downloaded(team: FlaskClient) -> None:
    file = team.get(f"/runs/{a_run(*mixed())}/rows")
    assert body_of(file) == mixed()[2:]
    assert file.headers["Content-Disposition"] == "attachment; filename=talks-to-mend.json"


# ---- Reading again ---------------------------------------------------------


def test_it_shows_first_what_it_would_change(team: FlaskClient) -> None:
    a_run(*mixed())
    changing.become(Second)
    before = every_table()
    page = words_of(shown(team).text)
    assert "1 delivery read again: of the activities in them 1 would be new, 1 corrected" in page
    assert "and 1 voided" in page
    assert every_table() == before


def test_its_rows_are_shown_to_who_started_their_runs(app: Flask, team: FlaskClient) -> None:
    a_run(*mixed())
    changing.become(Second)
    other = signed_in(app, a_person("Ruth", "ruth@example.org", "ld"))
    page = words_of(shown(other).text)
    assert "attended" in words_of(shown(team).text)
    assert ("attended" in page, "Rows of runs that you did not start" in page) == (False, True)


def test_then_it_is_a_run_that_can_be_undone(team: FlaskClient) -> None:
    a_run(*mixed())
    changing.become(Second)
    answer = posted(team, f"{REPLAY}/record", **EVER)
    page = words_of(team.get(answer.location).text)
    assert "Replay, run 2" in page
    assert "1 activity recorded before is voided" in page
    assert "Undo this run" in page


def test_nothing_to_change_offers_nothing(team: FlaskClient) -> None:
    a_run(*mixed())
    page = words_of(shown(team).text)
    assert "nothing would change" in page
    assert "Read it again for good" not in page


@pytest.mark.parametrize(
    ("days", "field", "said"),
    [
        pytest.param({"since": "yesterday"}, "since", "This is no day.", id="no day"),
        pytest.param({"until": ""}, "until", "This is no day.", id="nothing"),
        pytest.param({"since": "0001-01-01"}, "since", "This is no day.", id="the first of all"),
        pytest.param({"until": "9999-12-31"}, "until", "This is no day.", id="the last of all"),
        pytest.param({"until": "2019-01-01"}, "until", "lies before the first", id="wrong way"),
        pytest.param({"until": "2020-01-02"}, "since", "Nothing that arrived", id="none there"),
    ],
)
def test_days_that_cannot_be_are_refused_at_their_field(
    team: FlaskClient, days: dict[str, str], field: str, said: str
) -> None:
    a_run(*mixed())
    page = shown(team, **days)
    assert page.status_code == 422
    assert said in page.text.split(f'id="{field}-error"')[1][:300]


def test_what_was_typed_stays(team: FlaskClient) -> None:
    assert 'value="yesterday"' in shown(team, since="yesterday").text


def test_a_long_upload_is_left_to_the_worker(
    team: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_in(uploaded(team, "c", a_file(*mixed()).body, "talks.json").text)
    monkeypatch.setattr(runs, "AT_ONCE", 10)
    answer = posted(team, "/sources/c/record", token=token)
    assert "It waits its turn." in words_of(team.get(answer.location).text)
    assert runs.process(1).rows == 4


def test_a_long_replay_is_left_to_the_worker(
    team: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_run(*mixed())
    changing.become(Second)
    monkeypatch.setattr("engine.sources.replaying.AT_ONCE", 10)
    answer = posted(team, f"{REPLAY}/record", **EVER)
    assert "It waits its turn." in words_of(team.get(answer.location).text)
    runs.process(2)
    assert "is voided" in words_of(team.get(answer.location).text)
