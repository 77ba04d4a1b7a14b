"""Keys: made once, checked in constant time and from memory, expired, and noted when used."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from factories import a_key
from flask import Flask
from key_making import SECOND, Clock, stopped
from sqlalchemy import event, select, update

from engine.db import db, transaction, writing
from engine.errors import Forbidden, Refused, Unauthorized
from engine.lrs import callers, keys
from engine.lrs.models import Key, Origin
from engine.lrs.reader import Access
from engine.lrs.rights import Change

NOW = 1_790_000_000_000_000
MINUTE = 60 * SECOND


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of keys, to be moved."""
    return stopped(monkeypatch)


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
def test_a_key_expires(app: Flask, clock: Clock, expires_at: int | None, opens: bool) -> None:
    clock.now = NOW
    key = a_key()
    set_key(expires_at=expires_at)
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
    app: Flask, clock: Clock, last: int | None, noted: int
) -> None:
    clock.now = NOW
    key = a_key()
    set_key(last_used_at=last)
    keys.authenticate(key.key, key.secret)
    assert key_row().last_used_at == noted


def test_a_reader_does_not_wait_for_a_writer_to_note_its_use(app: Flask, clock: Clock) -> None:
    key = a_key()
    with writing():
        keys.authenticate(key.key, key.secret)
    assert key_row().last_used_at is None
    clock.now += 2 * SECOND
    keys.authenticate(key.key, key.secret)
    assert key_row().last_used_at == clock.now


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
    ("scopes", "may_define"),
    [
        pytest.param(["statements/write"], False, id="write"),
        pytest.param(["statements/write", "define"], True, id="define"),
        pytest.param(["all"], True, id="all"),
    ],
)
def test_the_right_to_define_is_a_scope(app: Flask, scopes: list[str], may_define: bool) -> None:
    key = a_key(scopes=scopes)
    assert keys.authenticate(key.key, key.secret).authority.may_define is may_define


@pytest.mark.parametrize(
    ("given", "asked", "kept"),
    [
        pytest.param(["statements/write", "state"], ["state"], {"state"}, id="one of two"),
        pytest.param(["state"], ["state", "profile"], {"state"}, id="one it has not"),
        pytest.param(["state"], ["all"], set(), id="all, which it is not"),
        pytest.param(["all"], ["state"], {"state"}, id="some of all"),
        pytest.param(["all"], ["all"], {"all"}, id="all of all"),
        pytest.param(["all/read"], ["statements/read"], {"statements/read"}, id="some reading"),
        pytest.param(["all/read"], ["state"], set(), id="writing, which is no reading"),
        pytest.param(
            ["statements/read"], ["statements/read/mine"], {"statements/read/mine"}, id="its own"
        ),
        pytest.param(["state"], [], set(), id="nothing"),
    ],
)
def test_a_caller_is_narrowed_and_never_widened(
    app: Flask, given: list[str], asked: list[str], kept: set[str]
) -> None:
    key = a_key(scopes=given)
    assert keys.authenticate(key.key, key.secret).narrowed(asked).scopes == kept


def test_a_narrowed_caller_loses_the_rights_of_the_scopes_it_lost(app: Flask) -> None:
    key = a_key(scopes=["all"])
    narrow = keys.authenticate(key.key, key.secret).narrowed(["statements/write"])
    assert (narrow.authority.may_void, narrow.authority.may_define) == (False, False)
    with pytest.raises(Forbidden, match="scope state"):
        narrow.require("state")


def test_a_token_finds_its_key_by_id(app: Flask) -> None:
    key = a_key()
    caller = keys.authenticate(key.key, key.secret)
    assert keys.caller_of(caller.key_id) == caller


def test_a_token_of_a_key_that_is_not_there_opens_nothing(app: Flask) -> None:
    with pytest.raises(Unauthorized):
        keys.caller_of(4711)


def test_a_token_of_an_expired_key_opens_nothing(app: Flask, clock: Clock) -> None:
    key = a_key()
    held = keys.authenticate(key.key, key.secret).key_id
    set_key(expires_at=clock.now + SECOND)
    clock.now += 2 * SECOND
    with pytest.raises(Unauthorized, match="expired"):
        keys.caller_of(held)


def test_where_nothing_is_deduplicated_there_is_no_namespace(app: Flask) -> None:
    key = a_key()
    assert keys.authenticate(key.key, key.secret).dedupe_namespace is None


def test_each_origin_deduplicates_in_a_namespace_of_its_own(app: Flask) -> None:
    made = [a_key(more=Change(dedupe=True)) for _ in range(2)]
    first, second = (keys.authenticate(key.key, key.secret).dedupe_namespace for key in made)
    assert isinstance(first, uuid.UUID)
    assert first != second


@contextmanager
def counted() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_key_is_looked_up_once_for_many_requests(app: Flask) -> None:
    key = a_key()
    caller = keys.authenticate(key.key, key.secret)
    with counted() as asked:
        [keys.authenticate(key.key, key.secret) for _ in range(100)]
        keys.caller_of(caller.key_id)
    assert asked == []


def test_a_remembered_key_still_needs_its_secret(app: Flask) -> None:
    key = a_key()
    keys.authenticate(key.key, key.secret)
    with pytest.raises(Unauthorized, match="No key with this name and secret"):
        keys.authenticate(key.key, "wrong")


def test_a_remembered_key_expires_on_time(app: Flask, clock: Clock) -> None:
    key = a_key()
    set_key(expires_at=clock.now + SECOND)
    assert did_open(key)
    clock.now += SECOND
    assert not did_open(key)


@pytest.mark.parametrize(
    ("later", "opens"),
    [
        pytest.param(2 * SECOND - 1, True, id="within two seconds"),
        pytest.param(2 * SECOND, False, id="after two seconds"),
        pytest.param(-1, False, id="when the clock was set back"),
    ],
)
def test_what_another_process_revoked_stops_within_two_seconds(
    app: Flask, make_app: Callable[..., Flask], clock: Clock, later: int, opens: bool
) -> None:
    key = a_key()
    assert did_open(key)
    with make_app().app_context():
        set_key(secret_sha256=hashlib.sha256(b"another").digest())
    clock.now += later
    assert did_open(key) is opens


def test_what_this_process_revoked_stops_at_once(app: Flask, clock: Clock) -> None:
    key = a_key()
    assert did_open(key)
    with transaction():
        keys.revoke(key.key)
    assert not did_open(key)


def test_what_was_not_committed_revokes_nothing(app: Flask, clock: Clock) -> None:
    key = a_key()
    assert did_open(key)
    with transaction() as session:
        keys.revoke(key.key)
        session.rollback()
    assert did_open(key)


def test_two_applications_of_a_process_share_no_memory(
    app: Flask, make_app: Callable[..., Flask]
) -> None:
    key = a_key()
    assert did_open(key)
    with make_app().app_context(), counted() as asked:
        assert did_open(key)
    assert len(asked) >= 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("0" * 32, id="nobody's"),
        pytest.param("", id="empty"),
        pytest.param("x" * 65, id="too long"),
        pytest.param("a\x00b", id="a zero byte"),
        pytest.param("\ud800", id="half a character"),
    ],
)
def test_who_is_unknown_leaves_nothing_in_memory(app: Flask, name: str) -> None:
    with pytest.raises(Unauthorized, match="No key with this name and secret"):
        keys.authenticate(name, "\ud800")
    assert not app.extensions.get("byway.callers")


def test_memory_is_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MOST_REMEMBERED", 4)
    made = [a_key() for _ in range(9)]
    assert all(did_open(key) for key in made)
    assert len(app.extensions["byway.callers"]) <= 4


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
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "x" * 201}, id="a name too long"),
        pytest.param({"name": "lms\x00"}, id="a name with what cannot be shown"),
        pytest.param({"browser": True, "may_attest": True}, id="a browser that attests"),
        pytest.param({"browser": True, "reads": "all"}, id="a browser that reads all"),
        pytest.param({"browser": True, "scopes": ["all"]}, id="a browser that may do all"),
        pytest.param({"browser": True, "scopes": ["define"]}, id="a browser that defines"),
    ],
)
def test_a_key_that_cannot_be_is_refused_and_not_made(app: Flask, given: dict[str, str]) -> None:
    with pytest.raises(Refused):
        a_key(**given)
    assert db.session.scalars(select(Key)).all() == []


def test_a_key_in_a_browser_brings_no_more_than_somebodys_own_word(app: Flask) -> None:
    key = a_key(browser=True, scopes=[])
    assert keys.origins()[key.origin]["ceiling"] == "self"
    assert key_row().scopes == ["statements/write", "state"]


@pytest.mark.parametrize(
    ("reads", "first"),
    [
        pytest.param("mine", "statements/write", id="mine"),
        pytest.param("shared", "statements/read", id="shared"),
        pytest.param("all", "statements/read", id="all"),
    ],
)
def test_a_key_made_without_scopes_can_read_what_it_reads(
    app: Flask, reads: str, first: str
) -> None:
    a_key(scopes=[], reads=reads)
    assert key_row().scopes[0] == first


def test_every_key_signs_with_an_account_of_its_own(app: Flask) -> None:
    a_key()
    a_key()
    db.session.rollback()
    rows = db.session.scalars(select(Origin).where(Origin.kind == "key"))
    assert len({row.authority["account"]["name"] for row in rows}) == 2


def test_byway_itself_is_one_origin(app: Flask) -> None:
    with transaction():
        assert keys.own_origin("http://other.example").id == keys.own_origin().id
