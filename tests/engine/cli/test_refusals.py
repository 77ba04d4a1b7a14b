"""What commands refuse: 1 for a refusal, 2 for wrong usage, in plain words, never a traceback."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from cli_running import Byway, Ran, inside
from sqlalchemy import update

from engine.competencies.models import evidence
from engine.db import writing

REPORT = Path(__file__).parents[2] / "data" / "zoom" / "webinar.csv"


def refused(ran: Ran, *words: str) -> None:
    """Said on standard error, with these words, in a line or two, and nothing of our insides."""
    assert ran.code == 1, ran
    assert "Traceback" not in ran.err
    assert len(ran.err.strip().splitlines()) in (1, 2)
    assert [word for word in words if word not in ran.err] == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("doctor --json", id="doctor"),
        pytest.param("upgrade", id="upgrade"),
        pytest.param("keys create lms", id="keys"),
        pytest.param("people signin bo@example.org", id="people"),
        pytest.param("plugins list", id="plugins"),
        pytest.param("sources list", id="sources"),
        pytest.param("rebuild", id="rebuild"),
        pytest.param("worker", id="worker"),
        pytest.param("serve", id="serve"),
    ],
)
def test_without_an_instance_the_mend_is_said(
    tmp_path: Path,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = inside(tmp_path / "nowhere", monkeypatch, capfd)
    refused(run(*words.split()), "is not a Byway instance", "byway init")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("people link no@example.org mailto:a@b.org", "Nobody here", id="nobody"),
        pytest.param("people link nowhere mailto:a@b.org", "not an email", id="no address"),
        pytest.param("people signin no@example.org", "Nobody here", id="nobody to sign in"),
        pytest.param("people role no@example.org expert", "Nobody here", id="nobody for a role"),
        pytest.param("people unmerge no@example.org", "Nobody here", id="nobody to unmerge"),
        pytest.param("keys create lms --scope everything", "is not a scope", id="scope"),
        pytest.param("sources add nothing x", "No plugin brings", id="plugin"),
        pytest.param("sources add zoom X", "cannot name a source", id="name"),
        pytest.param("sources add zoom x --set colour=red", "colour", id="setting"),
        pytest.param("sources add zoom x --set timezone=Mars", "Mars", id="zone"),
        pytest.param("sources run nowhere", "no source", id="source"),
        pytest.param("sources undo 99", "no run 99", id="run"),
        pytest.param("competencies profile no@example.org", "Nobody here", id="profile"),
    ],
)
def test_what_is_not_there_is_refused(byway: Byway, words: str, said: str) -> None:
    refused(byway(*words.split()), said)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("frobnicate", id="no such command"),
        pytest.param("people", id="a group without command"),
        pytest.param("people role bo@example.org admin", id="no such role"),
        pytest.param("keys create", id="an argument missing"),
        pytest.param("keys create lms --reads everything", id="no such choice"),
        pytest.param("sources add zoom x --set timezone", id="no value"),
        pytest.param("sources run x nowhere.csv", id="no such file"),
        pytest.param("sources undo first", id="no number"),
        pytest.param("people import .", id="a directory"),
        pytest.param("competencies profile bo@example.org --as-of yesterday", id="no day"),
        pytest.param("serve --bind 8000", id="no address"),
        pytest.param("serve --bind 127.0.0.1:http", id="no port"),
        pytest.param("serve --workers 0", id="no workers"),
    ],
)
def test_wrong_usage_ends_with_two(byway: Byway, words: str) -> None:
    ran = byway(*words.split())
    assert (ran.code, ran.out) == (2, "")
    assert "Usage: byway" in ran.err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("BYWAY_MAX_BODY", "lots", "BYWAY_MAX_BODY", id="no number"),
        pytest.param("BYWAY_MAX_BODY", "-1", "BYWAY_MAX_BODY", id="below zero"),
        pytest.param("BYWAY_PUBLIC_URL", "x.example", "BYWAY_PUBLIC_URL", id="no address"),
        pytest.param(
            "BYWAY_XAPI_DEFAULT_VERSION", "3.0", "BYWAY_XAPI_DEFAULT_VERSION", id="no version"
        ),
        pytest.param("BYWAY_DATABASE_URL", "nonsense", "BYWAY_DATABASE_URL", id="no database"),
        pytest.param(
            "BYWAY_DATABASE_URL", "mysql://x/y", "Expected something like", id="another database"
        ),
        pytest.param(
            "BYWAY_DATABASE_URL", "postgresql+asyncpg://x/y", "Expected", id="another driver"
        ),
        pytest.param(
            "BYWAY_DATABASE_URL", "postgresql://127.0.0.1:1/y", "Check that it runs", id="nobody"
        ),
        pytest.param(
            "BYWAY_DATABASE_URL", "sqlite:////nowhere/x.sqlite3", "unable to open", id="nowhere"
        ),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    byway: Byway, name: str, value: str, said: str
) -> None:
    refused(byway("plugins", "list", **{name: value}), said)


@pytest.mark.parametrize("basis", ["notice", "consent"])
@pytest.mark.parametrize(
    "scopes",
    [
        pytest.param([], id="none"),
        pytest.param(["--scope", "statements/write", "--scope", "statements/read"], id="repeated"),
        pytest.param(["--scope", "statements/write,statements/read"], id="with a comma"),
        pytest.param(["--scope", "statements/write", "statements/read"], id="in a row"),
    ],
)
def test_a_key_is_made_with_scopes_however_they_are_given(
    byway: Byway, basis: str, scopes: list[str]
) -> None:
    ran = byway("keys", "create", "lms", *scopes, "--may-attest", "--basis", basis, "--json")
    assert (ran.code, ran.err, set(ran.json)) == (0, "", {"key", "secret"})


@pytest.mark.parametrize("command", ["preview", "run"])
def test_a_refused_report_has_the_form_of_every_report(
    byway: Byway, tmp_path: Path, command: str
) -> None:
    byway("sources", "add", "zoom", "webinars", "--set", "timezone=America/Toronto")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("colour,shape\nred,round\n", encoding="utf-8")
    ran = byway("sources", command, "webinars", wrong, "--json")
    refused(ran)
    assert (ran.json["run"], ran.json["rows"], ran.json["statements"]) == (None, 0, [])
    assert {"where", "why", "mend"} == set(ran.json["problems"][0])


def test_another_refusal_is_told_in_json_too(byway: Byway) -> None:
    ran = byway("competencies", "profile", "no@example.org", "--json")
    refused(ran)
    assert set(ran.json) == {"where", "why", "mend"}


def test_people_with_problems_are_told_and_the_rest_are_kept(byway: Byway, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email\nbo@example.org\nnowhere\n", encoding="utf-8")
    ran = byway("people", "import", people)
    assert (ran.code, ran.out) == (0, "1 created, 0 updated.\n")
    assert ran.err.startswith('row 3: "nowhere" is not an email address.')


def test_people_that_are_all_problems_are_refused(byway: Byway, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email\nnowhere\n", encoding="utf-8")
    assert byway("people", "import", people).code == 1


@pytest.mark.only_sqlite
def test_a_database_that_is_none_is_refused(byway: Byway, instance_dir: Path) -> None:
    for name in ("byway.sqlite3-wal", "byway.sqlite3-shm"):
        (instance_dir / name).unlink(missing_ok=True)
    (instance_dir / "byway.sqlite3").write_bytes(b"nothing of the kind" * 100)
    refused(byway("plugins", "list"), "not a database")


@pytest.mark.both_databases
def test_a_database_without_a_schema_asks_for_an_upgrade(byway: Byway, empty_url: str) -> None:
    empty = {"BYWAY_DATABASE_URL": empty_url}
    refused(byway("people", "signin", "bo@example.org", **empty), "byway upgrade")
    assert byway("doctor", **empty).code == 1
    assert byway("upgrade", **empty).code == 0
    assert byway("doctor", **empty).code == 0


@pytest.mark.only_sqlite
def test_a_file_one_may_not_write_is_refused(byway: Byway, instance_dir: Path) -> None:
    url = f"sqlite:///file:{instance_dir / 'byway.sqlite3'}?mode=ro&uri=true"
    refused(byway("keys", "create", "lms", BYWAY_DATABASE_URL=url), "readonly", "who owns")


def test_a_server_that_only_reads_is_refused(byway: Byway, postgres_copy: str) -> None:
    with psycopg.connect(postgres_copy, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {owner.info.dbname} SET default_transaction_read_only = on")
    there = {"BYWAY_DATABASE_URL": postgres_copy}
    refused(byway("keys", "create", "lms", **there), "read-only", "that may be written")


@pytest.mark.both_databases
@pytest.mark.usefixtures("app")
def test_a_database_that_somebody_keeps_locked_is_refused(
    byway: Byway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.db.WAIT_MS", 100)
    with writing():
        refused(byway("keys", "create", "lms"), "lock", "try again")


def test_an_instance_that_is_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused(inside(tmp_path / "file", monkeypatch, capfd)("init"), "file")


def test_a_secret_that_was_cut_is_refused(byway: Byway, instance_dir: Path) -> None:
    (instance_dir / "secret.key").write_bytes(b"short")
    refused(byway("plugins", "list"), "shorter than 32 bytes")


@pytest.mark.usefixtures("app")
def test_evidence_that_was_tampered_with_ends_a_check_with_one(byway: Byway) -> None:
    byway("sources", "add", "zoom", "z", "--set", "timezone=UTC", "--set", "tags=policy")
    byway("sources", "run", "z", REPORT)
    byway("rebuild")
    with writing() as connection:
        connection.execute(update(evidence).values(base=evidence.c.base * 2))
    check = byway("rebuild", "--check", "--json")
    assert (check.code, check.json["equal"]) == (1, False)
    rebuilt = byway("rebuild", "--json")
    assert (rebuilt.code, rebuilt.json["equal"]) == (0, False)
    assert byway("rebuild", "--check").code == 0


def test_a_role_is_given_and_taken_away(byway: Byway, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email\nbo@example.org\n", encoding="utf-8")
    byway("people", "import", people)
    assert "has the role expert." in byway("people", "role", "bo@example.org", "expert").out
    taken = byway("people", "role", "bo@example.org", "expert", "--remove")
    assert taken.out == "bo@example.org has the role expert no more.\n"


def test_a_profile_is_told_in_words(byway: Byway, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email\npetra.lang@example.org\n", encoding="utf-8")
    byway("people", "import", people)
    assert byway("competencies", "profile", "petra.lang@example.org").out == "No evidence yet.\n"
