"""Keys: made once, checked in constant time, expired, and noted when used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from factories import a_key
from flask import Flask
from sqlalchemy import select, update

from engine.db import db, transaction
from engine.errors import Refused, Unauthorized
from engine.lrs import keys
from engine.lrs.models import Key, Origin
from engine.lrs.reader import Access

NOW = 1_790_000_000_000_000
MINUTE = 60_000_000


def key_row() -> Key:
    db.session.rollback()
    return db.session.scalars(select(Key).execution_options(populate_existing=True)).one()


def set_key(**values: object) -> None:
    with transaction() as session:
        session.execute(update(Key).values(**values))


def test_the_secret_is_kept_as_a_hash_only(app: Flask) -> None:
    key = a_key()
    row = key_row()
    assert key.secret.encode() not in row.secret_sha256
    assert len(row.secret_sha256) == 32


def test_the_right_secret_opens(app: Flask) -> None:
    key = a_key(scopes=["statements/write"])
    caller = keys.authenticate(key.key, key.secret)
    assert caller.scopes == {"statements/write"}
    assert caller.authority.origin == key.origin
    assert caller.access == Access(origin=key.origin)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        pytest.param("{key}", "wrong", id="wrong secret"),
        pytest.param("{key}", "", id="no secret"),
        pytest.param("somebody", "{secret}", id="wrong name"),
        pytest.param("", "", id="nothing"),
        pytest.param("{key} ", "{secret}", id="a space too many"),
    ],
)
def test_anything_else_does_not(app: Flask, name: str, secret: str) -> None:
    key = a_key()
    pair = {"key": key.key, "secret": key.secret}
    with pytest.raises(Unauthorized):
        keys.authenticate(name.format(**pair), secret.format(**pair))


@pytest.mark.parametrize(
    ("expires_at", "opens"),
    [
        pytest.param(None, True, id="never"),
        pytest.param(NOW + 1, True, id="a microsecond left"),
        pytest.param(NOW, False, id="now"),
        pytest.param(NOW - 1, False, id="past"),
    ],
)
def test_a_key_expires(
    app: Flask, monkeypatch: pytest.MonkeyPatch, expires_at: int | None, opens: bool
) -> None:
    key = a_key()
    set_key(expires_at=expires_at)
    monkeypatch.setattr(keys, "now_us", lambda: NOW)
    assert did_open(key) is opens


def did_open(key: keys.NewKey) -> bool:
    try:
        keys.authenticate(key.key, key.secret)
    except Unauthorized:
        return False
    return True


@pytest.mark.parametrize(
    ("last", "noted"),
    [
        pytest.param(None, NOW, id="first use"),
        pytest.param(NOW - MINUTE, NOW, id="a minute ago"),
        pytest.param(NOW - MINUTE + 1, NOW - MINUTE + 1, id="less than a minute ago"),
        pytest.param(NOW + 5, NOW + 5, id="later, by another clock"),
    ],
)
def test_the_last_use_is_written_once_a_minute(
    app: Flask, monkeypatch: pytest.MonkeyPatch, last: int | None, noted: int
) -> None:
    key = a_key()
    set_key(last_used_at=last)
    monkeypatch.setattr(keys, "now_us", lambda: NOW)
    keys.authenticate(key.key, key.secret)
    assert key_row().last_used_at == noted


def test_a_reader_does_not_wait_for_a_writer_to_note_its_use(
    app: Flask, instance_dir: Path
) -> None:
    key = a_key()
    writer = sqlite3.connect(instance_dir / "byway.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    keys.authenticate(key.key, key.secret)
    writer.close()
    assert key_row().last_used_at is None
    keys.authenticate(key.key, key.secret)
    assert key_row().last_used_at is not None


@pytest.mark.parametrize(
    ("given", "access"),
    [
        pytest.param({"reads": "all"}, Access(everything=True), id="all"),
        pytest.param({"reads": "mine"}, Access(origin=2), id="mine"),
        pytest.param({"reads": "shared"}, Access(origin=2, audiences=("public",)), id="shared"),
    ],
)
def test_what_a_key_reads(app: Flask, given: dict[str, str], access: Access) -> None:
    key = a_key(**given)
    assert keys.authenticate(key.key, key.secret).access == access


def test_shared_names_the_communities_of_the_key(app: Flask) -> None:
    key = a_key(reads="shared")
    set_key(communities=["policy"])
    access = keys.authenticate(key.key, key.secret).access
    assert access.audiences == ("public", "community:policy")


@pytest.mark.parametrize(
    ("scopes", "may_void"),
    [
        pytest.param(["statements/write"], False, id="write"),
        pytest.param(["statements/write", "statements/void"], True, id="void"),
        pytest.param(["all"], True, id="all"),
    ],
)
def test_the_right_to_void_is_a_scope(app: Flask, scopes: list[str], may_void: bool) -> None:
    key = a_key(scopes=scopes)
    assert keys.authenticate(key.key, key.secret).authority.may_void is may_void


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"scopes": ["everything"]}, id="scope"),
        pytest.param({"reads": "yours"}, id="reads"),
        pytest.param({"basis": "whim"}, id="basis"),
    ],
)
def test_a_key_that_cannot_be_is_refused_and_not_made(app: Flask, given: dict[str, str]) -> None:
    with pytest.raises(Refused):
        a_key(**given)
    assert db.session.scalars(select(Key)).all() == []


def test_every_key_signs_with_an_account_of_its_own(app: Flask) -> None:
    a_key()
    a_key()
    db.session.rollback()
    rows = db.session.scalars(select(Origin).where(Origin.kind == "key"))
    assert len({row.authority["account"]["name"] for row in rows}) == 2


def test_byway_itself_is_one_origin(app: Flask) -> None:
    with transaction():
        assert keys.own_origin("http://other.example").id == keys.own_origin().id
