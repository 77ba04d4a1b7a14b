"""The L&D team's pages: what an upload would become, recording it, taking it back, aligning."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from workbench_making import (
    DATA_LITERACY,
    HOSTILE,
    TITLE,
    a_delivery,
    a_report,
    a_source,
    every_table,
    posted,
    signed_in,
    token_in,
    uploaded,
    weigh_anew,
    words_of,
)

from engine import profiles
from engine.db import db, transaction
from engine.people import service as people
from engine.sources import instances, runs
from engine.sources.models import Run

READ = ("/sources", "/sources/zoom", "/runs/1", "/unaligned")
WRITTEN = (
    "/sources/zoom/preview",
    "/sources/zoom/align",
    "/sources/zoom/record",
    "/sources/zoom/discard",
    "/sources/zoom/poll",
    "/runs/1/undo",
    "/runs/1/redo",
    "/unaligned",
)


@pytest.fixture
def source(app: Flask) -> str:
    return a_source()


@pytest.fixture
def team(app: Flask, source: str) -> FlaskClient:
    """Somebody of the L&D team, signed in."""
    return signed_in(app, a_person("Odile Brandt", "odile@example.org", "ld"))


@pytest.fixture
def learner(app: Flask, source: str) -> FlaskClient:
    return signed_in(app, a_person())


def a_run(body: bytes | None = None, source: str = "zoom") -> int:
    return runs.run_file(source, a_delivery(body), by="odile@example.org").run or 0


def last_run() -> Run:
    db.session.rollback()
    return db.session.scalars(select(Run).order_by(Run.id.desc())).one()


def kept(instance_dir: Path) -> list[Path]:
    return list((instance_dir / "previews").glob("*"))


# ---- Who may ---------------------------------------------------------------


@pytest.mark.parametrize("path", READ)
def test_a_learner_is_turned_away(learner: FlaskClient, path: str) -> None:
    a_run()

    assert learner.get(path).status_code == 403


@pytest.mark.parametrize("path", WRITTEN)
def test_a_learner_changes_nothing(learner: FlaskClient, path: str) -> None:
    a_run()
    before = every_table()

    assert posted(learner, path).status_code == 403
    assert every_table() == before


@pytest.mark.parametrize("path", READ)
def test_who_is_not_signed_in_is_asked_to(app: Flask, source: str, path: str) -> None:
    assert app.test_client().get(path).status_code == 401


@pytest.mark.parametrize("path", WRITTEN)
def test_a_form_without_its_token_is_refused(team: FlaskClient, path: str) -> None:
    assert team.post(path).status_code == 400


@pytest.mark.parametrize("role", ["ld", "operator"])
def test_the_team_may_see_the_sources(app: Flask, source: str, role: str) -> None:
    client = signed_in(app, a_person("Odile Brandt", "odile@example.org", role))

    assert client.get("/sources").status_code == 200


# ---- Sources ---------------------------------------------------------------


def test_a_source_says_what_it_reads_and_keeps(team: FlaskClient) -> None:
    page = words_of(team.get("/sources").text)

    assert "Zoom webinars and meetings" in page
    assert "Notice with objection" in page
    assert "Reads name, email," in page


def test_a_source_names_its_last_run_with_its_counts(team: FlaskClient) -> None:
    a_run()

    page = words_of(team.get("/sources").text)

    assert re.search(r"Last run on \w+ \d+ \w+ .*Recorded. \d+ rows: \d+ new", page)


def test_trouble_is_shown_with_its_mend(team: FlaskClient) -> None:
    with transaction():
        instances.get("zoom").trouble = "The feed was not found. Look up its new address."

    assert "Trouble. The feed was not found. Look up its" in words_of(team.get("/sources").text)


def test_a_source_whose_plugin_is_gone_is_still_listed(team: FlaskClient) -> None:
    with transaction():
        instances.get("zoom").plugin = "vanished"

    page = team.get("/sources")

    assert page.status_code == 200
    assert "any more, so nothing is read. Look at the plugins" in words_of(page.text)


def test_secrets_are_in_no_page(team: FlaskClient) -> None:
    a_source("hub", "discourse", url="https://hub.example.org", secret="s3cr3t-word")

    pages = team.get("/sources").text + team.get("/sources/hub").text

    assert "Set, not shown" in pages
    assert "s3cr3t-word" not in pages


def test_settings_are_said_in_their_words(team: FlaskClient) -> None:
    a_source("other", date_order="mdy")

    page = words_of(team.get("/sources/other").text)

    assert "Time zone of the reports America/Toronto" in page
    assert "Order of dates Month first" in page


def test_a_password_in_an_address_is_in_no_page(team: FlaskClient) -> None:
    a_source("blog", "feed", url="https://kai:pa55word@blog.example.org/feed")

    pages = team.get("/sources").text + team.get("/sources/blog").text

    assert "blog.example.org/feed" in pages
    assert "pa55word" not in pages


def test_a_webhook_address_is_shown_where_there_is_one(team: FlaskClient) -> None:
    a_source("hub", "discourse", url="https://hub.example.org")

    assert "http://byway.example/sources/hub/hook" in team.get("/sources/hub").text


def test_without_sources_the_page_says_how_to_begin(app: Flask) -> None:
    client = signed_in(app, a_person("Odile Brandt", "odile@example.org", "ld"))

    page = client.get("/sources").text

    assert "No source is set up yet" in page
    assert "/add-source/zoom" in page


def test_an_unknown_source_is_not_found(team: FlaskClient) -> None:
    assert team.get("/sources/nowhere").status_code == 404


# ---- Preview ---------------------------------------------------------------


def test_a_preview_changes_no_table(team: FlaskClient) -> None:
    before = every_table()

    assert uploaded(team, "zoom").status_code == 200
    assert every_table() == before


def test_a_preview_tells_what_the_run_then_does(team: FlaskClient) -> None:
    expected = runs.preview("zoom", a_delivery())

    page = words_of(uploaded(team, "zoom").text)
    recorded = runs.run_file("zoom", a_delivery())

    assert f"{recorded.rows} rows from 1 webinar become 4 activities of 4 people." in page
    assert recorded.counts == expected.counts
    assert [one["id"] for one in recorded.statements] == [one["id"] for one in expected.statements]


def test_the_counts_of_a_preview_add_up(team: FlaskClient) -> None:
    page = uploaded(team, "zoom").text

    groups = re.findall(r'class="group">.*?class="n">(\d+)<', page)
    rows = re.search(r'class="total">.*?class="n">(\d+)<', page)

    assert rows
    assert sum(map(int, groups)) == int(rows[1]) == 10


def test_a_preview_shows_raw_rows_beside_what_they_become(team: FlaskClient) -> None:
    page = words_of(uploaded(team, "zoom").text)

    assert 'Yes,Ines Roy,ines.roy@example.org,"09/08/2026 10:58:12 AM"' in page
    assert "Ines Roy hosted Evidence for policy for 1 hour 4 minutes on 8 September 2026." in page


def test_a_preview_says_what_needs_a_hand(team: FlaskClient) -> None:
    page = words_of(uploaded(team, "zoom").text)

    assert "“k.dorsey@” is not a whole address." in page
    assert "Correct the address, or empty the cell" in page


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"a,b\n1,2\n", "No table was found that this source knows.", id="headings"),
        pytest.param(b"", "No file was chosen, or the file is empty.", id="nothing"),
        pytest.param(
            a_report().replace(b"22/2026", b"08/2026"), "Ambiguous date order", id="date order"
        ),
        pytest.param(b"PK\x03\x04", "The workbook cannot be read", id="workbook"),
    ],
)
def test_a_refusal_stands_at_the_upload(team: FlaskClient, body: bytes, said: str) -> None:
    page = uploaded(team, "zoom", body)
    at_the_field = re.search(r'id="report-error">(.*?)</p>', page.text, re.DOTALL)

    assert page.status_code == 422
    assert at_the_field
    assert said in words_of(at_the_field[1])
    assert re.search(r'id="report-mend">.+?</p>', page.text, re.DOTALL)


def test_a_refused_file_is_not_kept(team: FlaskClient, instance_dir: Path) -> None:
    before = every_table()

    uploaded(team, "zoom", b"a,b\n1,2\n")

    assert every_table() == before
    assert kept(instance_dir) == []


def test_an_upload_is_kept_encrypted(team: FlaskClient, instance_dir: Path) -> None:
    uploaded(team, "zoom")
    (file,) = kept(instance_dir)

    assert b"example.org" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_names_in_a_report_are_text(team: FlaskClient) -> None:
    page = uploaded(team, "zoom", a_report(HOSTILE), f"{HOSTILE}.csv").text

    assert HOSTILE not in page
    assert "&lt;script&gt;alert" in page


def test_levels_of_few_people_are_not_spoken_of(team: FlaskClient) -> None:
    page = words_of(uploaded(team, "zoom").text)

    assert "This is about fewer than 5 people, so nothing is said about their levels." in page


# ---- Recording and discarding ------------------------------------------------


def test_recording_makes_the_run_that_was_shown(team: FlaskClient) -> None:
    token = token_in(uploaded(team, "zoom").text)

    answer = posted(team, "/sources/zoom/record", token=token)

    assert answer.location == f"/runs/{last_run().id}"
    assert last_run().by == "odile@example.org"
    assert last_run().counts["new"] == 4


def test_recording_forgets_the_upload(team: FlaskClient, instance_dir: Path) -> None:
    token = token_in(uploaded(team, "zoom").text)

    posted(team, "/sources/zoom/record", token=token)

    assert kept(instance_dir) == []


def test_a_preview_is_recorded_once(team: FlaskClient) -> None:
    token = token_in(uploaded(team, "zoom").text)
    posted(team, "/sources/zoom/record", token=token)

    assert posted(team, "/sources/zoom/record", token=token).status_code == 404


def test_discarding_keeps_nothing(team: FlaskClient, instance_dir: Path) -> None:
    before = every_table()
    token = token_in(uploaded(team, "zoom").text)

    posted(team, "/sources/zoom/discard", token=token)

    assert kept(instance_dir) == []
    assert every_table() == before


def test_somebody_elses_preview_cannot_be_recorded(app: Flask, team: FlaskClient) -> None:
    token = token_in(uploaded(team, "zoom").text)
    colleague = signed_in(app, a_person("Ruth Moss", "ruth@example.org", "ld"))
    before = every_table()

    assert posted(colleague, "/sources/zoom/record", token=token).status_code == 404
    assert every_table() == before


def test_a_preview_belongs_to_its_source(team: FlaskClient) -> None:
    a_source("other")
    token = token_in(uploaded(team, "zoom").text)

    assert posted(team, "/sources/other/record", token=token).status_code == 404


@pytest.mark.parametrize(
    "token",
    ["", "../secret.key", "../../etc/passwd", "/etc/passwd", "..", "%2e%2e%2fsecret.key", "a\0b"],
)
def test_a_token_is_never_a_path(team: FlaskClient, instance_dir: Path, token: str) -> None:
    uploaded(team, "zoom")

    assert posted(team, "/sources/zoom/discard", token=token).status_code == 404
    assert (instance_dir / "secret.key").is_file()
    assert len(kept(instance_dir)) == 1


def test_nothing_new_can_still_be_recorded(team: FlaskClient) -> None:
    a_run(a_report())

    page = words_of(uploaded(team, "zoom", a_report()).text)

    assert "1 row from 1 webinar, and nothing new in them" in page
    assert "Record the run" in page


def test_a_correction_names_what_it_replaces(team: FlaskClient) -> None:
    a_run(a_report(minutes=30))

    page = words_of(uploaded(team, "zoom", a_report(minutes=52)).text)

    assert "Until now it was 30 minutes; that statement is voided and kept." in page


# ---- Runs --------------------------------------------------------------------


def test_a_run_shows_where_its_rows_went(team: FlaskClient) -> None:
    page = words_of(team.get(f"/runs/{a_run()}").text)

    assert "10 rows became 4 activities." in page
    assert "by odile@example.org" in page
    assert "webinar.csv" in page


def test_a_run_is_undone_and_stands_again_by_button(team: FlaskClient) -> None:
    run = a_run()

    posted(team, f"/runs/{run}/undo")
    assert not last_run().stands
    assert "Let it stand again" in team.get(f"/runs/{run}").text

    posted(team, f"/runs/{run}/redo")
    assert last_run().stands
    assert "Undo this run" in team.get(f"/runs/{run}").text


def test_rows_of_an_undone_run_say_that_nothing_speaks_for_them(team: FlaskClient) -> None:
    run = a_run(a_report())
    posted(team, f"/runs/{run}/undo")

    assert "Nothing speaks for it now" in team.get(f"/runs/{run}").text


def test_a_run_can_be_narrowed_to_one_outcome(team: FlaskClient) -> None:
    a_run(a_report(people=["bo"]))
    run = a_run(a_report(people=["bo", "ines"]))

    page = words_of(team.get(f"/runs/{run}?outcome=new").text)

    assert "ines attended" in page
    assert "bo attended" not in page


def test_a_long_run_is_shown_page_by_page(team: FlaskClient) -> None:
    run = a_run(a_report(people=[f"p{number}" for number in range(60)]))

    first, second = team.get(f"/runs/{run}").text, team.get(f"/runs/{run}?page=2").text

    assert "p49 attended" in words_of(first)
    assert "p50 attended" not in words_of(first)
    assert "p59 attended" in words_of(second)


def test_rows_come_in_the_order_of_the_report(team: FlaskClient) -> None:
    run = a_run(a_report(people=[f"p{number}" for number in range(12)]))

    page = words_of(team.get(f"/runs/{run}").text)

    assert re.findall(r"(p\d+) attended", page) == [f"p{number}" for number in range(12)]


def test_who_has_objected_is_not_shown(team: FlaskClient) -> None:
    a_person()
    run = a_run(a_report())
    with transaction():
        people.say(people.get_person("bo@example.org"), instances.get("zoom").origin_id, "objected")

    page = team.get(f"/runs/{run}").text

    assert "This person has objected to the source." in page
    assert "bo@example.org" not in page


def test_a_refused_run_says_why_and_how_to_mend_it(team: FlaskClient) -> None:
    run = a_run()
    with transaction():
        stored = db.session.get_one(Run, run)
        stored.state, stored.why, stored.mend = "refused", "It broke.", "Send it again."

    page = words_of(team.get(f"/runs/{run}").text)

    assert "Why it was refused. It broke. Send it again." in page
    assert "Undo this run" not in page


def test_a_waiting_run_says_that_it_waits(team: FlaskClient) -> None:
    run = a_run()
    with transaction():
        db.session.get_one(Run, run).state = "waiting"

    assert "waits its turn" in team.get(f"/runs/{run}").text


def test_hostile_titles_are_text_on_the_run_and_the_list(team: FlaskClient) -> None:
    run = a_run(a_report(HOSTILE))
    profiles.catch_up()

    pages = [team.get(f"/runs/{run}").text, team.get("/unaligned").text]

    assert [HOSTILE in page for page in pages] == [False, False]
    assert ["&lt;script&gt;alert" in page for page in pages] == [True, True]


def test_an_unknown_run_is_not_found(team: FlaskClient) -> None:
    assert team.get("/runs/99").status_code == 404


def test_polling_what_is_not_set_up_for_it_is_said_on_the_source(team: FlaskClient) -> None:
    answer = posted(team, "/sources/zoom/poll")

    assert answer.location == "/sources/zoom"
    assert "upload reports instead" in team.get("/sources/zoom").text


# ---- Aligning ----------------------------------------------------------------


def align(client: FlaskClient, path: str = "/unaligned", **fields: Any) -> Any:
    given = {"match": "title", "title": TITLE, "competency": DATA_LITERACY, "place": "align-1"}
    return posted(client, path, **given | fields)


def test_what_reaches_no_competency_is_listed(team: FlaskClient) -> None:
    a_run(a_report(people=["bo", "ines"]))
    profiles.catch_up()

    page = words_of(team.get("/unaligned").text)

    assert "2 recorded activities count towards nothing yet" in page
    assert "Evidence for policy 2 activities. No tags in the source" in page


def test_an_alignment_makes_activities_count(team: FlaskClient) -> None:
    person = a_person()
    a_run(a_report())
    profiles.catch_up()

    assert align(team).status_code == 302
    profiles.catch_up()
    weigh_anew()

    assert DATA_LITERACY in profiles.profile_of(person.id).standings
    assert "reaches a competency" in team.get("/unaligned").text


def test_until_the_record_is_weighed_anew_the_page_says_how_far_it_is(team: FlaskClient) -> None:
    a_run(a_report())
    profiles.catch_up()
    align(team)

    page = words_of(team.get("/unaligned").text)

    assert "Aligned. It counts as soon as the record has been weighed anew." in page
    assert "Weighing the record anew: 0 of 1 statement. Until that is done, pages show" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"competency": ""}, "No competency was chosen.", id="no competency"),
        pytest.param({"competency": "x"}, "is not a competency of this ruleset", id="unknown"),
        pytest.param({"title": "of"}, "would match nearly everything", id="short"),
        pytest.param({"match": "object", "object_id": "*"}, "not the address", id="everything"),
    ],
)
def test_a_wrong_alignment_is_said_at_its_place(
    team: FlaskClient, fields: dict[str, str], said: str
) -> None:
    a_run(a_report())
    profiles.catch_up()

    page = align(team, **fields)
    at_the_field = re.search(r'id="align-1-error">(.*?)</p>', page.text, re.DOTALL)

    assert page.status_code == 422
    assert at_the_field
    assert said in words_of(at_the_field[1])


def test_aligning_in_a_preview_comes_back_to_it(team: FlaskClient) -> None:
    shown = uploaded(team, "zoom", a_report()).text

    page = align(team, "/sources/zoom/align", token=token_in(shown))

    assert "Activities that reach no competency" in words_of(shown)
    assert page.status_code == 200
    assert "Activities that reach no competency" not in words_of(page.text)
    assert "Record 1 activity" in words_of(page.text)
