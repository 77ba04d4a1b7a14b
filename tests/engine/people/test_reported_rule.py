"""Sources whose reports are followed: accounts are linked by the address that came with them."""

from __future__ import annotations

import pytest
from inbox_making import BO, INES, ODILE, keys_of, link, people, take_back
from live_log import here
from together_making import U7, alone, follow, told
from toy import HOME, add_toy, did, file

from engine.db import db, transaction
from engine.errors import Conflict, NotFound
from engine.jobs.accounts import AccountMatcher, match_accounts
from engine.people import inbox, policies, service
from engine.sources import account_rules, newcomers, runs, undo

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]


def a_watch() -> AccountMatcher:
    """Somebody who links, and has looked at all there is."""
    matcher = AccountMatcher()
    matcher.match()
    return matcher


def counted(email: str = "bo@example.org") -> int:
    """How many things speak for somebody's data literacy."""
    standing = here(email)
    return len(standing.explain) if standing else 0


def is_linked(key: str = U7, email: str = "bo@example.org") -> bool:
    return key in keys_of(email)


def test_no_source_is_followed_by_itself() -> None:
    people(BO)
    told()
    alone()
    assert match_accounts() == 0


def test_an_account_is_whose_the_address_it_came_with_is() -> None:
    people(BO)
    follow()
    told()
    alone()
    before = counted()
    assert match_accounts() == 1
    assert (before, counted()) == (1, 2)


def test_the_report_may_come_after_the_account() -> None:
    people(BO)
    follow()
    alone()
    matcher = a_watch()
    told()
    assert matcher.match() == 1


def test_the_person_may_come_last() -> None:
    follow()
    told()
    alone()
    matcher = a_watch()
    people(BO)
    assert matcher.match() == 1


def test_so_may_the_rule() -> None:
    people(BO)
    told()
    alone()
    matcher = a_watch()
    follow()
    assert matcher.match() == 1


def test_so_may_a_person_of_a_trusted_domain() -> None:
    follow()
    told(email="new@example.org")
    alone()
    matcher = a_watch()
    with transaction():
        policies.trust("example.org", by=ODILE.name)
    newcomers.create_people()
    assert matcher.match() == 1


def test_a_run_that_stands_again_is_followed_again() -> None:
    people(BO)
    follow()
    run = told()
    alone()
    undo.undo(run)
    matcher = a_watch()
    assert not is_linked()
    undo.redo(run)
    assert matcher.match() == 1


def test_a_doubt_that_is_undone_is_none_any_more() -> None:
    people(BO)
    follow()
    told("a")
    run = told("b", email="else@example.org")
    alone()
    matcher = a_watch()
    assert not is_linked()
    undo.undo(run)
    assert matcher.match() == 1


def test_doing_it_again_changes_nothing() -> None:
    people(BO)
    follow()
    told()
    alone()
    assert [match_accounts(), match_accounts()] == [1, 0]


def test_what_was_taken_back_stays_so() -> None:
    people(BO)
    follow()
    told()
    alone()
    matcher = a_watch()
    assert take_back() == "unlink"
    told("again")
    alone("later still")
    assert (matcher.match(), match_accounts(), is_linked()) == (0, 0, False)


def test_the_log_says_whose_report_it_was_and_which_address() -> None:
    people(BO)
    follow()
    told()
    alone()
    match_accounts()
    db.session.rollback()
    by = "account rule of t, whose reports give bo@example.org"
    assert (inbox.history()[0].by, inbox.history()[0].back) == (by, "unlink")


def test_an_account_with_two_addresses_stays_nobodys() -> None:
    people(BO, INES)
    follow()
    told("a")
    told("b", email="ines@example.org")
    alone()
    assert match_accounts() == 0


def test_two_accounts_of_one_address_stay_nobodys() -> None:
    people(BO)
    follow()
    told("a")
    told("b", account="u8")
    alone("c")
    alone("d", account="u8")
    assert match_accounts() == 0


def test_an_address_of_two_accounts_tells_nothing_of_the_one_that_is_used() -> None:
    people(BO)
    follow()
    told("a")
    told("b", account="u8")
    alone("c")
    assert match_accounts() == 0


def test_accounts_of_one_address_at_two_sites_are_both_hers() -> None:
    people(BO)
    follow()
    told("a")
    told("b", home="https://other.example.org")
    alone("c")
    alone("d", home="https://other.example.org")
    assert match_accounts() == 2


def test_a_second_account_of_one_address_stays_nobodys() -> None:
    people(BO)
    follow()
    told("a")
    alone("b")
    matcher = a_watch()
    told("c", account="u8")
    alone("d", account="u8")
    assert matcher.match() == 0
    assert not is_linked(f"{HOME}::u8")


def test_what_was_put_aside_is_left_alone() -> None:
    people(BO)
    follow()
    told()
    alone()
    with transaction():
        inbox.ignore([U7], ODILE)
    assert match_accounts() == 0


def test_what_is_somebody_elses_stays_hers() -> None:
    people(BO, INES)
    follow()
    told()
    alone()
    link(U7, "ines@example.org")
    assert match_accounts() == 0
    assert is_linked(U7, "ines@example.org")


def test_only_the_followed_sources_own_reports_count() -> None:
    people(BO)
    add_toy("other", account="other")
    follow()
    runs.run_file("other", file(did("a", account="u7")))
    alone()
    assert match_accounts() == 0


def test_what_another_source_says_is_a_doubt() -> None:
    people(BO)
    add_toy("other", account="other")
    follow()
    runs.run_file("other", file(did("a", account="u7", email="ines@example.org")))
    told()
    alone()
    assert match_accounts() == 0


def test_two_followed_sources_of_which_one_knows_the_address_will_do() -> None:
    people(BO)
    add_toy("other", account="other")
    follow()
    follow("other")
    told()
    alone()
    runs.run_file("other", file(did("a", email=None, account="u7")))
    assert match_accounts() == 1


@pytest.mark.parametrize(("by", "linked"), [("bo@example.org", 0), ("odile@example.org", 1)])
def test_nobody_links_to_herself_by_a_report_of_hers(by: str, linked: int) -> None:
    people(BO)
    follow()
    runs.run_file("t", file(did("a", account="u7")), by=by)
    alone()
    assert match_accounts() == linked


def test_a_source_that_is_followed_no_more_links_nobody_and_keeps_whom_it_linked() -> None:
    people(BO)
    follow()
    told()
    alone()
    matcher = a_watch()
    with transaction():
        account_rules.follow_no_more("t")
    told("c", account="u8", email="b@example.org")
    alone("d", account="u8")
    people("B,b@example.org,,,\n")
    assert (matcher.match(), is_linked()) == (0, True)


def test_who_was_merged_takes_her_account_along() -> None:
    people(BO, INES)
    follow()
    told()
    alone()
    with transaction():
        bo, ines = (service.get_person(f"{name}@example.org") for name in ("bo", "ines"))
        service.merge(ines, bo)
    assert match_accounts() == 1
    assert is_linked(U7, "ines@example.org")


def test_sources_are_told_with_whether_they_are_followed() -> None:
    add_toy("other", account="other")
    follow()
    assert [(one.name, one.is_followed) for one in account_rules.every()] == [
        ("other", False),
        ("t", True),
    ]


def test_following_a_source_that_is_none_is_refused() -> None:
    with pytest.raises(NotFound):
        account_rules.follow("nowhere")


def test_a_source_that_is_not_followed_cannot_be_let_go() -> None:
    with pytest.raises(Conflict):
        account_rules.follow_no_more("t")
