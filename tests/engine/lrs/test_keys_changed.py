"""Keys over time: rotated, revoked, changed and listed; their origin outlives each of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from factories import a_key
from flask import Flask
from key_making import HOUR, SECOND, Clock, stopped

from engine.db import db, transaction
from engine.errors import Conflict, NotFound, Refused, Unauthorized
from engine.lrs import keys
from engine.lrs.keys import Listed, NewKey
from engine.lrs.models import Origin
from engine.lrs.rights import NEVER, Change


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of keys, to be moved."""
    return stopped(monkeypatch)


def rotate(name: str = "lms", overlap_us: int = HOUR, **given: Any) -> NewKey:
    with transaction():
        return keys.rotate(name, overlap_us=overlap_us, **given)


def change(name: str = "lms", **wanted: Any) -> Listed:
    with transaction():
        return keys.change(name, Change(**wanted))


def revoke(name: str = "lms") -> list[Listed]:
    with transaction():
        return keys.revoke(name)


def opens(key: NewKey) -> bool:
    try:
        keys.authenticate(key.key, key.secret)
    except Unauthorized:
        return False
    return True


def in_use() -> list[str]:
    db.session.rollback()
    return [one.key for one in keys.listed()]


def an_ended_key(clock: Clock) -> NewKey:
    key = a_key(more=Change(expires_at=clock.now + SECOND))
    clock.now += HOUR
    return key


def test_a_rotated_key_speaks_for_the_same_origin(app: Flask) -> None:
    old = a_key()
    new = rotate()
    before, after = (keys.authenticate(key.key, key.secret) for key in (old, new))
    assert (new.key == old.key, new.secret == old.secret) == (False, False)
    assert after.authority == before.authority


def test_both_secrets_work_until_the_overlap_ends(app: Flask, clock: Clock) -> None:
    old = a_key()
    new = rotate(overlap_us=HOUR)
    clock.now += HOUR - 1
    assert (opens(old), opens(new)) == (True, True)
    clock.now += 1
    assert (opens(old), opens(new)) == (False, True)


def test_a_leaked_secret_ends_at_once(app: Flask) -> None:
    old = a_key()
    assert opens(old)
    rotate(overlap_us=0)
    assert not opens(old)


def test_an_overlap_lengthens_no_life(app: Flask, clock: Clock) -> None:
    old = a_key(more=Change(expires_at=clock.now + SECOND))
    rotate(overlap_us=HOUR, expires_at=NEVER)
    clock.now += SECOND
    assert not opens(old)


def test_whoever_has_a_secret_left_loses_it_with_the_next_rotation(
    app: Flask, clock: Clock
) -> None:
    first = a_key()
    rotate(overlap_us=24 * HOUR)
    rotate(overlap_us=0)
    assert not opens(first)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"scopes": ["statements/write", "statements/void"]}, id="void rights"),
        pytest.param({"may_attest": True}, id="the right to attest"),
        pytest.param({"browser": True, "scopes": []}, id="a browser's ceiling"),
        pytest.param({"basis": "consent"}, id="the legal basis"),
        pytest.param({"reads": "shared", "more": Change(communities=["policy"])}, id="reads"),
        pytest.param({"more": Change(dedupe=True, account_rule="email")}, id="dedupe and rule"),
    ],
)
def test_what_a_key_is_survives_a_rotation(app: Flask, given: dict[str, Any]) -> None:
    old = a_key(**given)
    new = rotate()
    first, second = (asdict(one) for one in keys.listed())
    theirs = {"key", "created_at", "expires_at", "last_used_at"}
    assert {name: first[name] for name in first.keys() - theirs} == {
        name: second[name] for name in second.keys() - theirs
    }
    assert new.origin == old.origin


def test_void_rights_and_trust_are_each_origins_own(app: Flask) -> None:
    a_key("one", may_attest=True, scopes=["all"])
    other = a_key("other")
    origin = db.session.get_one(Origin, other.origin)
    assert (origin.may_void, origin.attests, origin.ceiling) == (False, None, "system")


def test_where_the_old_key_ends_the_new_one_must_say_when(app: Flask, clock: Clock) -> None:
    a_key(more=Change(expires_at=clock.now + HOUR))
    with pytest.raises(Refused, match="so the new one needs one too"):
        rotate()


def test_a_new_secret_ends_when_told(app: Flask, clock: Clock) -> None:
    a_key()
    new = rotate(expires_at=clock.now + SECOND)
    clock.now += SECOND
    assert not opens(new)


def test_an_ended_key_is_rotated_and_speaks_for_its_origin_again(app: Flask, clock: Clock) -> None:
    old = an_ended_key(clock)
    assert rotate(expires_at=NEVER).origin == old.origin


def test_an_ended_key_whose_name_is_taken_is_not_rotated(app: Flask, clock: Clock) -> None:
    old = an_ended_key(clock)
    a_key()
    with pytest.raises(Conflict, match="There is a key called lms"):
        rotate(old.key, expires_at=NEVER)


def test_a_name_ends_with_all_its_secrets(app: Flask) -> None:
    old = a_key()
    new = rotate()
    assert {one.key for one in revoke()} == {old.key, new.key}
    assert (opens(old), opens(new)) == (False, False)


def test_one_secret_of_two_is_ended_by_its_user_name(app: Flask) -> None:
    old = a_key()
    new = rotate()
    revoke(old.key)
    assert in_use() == [new.key]


@pytest.mark.parametrize("act", [revoke, change])
def test_what_has_ended_stays_ended(app: Flask, clock: Clock, act: Any) -> None:
    an_ended_key(clock)
    with pytest.raises(NotFound, match="has ended"):
        act()


@pytest.mark.parametrize("act", [revoke, change, rotate])
def test_a_key_that_is_not_there_is_not_found(app: Flask, act: Any) -> None:
    with pytest.raises(NotFound, match="no key called nobody"):
        act("nobody")


@pytest.mark.parametrize("act", [revoke, change, rotate])
def test_a_name_of_two_keys_names_neither(app: Flask, act: Any) -> None:
    a_key()
    a_key()
    with pytest.raises(Conflict, match="Several keys"):
        act("lms")


def test_a_name_in_use_is_not_free(app: Flask) -> None:
    a_key()
    with pytest.raises(Conflict, match="byway keys rotate lms"):
        keys.require_free_name("lms")


def test_a_name_whose_key_has_ended_is_free(app: Flask, clock: Clock) -> None:
    an_ended_key(clock)
    keys.require_free_name("lms")


def test_what_is_not_named_stays(app: Flask) -> None:
    a_key(reads="shared", more=Change(communities=["policy"], dedupe=True))
    [before] = keys.listed()
    assert change() == before


def test_a_change_is_felt_at_once(app: Flask) -> None:
    key = a_key(scopes=["statements/write"])
    keys.authenticate(key.key, key.secret)
    change(scopes=["state"], dedupe=True)
    caller = keys.authenticate(key.key, key.secret)
    assert caller.scopes == {"state"}
    assert caller.dedupe_namespace is not None


def test_a_change_holds_for_every_secret_of_the_key(app: Flask) -> None:
    old = a_key()
    rotate()
    change(scopes=["state"])
    assert keys.authenticate(old.key, old.secret).scopes == {"state"}


def test_a_new_end_is_that_of_the_newest_secret(app: Flask, clock: Clock) -> None:
    old = a_key()
    rotate(overlap_us=HOUR)
    change(expires_at=clock.now + 2 * HOUR)
    clock.now += HOUR
    assert not opens(old)


def test_an_end_can_be_taken_away(app: Flask, clock: Clock) -> None:
    a_key(more=Change(expires_at=clock.now + HOUR))
    assert change(expires_at=NEVER).expires_at is None


@pytest.mark.parametrize(
    ("scopes", "may_void"),
    [
        pytest.param(["statements/write", "statements/void"], True, id="given"),
        pytest.param(["statements/write"], False, id="not given"),
    ],
)
def test_the_right_to_void_follows_the_scopes(
    app: Flask, scopes: list[str], may_void: bool
) -> None:
    key = a_key(scopes=["statements/void"])
    change(scopes=scopes)
    assert keys.authenticate(key.key, key.secret).authority.may_void is may_void
    assert db.session.get_one(Origin, key.origin).may_void is may_void


def test_a_key_that_reads_no_more_what_is_shared_forgets_its_communities(app: Flask) -> None:
    a_key(reads="shared", more=Change(communities=["policy"]))
    assert change(reads="mine").communities == ()


def test_a_rule_taken_away_takes_its_home_page_along(app: Flask) -> None:
    a_key(more=Change(account_rule="username", account_home_page="https://lms.example.org"))
    changed = change(account_rule="")
    assert (changed.account_rule, changed.account_home_page) == (None, None)


def test_a_home_page_is_kept_as_accounts_have_it(app: Flask) -> None:
    a_key()
    changed = change(account_rule="username", account_home_page="https://lms.example.org/")
    assert changed.account_home_page == "https://lms.example.org"


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        pytest.param({"scopes": ["everything"]}, "is not a scope", id="scope"),
        pytest.param({"scopes": []}, "can do nothing", id="no scope"),
        pytest.param({"reads": "yours"}, "not something a key can read", id="reads"),
        pytest.param({"communities": ["policy"]}, "reads shared", id="communities, reads mine"),
        pytest.param(
            {"reads": "shared", "communities": ["No slug"]}, "short name", id="no community"
        ),
        pytest.param(
            {"reads": "shared", "communities": [f"c{n}" for n in range(51)]},
            "More than 50",
            id="too many communities",
        ),
        pytest.param({"expires_at": 1}, "has passed", id="an end that has passed"),
        pytest.param({"account_rule": "name"}, "not an account rule", id="display names"),
        pytest.param({"account_home_page": "https://x.org"}, "belongs to", id="page, no rule"),
        pytest.param(
            {"account_rule": "email", "account_home_page": "lms"}, "no home page", id="no address"
        ),
        pytest.param(
            {"account_rule": "email", "account_home_page": f"https://x.org/{'x' * 500}"},
            "no home page",
            id="an address too long",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changed(
    app: Flask, wanted: dict[str, Any], why: str
) -> None:
    a_key()
    [before] = keys.listed()
    with pytest.raises(Refused, match=why):
        change(dedupe=True, **wanted)
    assert keys.listed() == [before]


@pytest.mark.parametrize(
    "wanted",
    [pytest.param({"scopes": ["all"]}, id="all"), pytest.param({"reads": "all"}, id="reads")],
)
def test_a_browsers_key_never_gets_more(app: Flask, wanted: dict[str, Any]) -> None:
    a_key(browser=True, scopes=[])
    with pytest.raises(Refused, match="no secret"):
        change(**wanted)


def test_a_list_shows_no_secret(app: Flask) -> None:
    key = a_key()
    [one] = keys.listed()
    assert key.secret not in str(asdict(one))
    assert one.key == key.key


def test_a_list_shows_what_has_ended_when_asked(app: Flask, clock: Clock) -> None:
    key = an_ended_key(clock)
    assert keys.listed() == []
    assert [(one.key, one.in_use) for one in keys.listed(every=True)] == [(key.key, False)]
