"""The schema: what the migrations make is what the models say, once, by one at a time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import first_instance
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from cli_running import command, environment
from factories import a_key, a_person, a_statement, headers, settings_in
from flask import Flask
from flask_migrate import upgrade as migrate
from lrs_making import found
from sqlalchemy import inspect, text

from engine import doctor, instance, profiles, snapshots
from engine.app import create_app
from engine.competencies import projector
from engine.config import Settings, create_secret
from engine.db import db, reading, writing
from engine.errors import Refused
from engine.lrs.keys import own_origin
from engine.people import service as people
from engine.pipeline import store
from engine.rebuilding.rebuild import rebuild
from engine.sources import deliveries, runs, undo
from engine.sources.models import DeliveryRow, Item, Run

pytestmark = pytest.mark.both_databases


@contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """Inside the application of an instance, which is let go of at the end."""
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def empty(empty_url: str, tmp_path: Path) -> Settings:
    """An instance whose database holds nothing yet."""
    settings = settings_in(tmp_path / "empty", empty_url)
    create_secret(settings)
    return settings


def byway(settings: Settings, *words: str) -> subprocess.Popen[bytes]:
    """The command, begun on an instance."""
    environ = environment(settings.instance, BYWAY_DATABASE_URL=settings.database_url)
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*words), env=environ, stdout=pipe, stderr=pipe)


def outcome(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Its exit code and what it complained of."""
    _, complaint = process.communicate(timeout=60)
    return process.returncode, complaint


def differences() -> list[Any]:
    """Where the database is not what the models say."""
    wanted = {"compare_type": True, "compare_server_default": True}
    with reading() as connection:
        context = MigrationContext.configure(connection, opts=wanted)
        return list(compare_metadata(context, db.metadata))


def content() -> dict[str, list[Any]]:
    """Every row of every table."""
    db.session.rollback()
    with reading() as connection:
        return {
            name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"'))))
            for name in inspect(connection).get_table_names()
        }


@pytest.mark.usefixtures("app")
def test_the_migrations_make_what_the_models_say() -> None:
    assert differences() == []


@pytest.mark.usefixtures("app")
def test_only_statements_that_refer_are_in_the_index_of_targets(database: str) -> None:
    with reading() as connection:
        indexes = inspect(connection).get_indexes("statement")
    (found,) = [index for index in indexes if index["name"] == "ix_statement_target"]
    condition = str(found["dialect_options"][f"{database}_where"])
    assert condition.strip("()") == "target IS NOT NULL"


@pytest.mark.only_sqlite
@pytest.mark.usefixtures("app")
def test_hot_tables_are_clustered() -> None:
    with reading() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql NOTNULL"))
        made = {row.name: row.sql for row in rows}
    assert made["posting"].rstrip().endswith("WITHOUT ROWID")
    assert "seq INTEGER NOT NULL" in made["statement"]


@pytest.mark.usefixtures("app")
def test_upgrading_again_changes_nothing() -> None:
    before = content()
    instance.upgrade()
    assert content() == before


@pytest.mark.usefixtures("app")
def test_the_newest_schema_is_served() -> None:
    instance.require_schema()


@pytest.mark.usefixtures("app")
def test_an_older_schema_is_not_served() -> None:
    with writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(Refused) as refusal:
        instance.require_schema()
    assert "0000" in refusal.value.why
    assert refusal.value.mend == "Run `byway upgrade`."


def test_a_database_without_schema_is_not_served(empty: Settings) -> None:
    code, complaint = outcome(byway(empty, "serve", "--bind", "127.0.0.1:1"))
    assert code == 1
    assert b"byway upgrade" in complaint


def test_two_upgrades_at_once_make_one_schema(empty: Settings) -> None:
    both = [byway(empty, "upgrade") for _ in range(2)]
    assert [outcome(process) for process in both] == [(0, b"")] * 2
    with application(empty):
        instance.require_schema()
        assert own_origin().kind == "byway"
        assert projector.serving().cursor == 0


# --- an instance that was at work with the first schema ---------------------------------------


@pytest.fixture
def first(empty: Settings) -> Settings:
    """That instance, with the schema and the rows it had."""
    empty.secret_file.write_bytes(first_instance.SECRET)
    with application(empty):
        migrate(directory=str(instance.MIGRATIONS), revision="0001")
        with writing() as connection:
            first_instance.fill(connection)
    return empty


@pytest.fixture
def upgraded(first: Settings) -> Iterator[Flask]:
    """Its application after the upgrade."""
    with application(first) as app:
        instance.upgrade()
        yield app


def rows_now() -> dict[str, list[str]]:
    """What the columns of the first schema hold by now, by table."""
    db.session.rollback()
    with reading() as connection:
        return {
            kept.table.name: in_order(connection.execute(sa.select(kept.table)).mappings())
            for kept in first_instance.tables()
        }


def in_order(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Rows that can be compared, whatever order they come in."""
    return sorted(repr(dict(row)) for row in rows)


def names_of_tables() -> set[str]:
    with reading() as connection:
        return set(inspect(connection).get_table_names())


def ask(app: Flask, **query: str) -> Any:
    """What the LMS is answered with the key it always had."""
    asked = {"headers": headers(first_instance.Key()), "query_string": query}
    return app.test_client().get("/xapi/statements", **asked)


def levels() -> dict[str, int]:
    """The learner's levels on the day they were written down."""
    profiles.catch_up()
    learner = people.get_person(first_instance.LEARNER)
    standings = profiles.profile_of(learner.id, first_instance.AS_OF).standings
    return {name: standing.level for name, standing in standings.items()}


def test_every_table_of_the_first_schema_has_rows(first: Settings) -> None:
    filled = {kept.table.name for kept in first_instance.tables() if kept.rows}
    with application(first):
        assert names_of_tables() - filled == {"alembic_version"}


def test_an_older_instance_is_not_served(first: Settings) -> None:
    code, complaint = outcome(byway(first, "serve", "--bind", "127.0.0.1:1"))
    assert code == 1
    assert b"The database has schema 0001" in complaint
    assert b"byway upgrade" in complaint


@pytest.mark.usefixtures("upgraded")
def test_an_upgraded_schema_is_what_the_models_say() -> None:
    assert differences() == []


@pytest.mark.usefixtures("upgraded")
def test_every_row_is_what_it_was() -> None:
    assert rows_now() == {one.table.name: in_order(one.rows) for one in first_instance.tables()}


@pytest.mark.usefixtures("upgraded")
def test_the_learner_has_her_levels() -> None:
    assert levels() == first_instance.LEVELS


@pytest.mark.usefixtures("upgraded")
def test_what_was_projected_is_what_would_be_now() -> None:
    assert rebuild(check=True).equal


def test_a_statement_is_read_by_its_id(upgraded: Flask) -> None:
    newest = ask(upgraded).json["statements"][0]
    assert ask(upgraded, statementId=newest["id"]).json == newest


def test_statements_are_found_by_what_they_are_about(upgraded: Flask) -> None:
    about = {"activity": "https://lms.example.org/course", "related_activities": "true"}
    assert len(ask(upgraded, **about).json["statements"]) == 2


@pytest.mark.usefixtures("upgraded")
def test_what_the_first_schema_filed_twice_is_found_once() -> None:
    ids = found(agent=first_instance.SPEAKER, related_agents="true")
    assert len(ids) == len(set(ids)) > 1


def test_the_lms_goes_on_sending(upgraded: Flask) -> None:
    sent = a_statement(first_instance.LEARNER)
    answer = upgraded.test_client().post(
        "/xapi/statements", json=sent, headers=headers(first_instance.Key())
    )
    assert answer.json == [sent["id"]]
    assert ask(upgraded).json["statements"][0]["id"] == sent["id"]


@pytest.mark.usefixtures("upgraded")
def test_a_report_that_was_read_is_known() -> None:
    kept = db.session.scalars(sa.select(DeliveryRow).where(DeliveryRow.run_id == 1)).one()
    # the plugin names a session more exactly than it did: told once, and known from then on
    first = runs.run_file("data-webinars", deliveries.delivery_of(kept))
    assert set(first.counts) <= {"corrected", "known", "skipped", "unmatched", "failed"}
    again = runs.run_file("data-webinars", deliveries.delivery_of(kept))
    assert set(again.counts) <= {"known", "skipped", "unmatched", "failed"}


@pytest.mark.usefixtures("upgraded")
def test_a_run_that_was_undone_can_stand_again() -> None:
    before = standing()
    undone = db.session.scalars(sa.select(Run.id).where(Run.stands.is_(False))).one()
    undo.redo(undone)
    assert standing() != before
    undo.undo(undone)
    assert standing() == before


def standing() -> dict[str, str | None]:
    """What every item's standing statement says."""
    db.session.rollback()
    return {item.key: item.essence for item in db.session.scalars(sa.select(Item))}


@pytest.mark.usefixtures("upgraded")
def test_new_people_and_keys_get_numbers_of_their_own() -> None:
    assert a_person("New", "new@example.org").id > 0
    assert a_key("new").key


@pytest.mark.usefixtures("upgraded")
def test_the_doctor_finds_an_upgraded_instance_well() -> None:
    assert [check for check in doctor.examine() if not check["well"]] == []


@pytest.mark.usefixtures("upgraded")
def test_the_index_lacks_nothing_and_what_is_too_much_can_go() -> None:
    assert store().upkeep().check().missing == 0
    store().upkeep().rebuild()
    assert store().upkeep().check().agrees


def test_activities_are_defined_by_what_older_statements_said(upgraded: Flask) -> None:
    reads_all = headers(a_key("all", scopes=["all"], reads="all"))
    asked = {"activityId": first_instance.WEBINAR}
    answer = upgraded.test_client().get("/xapi/activities", headers=reads_all, query_string=asked)
    assert answer.json["definition"]["name"] == {"und": "What our service data cannot say"}


# --- an instance that was at work with the second schema --------------------------------------


@pytest.fixture
def second(first: Settings) -> Settings:
    """The same instance after its first upgrade."""
    with application(first):
        migrate(directory=str(instance.MIGRATIONS), revision="0002")
    return first


@pytest.fixture
def upgraded_again(second: Settings) -> Iterator[Flask]:
    """Its application after the second upgrade."""
    with application(second) as app:
        instance.upgrade()
        yield app


def test_an_instance_of_the_second_schema_is_not_served(second: Settings) -> None:
    _, complaint = outcome(byway(second, "serve", "--bind", "127.0.0.1:1"))
    assert b"The database has schema 0002" in complaint


@pytest.mark.usefixtures("upgraded_again")
def test_from_the_second_schema_too_it_is_what_the_models_say() -> None:
    assert differences() == []


@pytest.mark.usefixtures("upgraded_again")
def test_from_the_second_schema_too_every_row_is_what_it_was() -> None:
    assert rows_now() == {one.table.name: in_order(one.rows) for one in first_instance.tables()}


@pytest.mark.usefixtures("upgraded_again")
def test_from_the_second_schema_it_is_rebuilt_to_the_same_levels() -> None:
    assert rebuild(check=False).equal
    assert levels() == first_instance.LEVELS


@pytest.mark.usefixtures("upgraded_again")
def test_from_the_second_schema_the_first_snapshot_holds_her_levels() -> None:
    snapshots.take(first_instance.AS_OF)
    learner = people.get_person(first_instance.LEARNER).id
    found = {
        name: one.level
        for name in first_instance.LEVELS
        for one in snapshots.levels(first_instance.AS_OF, name)
        if one.person_id == learner
    }
    assert found == first_instance.LEVELS
