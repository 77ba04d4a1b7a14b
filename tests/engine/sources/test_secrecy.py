"""Secrets: encrypted, left out of whatever is said, replaced for good, and sealed anew."""

from __future__ import annotations

import base64
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask
from instance_making import SECRET, instance
from looking import run, state_of
from sqlalchemy import LargeBinary, select
from toy import Toy, ToySettings, add_toy, did

from engine.api import (
    Activity,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    HookRequest,
    Refused,
    Skipped,
    Source,
    Unauthorized,
    ValidationError,
    fields,
    hookimpl,
)
from engine.config import SEALING_FILE, keyring, settings
from engine.db import Base, db, reading, transaction
from engine.exchange.remotes import sealed
from engine.keyring import FROM_SECRET, Keyring
from engine.sources import deliveries, doors, hook_log, instances, previews, resealing, trying
from engine.sources.instances import Unfit
from engine.sources.models import DeliveryRow, SourceInstance
from engine.sources.secrecy import HIDDEN

SEALED = {f"{table}.{column}" for table, column in resealing.SEALED}
NEVER_SEALED = {
    "attachment.content", "activity.definition", "document.content", "document.slot",
    "document.place",
}  # fmt: skip


def refuse_it(value: str) -> None:
    """A plugin's own check that says too much."""
    if value.startswith("no"):
        raise ValidationError(f"{value} is no key.")


class TalkativeSettings(ToySettings):
    """A key that is checked."""

    secret = fields.String(load_default="", validate=refuse_it, metadata={"secret": True})


class Talkative(Toy):
    """A source whose every refusal says its secret."""

    name = "talkative"
    title = "Talkative"
    settings = TalkativeSettings

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        secret = settings["secret"]
        yield Skipped(row=1, why=f"Not of {secret}.")
        yield Failed(row=2, why=f"{secret} was refused.", mend=f"Not {quote(secret)}.")

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        yield f"Read by {SECRET}."

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        secret = settings["secret"]
        packed = base64.b64encode(secret.encode()).decode()
        raise Refused(f"{secret} was refused.", f"Basic {packed}", where=f"?k={quote(secret)}")

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery:
        raise Unauthorized(f"Expected {settings['secret']}.")


class TalkativePlugin:
    """The plugin that brings it."""

    @hookimpl
    def register_sources(self) -> list[Source]:
        return [Talkative()]


@pytest.fixture
def talkative(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app([("talkative", TalkativePlugin())])
    with app.app_context():
        with transaction():
            given = {"secret": SECRET, "url": "https://toy.example.org"}
            instances.add("talkative", "s", given, basis="notice")
        yield app
        db.session.remove()


def everything() -> str:
    """All that is in the database, as text."""
    with reading() as connection:
        tables = [connection.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    return repr(tables)


def leaked(text: str) -> list[str]:
    """The forms of the secret that a text has."""
    forms = [SECRET, quote(SECRET), base64.b64encode(SECRET.encode()).decode()]
    return [form for form in forms if form in text]


@pytest.mark.usefixtures("talkative")
def test_a_refused_poll_does_not_speak_of_the_secret() -> None:
    with pytest.raises(Refused) as refusal:
        doors.poll("s")
    assert leaked(str(refusal.value) + repr(refusal.value)) == []
    assert instance().trouble == f"?k={HIDDEN}: {HIDDEN} was refused. Basic {HIDDEN}"
    assert leaked(everything()) == []


@pytest.mark.usefixtures("talkative")
def test_trying_it_out_does_not_either() -> None:
    assert leaked(repr(trying.ask("s"))) == []


@pytest.mark.usefixtures("talkative")
def test_what_is_said_of_rows_does_not_either() -> None:
    report = run(name="s")
    said = [f"Read by {HIDDEN}.", f"{HIDDEN} was refused."]
    assert [one["why"] for one in report.problems] == said
    assert leaked(repr(report) + everything()) == []


def test_a_refused_call_neither_says_nor_keeps_it(talkative: Flask) -> None:
    answer = talkative.test_client().post("/sources/s/hook", data=b"{}")
    assert (answer.status_code, leaked(answer.text)) == (401, [])
    assert hook_log.calls_of(instance())[0].why == f"Expected {HIDDEN}."


@pytest.mark.usefixtures("talkative")
def test_a_secret_that_does_not_fit_is_not_said() -> None:
    with pytest.raises(Unfit) as refusal, transaction():
        instances.change(instances.get("s"), {"secret": "no-such-key"})
    assert refusal.value.fields == {"secret": f"{HIDDEN} is no key."}
    assert "no-such-key" not in str(refusal.value)


@pytest.mark.usefixtures("toys")
def test_a_replaced_secret_is_gone() -> None:
    add_toy("s", account="s", secret=SECRET)
    with transaction():
        instances.change(instances.get("s"), {"secret": "another one"})
    kept = keyring().open(instance().sealed or b"").decode()
    assert "another one" in kept
    assert SECRET not in kept


@pytest.mark.usefixtures("app")
def test_every_sealed_column_is_known() -> None:
    binary = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert binary >= SEALED
    assert not {name for name in binary - SEALED if name.endswith((".sealed", ".secret"))}


@pytest.fixture
def kept(toys: Flask) -> tuple[bytes, bytes, Path]:
    """What is sealed before a rotation: settings, a report, an upload nobody decided on."""
    add_toy("s", account="s", secret=SECRET)
    run(did("a"), name="s")
    previews.keep(Delivery(body=b"an upload", name="a.csv"), source="s", by="odile")
    (upload,) = (settings().instance / "previews").iterdir()
    return *columns(), upload


def columns() -> tuple[bytes, bytes]:
    db.session.rollback()
    sealed = select(SourceInstance.sealed).where(SourceInstance.name == "s")
    return (
        db.session.scalar(sealed) or b"",
        db.session.scalar(select(DeliveryRow.sealed)) or b"",
    )


def opens(token: bytes, key: str) -> bool:
    try:
        Fernet(key).decrypt(token)
    except InvalidToken:
        return False
    return True


def lines() -> list[str]:
    return (settings().instance / SEALING_FILE).read_text().split("\n")[:-1]


@pytest.mark.both_databases
def test_a_rotation_seals_everything_with_a_new_key(kept: tuple[bytes, bytes, Path]) -> None:
    done = resealing.rotate()
    newest = lines()[0]
    assert (done.values, done.files) == (2, 1)
    assert [opens(one, newest) for one in (*columns(), kept[2].read_bytes())] == [True] * 3
    assert [opens(one, newest) for one in kept[:2]] == [False, False]


def test_what_was_sealed_is_what_it_was(kept: tuple[bytes, bytes, Path]) -> None:
    resealing.rotate()
    assert instances.settings_of(instance())["secret"] == SECRET
    row = db.session.scalars(select(DeliveryRow)).one()
    assert b'"keys": ["a"]' in deliveries.delivery_of(row).body


def test_the_key_is_readable_by_its_owner_alone(kept: tuple[bytes, bytes, Path]) -> None:
    resealing.rotate()
    mode = (settings().instance / SEALING_FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert lines()[1:] == [FROM_SECRET]


def test_ids_sessions_and_index_keys_stay_what_they_are(kept: tuple[bytes, bytes, Path]) -> None:
    before = [keyring().derive("session cookies"), keyring().namespace("x"), instance().system]
    resealing.rotate()
    after = [keyring().derive("session cookies"), keyring().namespace("x"), instance().system]
    assert after == before


def test_old_keys_open_nothing_once_they_are_forgotten(kept: tuple[bytes, bytes, Path]) -> None:
    resealing.rotate()
    assert resealing.forget_old().forgotten == 1
    assert len(lines()) == 1
    assert instances.settings_of(instance())["secret"] == SECRET
    with pytest.raises(Refused, match="encrypted under another secret"):
        keyring().open(kept[0])


def test_what_another_process_sealed_meanwhile_is_not_lost(
    kept: tuple[bytes, bytes, Path],
) -> None:
    resealing.rotate()
    with transaction():
        instances.get("s").sealed = kept[0]
    resealing.forget_old()
    assert instances.settings_of(instance())["secret"] == SECRET


def test_a_process_that_runs_takes_the_new_key(kept: tuple[bytes, bytes, Path]) -> None:
    running = settings().keyring()
    resealing.rotate()
    assert running.open(columns()[0]) == keyring().open(columns()[0])
    assert opens(running.seal(b"x"), lines()[0])


def test_an_upload_stays_as_old_as_it_was(kept: tuple[bytes, bytes, Path]) -> None:
    before = kept[2].stat().st_mtime_ns
    resealing.rotate()
    assert kept[2].stat().st_mtime_ns == before
    assert stat.S_IMODE(kept[2].stat().st_mode) == 0o600


def test_what_others_keep_in_the_instance_is_left_alone(kept: tuple[bytes, bytes, Path]) -> None:
    folder = settings().instance / "own"
    folder.mkdir()
    (folder / "notes").write_bytes(kept[0])
    (folder / ("a" * 64)).write_text("not sealed")
    closed = settings().instance / "closed"
    closed.mkdir(mode=0)
    assert resealing.rotate().files == 1
    assert ((folder / "notes").read_bytes(), closed.is_dir()) == (kept[0], True)
    closed.rmdir()


def test_a_file_without_keys_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "sealing.keys").write_text("nonsense\n")
    with pytest.raises(Refused, match="holds no keys") as refusal:
        Keyring(b"x" * 32, tmp_path / "sealing.keys")
    assert refusal.value.mend == "Restore it from your backup."


def test_a_run_that_was_read_before_a_rotation_is_read_again_after_it(
    kept: tuple[bytes, bytes, Path],
) -> None:
    resealing.rotate()
    resealing.forget_old()
    assert state_of(1).state == "done"
    assert run(did("a"), name="s").counts["known"] == 1


@pytest.mark.usefixtures("toys")
def test_the_keys_of_other_record_stores_are_sealed_the_same_way() -> None:
    assert keyring().open(sealed("a secret")) == b"a secret"
