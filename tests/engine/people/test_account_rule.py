"""Account rules: an LMS's people match ours, never by a guess, and never against a hand."""

from __future__ import annotations

from typing import Any

import pytest
from factories import a_key, a_person, a_statement
from flask import Flask
from live_log import answered, where
from sqlalchemy import select
from xapi_making import Lms

from engine import profiles
from engine.db import db, transaction
from engine.errors import Refused
from engine.jobs.accounts import AccountMatcher, match_accounts
from engine.lrs import keys
from engine.lrs.rights import Change
from engine.people import accounts, matching, service
from engine.people.accounts import AccountRule
from engine.people.matching import Imported
from engine.people.models import PeopleLog

pytestmark = pytest.mark.both_databases
MOODLE = "https://moodle.example.org"
HEADER = "name,email,username,external_id\n"
BO = "Bo Lund,bo@example.org,blund,4711\n"
INES = "Ines Roy,ines@example.org,iroy|ines.roy,4712\n"


def people(*rows: str) -> Imported:
    with transaction():
        return matching.import_people((HEADER + "".join(rows)).encode())


def moodle(app: Flask, rule: str = "username", home_page: str = MOODLE, **more: Any) -> Lms:
    change = Change(account_rule=rule, account_home_page=home_page)
    return Lms(app, name="moodle", more=change, **more)


def sent(lms: Lms, *names: str, home_page: str = MOODLE, **members: Any) -> None:
    """Somebody with an account did something, and the log has been followed."""
    for name in names:
        account = {"homePage": home_page, "name": name}
        assert lms.post(answered() | {"actor": {"account": account}} | members).status_code == 200
    profiles.catch_up()
    db.session.rollback()


def keys_of(email: str = "bo@example.org") -> set[str]:
    """Her accounts at other systems."""
    db.session.rollback()
    found = service.keys_of(service.get_person(email).id)
    return {key for key in found if key.startswith("https://")}


def unlink(identifier: str, email: str = "bo@example.org") -> None:
    with transaction():
        service.unlink(service.get_person(email), identifier)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        pytest.param("username", "blund", id="user name"),
        pytest.param("username", "BLund", id="user name in another case"),
        pytest.param("external_id", "4711", id="external id"),
        pytest.param("email", "bo@example.org", id="email"),
        pytest.param("email", "Bo@Example.org", id="email in another case"),
    ],
)
def test_an_account_is_whose_its_rule_tells(app: Flask, rule: str, name: str) -> None:
    people(BO)
    sent(moodle(app, rule), name)
    assert match_accounts() == 1
    assert keys_of() == {f"{MOODLE}::{name}"}


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        pytest.param("username", "Bo Lund", id="the name people show"),
        pytest.param("username", "4711", id="an external id as user name"),
        pytest.param("external_id", "blund", id="a user name as external id"),
        pytest.param("username", "bo@example.org", id="an email as user name"),
        pytest.param("username", "nobody", id="nobody's user name"),
        pytest.param("username", "blund ", id="a space too many"),
        pytest.param("email", "blund", id="no email"),
        pytest.param("email", "else@example.org", id="nobody's email"),
    ],
)
def test_whoever_is_unknown_stays_nobodys(app: Flask, rule: str, name: str) -> None:
    people(BO)
    sent(moodle(app, rule), name)
    assert match_accounts() == 0
    assert keys_of() == set()


def test_what_moodle_sends_is_on_the_learners_profile(app: Flask) -> None:
    people(BO)
    sent(moodle(app), "blund")
    assert where() is None
    match_accounts()
    assert where() is not None


def test_the_people_file_may_come_after_the_statements(app: Flask) -> None:
    sent(moodle(app), "blund")
    matcher = AccountMatcher()
    assert matcher.match() == 0
    people(BO)
    assert matcher.match() == 1
    assert keys_of() == {f"{MOODLE}::blund"}


def test_the_rule_may_come_after_both(app: Flask) -> None:
    people(BO)
    lms = Lms(app, name="moodle")
    sent(lms, "blund")
    matcher = AccountMatcher()
    assert matcher.match() == 0
    with transaction():
        keys.change("moodle", Change(account_rule="username"))
    assert matcher.match() == 1


def test_new_accounts_are_followed(app: Flask) -> None:
    people(BO, INES)
    lms, matcher = moodle(app), AccountMatcher()
    sent(lms, "blund")
    assert matcher.match() == 1
    sent(lms, "iroy")
    assert matcher.match() == 1
    assert matcher.match() == 0


def test_many_accounts_are_walked_through(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.accounts.PORTION", 2)
    people(BO, INES)
    sent(moodle(app), "a", "b", "blund", "c", "d", "e", "iroy", "z")
    assert match_accounts() == 2


def test_a_person_may_have_several_accounts(app: Flask) -> None:
    people(INES)
    sent(moodle(app), "iroy", "ines.roy")
    assert match_accounts() == 2


def test_matching_again_changes_nothing(app: Flask) -> None:
    people(BO)
    sent(moodle(app), "blund")
    assert [match_accounts(), match_accounts()] == [1, 0]


@pytest.mark.parametrize(
    ("home_page", "linked"),
    [
        pytest.param(MOODLE, 1, id="its own"),
        pytest.param(f"{MOODLE}/", 1, id="its own with a slash"),
        pytest.param("https://other.example.org", 0, id="another"),
        pytest.param("http://moodle.example.org", 0, id="almost its own"),
    ],
)
def test_a_rule_holds_on_its_home_page(app: Flask, home_page: str, linked: int) -> None:
    people(BO)
    sent(moodle(app), "blund", home_page=home_page)
    assert match_accounts() == linked


def test_a_rule_without_home_page_holds_on_every_one(app: Flask) -> None:
    people(BO)
    sent(moodle(app, home_page=""), "blund", home_page="https://other.example.org")
    assert match_accounts() == 1


def test_a_key_without_rule_matches_nobody(app: Flask) -> None:
    people(BO)
    moodle(app)
    sent(Lms(app, name="other"), "blund")
    assert match_accounts() == 0


def test_what_was_unlinked_by_hand_stays_unlinked(app: Flask) -> None:
    people(BO)
    lms, matcher = moodle(app), AccountMatcher()
    sent(lms, "blund")
    assert matcher.match() == 1
    unlink(f"{MOODLE}::blund")
    sent(lms, "blund")
    assert (matcher.match(), match_accounts()) == (0, 0)
    assert where() is None


def test_what_is_somebody_elses_stays_hers(app: Flask) -> None:
    people(BO, INES)
    with transaction():
        service.link(service.get_person("ines@example.org"), f"{MOODLE}::blund")
    sent(moodle(app), "blund")
    assert match_accounts() == 0
    assert keys_of() == set()


def test_accounts_that_would_be_one_user_name_are_nobodys(app: Flask) -> None:
    people(BO)
    sent(moodle(app), "blund", "BLUND")
    assert match_accounts() == 0


def test_a_second_account_of_one_user_name_is_nobodys(app: Flask) -> None:
    people(BO)
    lms, matcher = moodle(app), AccountMatcher()
    sent(lms, "blund")
    matcher.match()
    sent(lms, "BLUND")
    assert matcher.match() == 0
    assert keys_of() == {f"{MOODLE}::blund"}


def test_external_ids_that_differ_in_case_are_two_peoples(app: Flask) -> None:
    people("Bo Lund,bo@example.org,,a1\n", "Ines Roy,ines@example.org,,A1\n")
    sent(moodle(app, "external_id"), "a1", "A1")
    assert match_accounts() == 2
    assert keys_of("ines@example.org") == {f"{MOODLE}::A1"}


def test_rules_that_contradict_each_other_tell_nothing(app: Flask) -> None:
    people("Bo Lund,bo@example.org,77,\n", "Ines Roy,ines@example.org,,77\n")
    sent(moodle(app, "username"), "77")
    sent(moodle(app, "external_id"), "77")
    assert match_accounts() == 0


def test_an_unlinked_user_name_tells_nothing_any_more(app: Flask) -> None:
    people(BO)
    unlink(f"{accounts.USERNAME}::blund")
    sent(moodle(app), "blund")
    assert match_accounts() == 0


def test_unmerging_gives_the_account_back_with_its_user_name(app: Flask) -> None:
    people(BO, INES)
    with transaction():
        bo, ines = (service.get_person(f"{name}@example.org") for name in ("bo", "ines"))
        service.merge(ines, bo)
    sent(moodle(app), "blund")
    assert match_accounts() == 1
    assert f"{MOODLE}::blund" in keys_of("ines@example.org")
    with transaction():
        service.unmerge(bo)
    assert keys_of() == {f"{MOODLE}::blund"}


def test_the_log_says_which_rule_linked_it(app: Flask) -> None:
    people(BO)
    sent(moodle(app), "blund")
    match_accounts()
    db.session.rollback()
    last = db.session.scalars(select(PeopleLog).order_by(PeopleLog.id.desc())).first()
    assert last is not None
    assert (last.act, last.keys, last.by) == (
        "linked",
        [f"{MOODLE}::blund"],
        "account rule of moodle",
    )


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param({"mbox": "mailto:blund@example.org"}, id="mailbox"),
        pytest.param({"openid": "https://moodle.example.org/blund"}, id="openid"),
        pytest.param({"account": {"homePage": accounts.USERNAME, "name": "iroy"}}, id="ours"),
    ],
)
def test_only_accounts_of_other_systems_are_matched(app: Flask, actor: dict[str, Any]) -> None:
    people(BO)
    lms = moodle(app, home_page="")
    assert lms.post(a_statement() | {"actor": actor}).status_code == 200
    profiles.catch_up()
    assert match_accounts() == 0


def test_without_a_rule_nothing_is_asked(app: Flask) -> None:
    a_key()
    a_person()
    assert match_accounts() == 0


def test_an_account_too_long_to_be_linked_is_left_alone(app: Flask) -> None:
    rule = AccountRule(names="external_id", home_page=None, by="moodle")
    with transaction():
        assert accounts.link_accounts({f"{MOODLE}::{'x' * 1000}": [rule]}) == 0


def test_the_file_names_user_names_and_external_ids(app: Flask) -> None:
    assert people(INES) == Imported(created=1)
    found = service.who(service.get_person("ines@example.org")).keys
    assert found >= {
        "urn:byway:username::iroy",
        "urn:byway:username::ines.roy",
        "urn:byway:external-id::4712",
    }


def test_reading_the_file_again_links_nothing_anew(app: Flask) -> None:
    people(BO)
    before = len(db.session.scalars(select(PeopleLog)).all())
    assert people(BO) == Imported(updated=1)
    assert len(db.session.scalars(select(PeopleLog)).all()) == before


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param("B,b@example.org,blund,\n", "already belongs to bo@", id="a user name taken"),
        pytest.param("B,b@example.org,BLUND,\n", "already belongs to bo@", id="in another case"),
        pytest.param("B,b@example.org,,4711\n", "already belongs to bo@", id="an id taken"),
        pytest.param(f"B,b@example.org,{'x' * 201},\n", "names nobody", id="too long"),
        pytest.param("B,b@example.org,a\x07b,\n", "names nobody", id="a bell"),
    ],
)
def test_a_row_that_cannot_be_is_a_problem_and_the_rest_go_on(
    app: Flask, row: str, why: str
) -> None:
    done = people(BO, row, INES)
    assert (done.created, len(done.problems)) == (2, 1)
    assert why in done.problems[0]["why"]
    assert service.find_person("b@example.org") is None


@pytest.mark.parametrize("text", ["", " ", "a\nb", "x" * 201])
def test_what_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="names nobody"):
        accounts.username_key(text)
