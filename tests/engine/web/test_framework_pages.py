"""The pages of frameworks: who may, the list and the tree, and importing one in steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_log import DATA, an_origin, answered, put
from ruleset_making import IMPORT, TABLE, a_file, brought, hidden, sent, the_team
from workbench_making import HOSTILE, every_table, signed_in, words_of

from engine import profiles
from engine.competencies import frameworks
from engine.competencies.framework_documents import RETIRED
from engine.db import transaction

LIST = "/workbench/frameworks"
OURS = "https://w3id.org/byway/frameworks/public-service-learning"
MEANT = {"column-0": "label", "column-1": "description", "column-2": "parent"}
READ = (LIST, f"{LIST}/one?uri={OURS}", f"{LIST}/export?uri={OURS}&format=case", IMPORT)
WRITTEN = tuple(f"{IMPORT}{step}" for step in ("", "/columns", "/preview", "/keep", "/discard"))


@pytest.fixture
def team(app: Flask) -> FlaskClient:
    return the_team(app)


def previewed(team: FlaskClient, body: bytes = TABLE, **fields: Any) -> str:
    """The preview of a table whose columns were named."""
    asked = brought(team, ("skills.csv", body)).text
    return str(
        sent(team, f"{IMPORT}/preview", **{**hidden(asked, f"{IMPORT}/preview"), **fields}).text
    )


def imported(team: FlaskClient, page: str) -> str:
    """Import what a preview shows; the page it leads to."""
    done = sent(team, f"{IMPORT}/keep", **hidden(page, f"{IMPORT}/keep"))
    return str(team.get(done.location).text)


def kept(instance_dir: Path) -> list[Path]:
    return list((instance_dir / "previews").glob("*"))


def a_framework(**members: Any) -> str:
    """A framework of two competencies, one of them retired."""
    uri = "https://example.org/town"
    two = [
        {"uri": f"{uri}/plain", "label": {"en": "Plain language", "fr": "Langage clair"}},
        {"uri": f"{uri}/fax", "label": {"en": "Faxing"}, "status": RETIRED},
    ]
    document = {"uri": uri, "title": {"en": "Town", "fr": "Ville"}, "competencies": two, **members}
    with transaction():
        frameworks.keep(document)
    return f"{LIST}/one?uri={document['uri']}"


# ---- Who may ---------------------------------------------------------------


@pytest.mark.parametrize("path", READ)
def test_a_learner_is_turned_away(app: Flask, path: str) -> None:
    assert signed_in(app, a_person()).get(path).status_code == 403


@pytest.mark.parametrize("path", READ)
def test_who_is_not_signed_in_is_asked_to(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 401


@pytest.mark.parametrize("path", WRITTEN)
def test_a_learner_changes_nothing(app: Flask, path: str) -> None:
    learner = signed_in(app, a_person())
    before = every_table()

    assert sent(learner, path).status_code == 403
    assert every_table() == before


@pytest.mark.parametrize("path", WRITTEN)
def test_a_form_without_its_token_is_refused(team: FlaskClient, path: str) -> None:
    assert team.post(path).status_code == 400


@pytest.mark.parametrize("role", ["ld", "operator"])
def test_the_team_may_see_frameworks(app: Flask, role: str) -> None:
    assert the_team(app, role=role).get(LIST).status_code == 200


# ---- The list and the tree ---------------------------------------------------


def test_the_list_says_what_each_framework_is(team: FlaskClient) -> None:
    page = words_of(team.get(LIST).text)

    assert "Learning in public service 8 competencies, in 4 levels" in page
    assert "Languages: en, es and fr" in page
    assert "The rules in force are for it" in page


def test_the_list_counts_what_is_retired(team: FlaskClient) -> None:
    a_framework()

    assert "Town 1 competency, and 1 retired" in words_of(team.get(LIST).text)


def test_the_list_has_the_publishers_version(team: FlaskClient) -> None:
    a_framework(extra={"case": {"version": "2.1"}})

    assert "Version 2.1" in words_of(team.get(LIST).text)


def test_a_framework_says_what_its_levels_mean(team: FlaskClient) -> None:
    page = words_of(team.get(f"{LIST}/one?uri={OURS}").text)

    assert "Levels Awareness, Working, Practitioner and Expert" in page
    assert "What it means : Data literacy" in page


def test_a_retired_competency_is_said_to_be(team: FlaskClient) -> None:
    assert "Faxing Retired" in words_of(team.get(a_framework()).text)


def test_names_are_in_the_readers_language(team: FlaskClient) -> None:
    page = team.get(a_framework(), headers={"Accept-Language": "fr-CA, en;q=0.5"}).text

    assert "Langage clair" in page
    assert "Ville" in page


def test_what_a_page_does_not_hold_stands_on_its_own(team: FlaskClient) -> None:
    uri = "https://example.org/wide"
    top: dict[str, Any] = {"uri": f"{uri}/top", "label": "Top"}
    many = [
        {"uri": f"{uri}/{number}", "label": f"Part {number}", "parents": [top["uri"]]}
        for number in range(500)
    ]
    below = {"uri": f"{uri}/below", "label": "Deep", "parents": [f"{uri}/7"]}
    path = a_framework(uri=uri, competencies=[top, *many, below])

    assert "500 parts of Top" in words_of(team.get(path).text)
    assert "Deep" in words_of(team.get(f"{path}&under={uri}/7").text)


def test_what_is_part_of_several_is_opened_once(team: FlaskClient) -> None:
    uri = "https://example.org/net"
    rows = [
        [
            {
                "uri": f"{uri}/{row}-{at}",
                "label": f"C{row}-{at}",
                "parents": [f"{uri}/{row - 1}-{one}" for one in range(3)] if row else [],
            }
            for at in range(3)
        ]
        for row in range(30)
    ]
    path = a_framework(uri=uri, competencies=[one for row in rows for one in row])

    assert team.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", [f"{LIST}/one?uri=x:none", f"{LIST}/one?uri={OURS}&under=x:none", f"{LIST}/one"]
)
def test_what_is_not_there_is_said_so(team: FlaskClient, path: str) -> None:
    assert team.get(path).status_code == 404


def test_names_are_escaped(team: FlaskClient) -> None:
    page = team.get(a_framework(title={"en": HOSTILE})).text

    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


# ---- Export ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "begins", "named"),
    [
        pytest.param("case", b"{", "learning-in-public-service", id="CASE"),
        pytest.param("moodle", b"", "learning-in-public-service", id="Moodle"),
    ],
)
def test_a_framework_is_a_file(team: FlaskClient, form: str, begins: bytes, named: str) -> None:
    response = team.get(f"{LIST}/export?uri={OURS}&format={form}")

    assert response.data.startswith(begins)
    assert f'attachment; filename="{named}' in response.headers["Content-Disposition"]


def test_an_exported_file_comes_in_again_with_nothing_changed(team: FlaskClient) -> None:
    body = team.get(f"{LIST}/export?uri={OURS}&format=case").data

    page = words_of(brought(team, ("again.json", body)).text)

    assert "It is here already" in page or "0 gone" in page


def test_a_format_that_cannot_be_written_is_said_so(team: FlaskClient) -> None:
    assert team.get(f"{LIST}/export?uri={OURS}&format=esco").status_code == 404


# ---- Import ------------------------------------------------------------------


def test_a_file_is_recognised_and_previewed(team: FlaskClient) -> None:
    page = words_of(brought(team, a_file("moodle_town.csv")).text)

    assert "A new framework of" in page
    assert "Read as Moodle" in page


def test_a_preview_stores_nothing(team: FlaskClient) -> None:
    before = every_table()

    brought(team, a_file("moodle_town.csv"))

    assert every_table() == before


def test_files_that_belong_together_are_one_framework(team: FlaskClient) -> None:
    names = ("digcomp3_core-framework.en.csv", "digcomp3_levels.en.csv")

    page = words_of(brought(team, *map(a_file, names)).text)

    assert "digcomp3_core-framework.en.csv and 1 more" in page
    assert "Read as DigComp" in page


def test_an_import_is_kept_and_the_file_forgotten(team: FlaskClient, instance_dir: Path) -> None:
    page = imported(team, brought(team, a_file("moodle_town.csv")).text)

    assert "The framework is imported." in page
    assert kept(instance_dir) == []
    assert len(frameworks.every()) == 2


def test_rows_that_contradict_each_other_are_named(team: FlaskClient, instance_dir: Path) -> None:
    name, body = a_file("moodle_town.csv")
    lines = body.splitlines(keepends=True)

    response = brought(team, (name, b"".join([*lines, lines[-1].replace(b",", b",x", 2)])))

    assert response.status_code == 422
    assert "row" in words_of(response.text).lower()
    assert kept(instance_dir) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("", b"", id="nothing"),
        pytest.param("empty.csv", b"", id="empty"),
        pytest.param("picture.png", b"\x89PNG\r\n", id="something else"),
        pytest.param("broken.zip", b"PK\x03\x04nonsense", id="a broken archive"),
        pytest.param("deep.json", b"[" * 100_000, id="too deep"),
    ],
)
def test_what_is_no_framework_is_refused_at_the_field(
    team: FlaskClient, instance_dir: Path, name: str, body: bytes
) -> None:
    response = brought(team, (name, body))

    assert response.status_code == 422
    assert 'id="files-error"' in response.text
    assert kept(instance_dir) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["x.csv", "x.json", "x.jsonld", "x.xlsx", "x.yaml"]), st.binary(max_size=300)
)
def test_no_upload_breaks_the_page(team: FlaskClient, name: str, body: bytes) -> None:
    assert brought(team, (name, body)).status_code in (200, 422)


def test_a_framework_that_is_here_says_what_changes_and_what_hangs_on_it(
    app: Flask, team: FlaskClient
) -> None:
    put(an_origin(), *(answered(thing=str(number)) for number in range(6)))
    profiles.catch_up()
    document = dict(frameworks.every()[-1].document)
    left = [one for one in document["competencies"] if one["uri"] != DATA]
    body = str({**document, "competencies": [{**left[0], "label": "Other"}, *left[1:]]})

    page = words_of(brought(team, ("new.yaml", body.encode())).text)

    assert "0 new, 1 changed, 1 gone, 6 the same" in page
    assert "Data literacy 6 pieces of evidence" in page
    assert "It was called" in page


def test_somebody_elses_upload_is_not_found(app: Flask, team: FlaskClient) -> None:
    page = brought(team, a_file("moodle_town.csv")).text

    response = sent(the_team(app, "Ines Roy"), f"{IMPORT}/keep", **hidden(page, f"{IMPORT}/keep"))

    assert response.status_code == 404


def test_a_discarded_upload_is_forgotten(team: FlaskClient, instance_dir: Path) -> None:
    page = brought(team, a_file("moodle_town.csv")).text

    sent(team, f"{IMPORT}/discard", **hidden(page, f"{IMPORT}/discard"))

    assert kept(instance_dir) == []


def test_an_import_is_not_done_twice(team: FlaskClient) -> None:
    fields = hidden(brought(team, a_file("moodle_town.csv")).text, f"{IMPORT}/keep")
    sent(team, f"{IMPORT}/keep", **fields)

    assert sent(team, f"{IMPORT}/keep", **fields).status_code == 404


def test_an_unknown_format_is_refused(team: FlaskClient) -> None:
    assert brought(team, a_file("moodle_town.csv"), form="none").status_code == 422


def test_another_reading_is_tried_with_its_options(team: FlaskClient) -> None:
    page = brought(team, a_file("moodle_town.csv")).text
    fields = hidden(page, f"{IMPORT}/preview")

    again = sent(team, f"{IMPORT}/preview", **{**fields, "set-language": "fr"}).text

    assert 'name="set-language" value="fr"' in again


# ---- Columns -----------------------------------------------------------------


def test_a_table_asks_what_its_columns_mean(team: FlaskClient) -> None:
    page = words_of(brought(team, ("skills.csv", TABLE)).text)

    assert "What First value: Data" in page
    assert "Fits First value: Digital" in page
    assert "It cannot be read as it stands." in page


def test_a_table_is_read_as_was_said(team: FlaskClient) -> None:
    page = words_of(imported(team, previewed(team, **MEANT)))

    assert "2 competencies" in page
    assert page.index("Digital") < page.index("Data")


def test_a_title_of_ones_own_is_taken(team: FlaskClient) -> None:
    page = previewed(team, **MEANT, **{"set-title": "Our skills"})

    assert "Preview: Our skills" in words_of(page)


def test_what_was_said_is_remembered_for_the_next_file(team: FlaskClient) -> None:
    imported(team, previewed(team, **MEANT))

    page = brought(team, ("other.csv", TABLE.replace(b"charts", b"maps"))).text

    assert "as you said for the last file with these headings" in words_of(page)
    assert page.count('value="parent" selected') == 1


def test_other_headings_are_not_taken_for_the_same(team: FlaskClient) -> None:
    imported(team, previewed(team, **MEANT))

    page = brought(team, ("other.csv", TABLE.replace(b"Fits", b"Suits"))).text

    assert "selected>Parents" not in page


def test_two_columns_cannot_be_the_same(team: FlaskClient) -> None:
    page = previewed(team, **{**MEANT, "column-1": "label"})

    assert "“What” is the column of labels already. Keep one." in words_of(page)
    assert 'id="column-1-error"' in page
    assert page.count('value="label" selected') == 2


def test_columns_can_be_changed_after_the_preview(team: FlaskClient) -> None:
    fields = hidden(previewed(team, **MEANT), f"{IMPORT}/columns")

    page = sent(team, f"{IMPORT}/columns", **fields).text

    assert page.count('value="description" selected') == 1


def test_what_a_table_lacks_is_said(team: FlaskClient) -> None:
    page = words_of(imported(team, previewed(team, **MEANT, lacking=["levels"])))

    assert "None of its own" in page


def test_a_mapping_that_finds_no_row_is_mended_at_the_columns(team: FlaskClient) -> None:
    page = previewed(team, **{**MEANT, "column-2": "label", "column-0": "parent"})

    assert "There is a problem" in words_of(page)
    assert 'name="column-0"' in page


def test_other_formats_do_not_ask(team: FlaskClient) -> None:
    assert "column-0" not in brought(team, a_file("moodle_town.csv")).text
