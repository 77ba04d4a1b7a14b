"""The identity inbox: what is open, what a link lights up, and how it is taken back."""

from __future__ import annotations

import pytest
from inbox_making import (
    BO,
    FORUM,
    INES,
    NAMED,
    ODILE,
    OPERATOR,
    an_account,
    followed,
    keys_of,
    link,
    open_handles,
    open_names,
    people,
    seen,
    take_back,
    waits,
)
from live_log import here
from sqlalchemy import delete
from toy import accepted, did, file

from engine.db import db, transaction
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.people import inbox, service
from engine.people.inbox import Decider
from engine.sources import handles, linking, merging, named, runs, undo
from engine.sources.handles import Wanted
from engine.sources.models import DeliveryRow, Run

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]


def counts(run_id: int | None) -> dict[str, int]:
    db.session.rollback()
    run = db.session.get_one(Run, run_id)
    return {name: number for name, number in run.counts.items() if number}


def test_who_turns_up_and_is_nobody_is_open() -> None:
    people(BO)
    seen(an_account("bo_l"), {"mbox": "mailto:bo@example.org"}, {"mbox": "mailto:x@example.org"})
    assert open_handles() == [f"{FORUM}::bo_l", "mailto:x@example.org"]


def test_a_handle_says_how_much_there_is_of_it_by_source() -> None:
    seen(an_account("bo_l"), an_account("bo_l"), origin="forum")
    seen(an_account("bo_l"), origin="lms")
    (found,), _ = handles.page(Wanted())
    assert [(one.source, one.rows) for one in found.seen] == [("forum", 2), ("lms", 1)]
    assert (found.rows, 0 < found.first < found.last) == (3, True)


def test_what_voids_for_a_source_is_nobodys_handle() -> None:
    report = runs.run_file("t", file(did("a")))
    undo.undo(report.run or 0)
    followed()
    assert open_handles() == []


def test_what_was_voided_is_not_open() -> None:
    report = runs.run_file("t", file(did("a", email="x@example.org")))
    followed()
    assert open_handles() == ["mailto:x@example.org"]
    undo.undo(report.run or 0)
    followed()
    assert open_handles() == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("B_L", [f"{FORUM}::b_l"], id="part of it in capitals"),
        pytest.param("%", [], id="no wildcard"),
        pytest.param("forum", [f"{FORUM}::b_l", f"{FORUM}::bxl"], id="the home page"),
        pytest.param("nobody", [], id="nothing"),
    ],
)
def test_handles_are_searched(search: str, found: list[str]) -> None:
    seen(an_account("b_l"), an_account("bxl"))
    assert open_handles(search=search) == found


def test_handles_of_one_source_are_shown_alone() -> None:
    seen(an_account("one"), origin="forum")
    seen(an_account("two"), origin="lms")
    origin = {name: id_ for id_, name in handles.origins()}["lms"]
    assert open_handles(origin=origin) == [f"{FORUM}::two"]


def test_handles_come_in_pages() -> None:
    seen(*(an_account(name) for name in "abcde"))
    first, more = handles.page(Wanted(), size=3)
    last, no_more = handles.page(Wanted(), number=2, size=3)
    assert [one.key[-1] for one in (*first, *last)] == list("abcde")
    assert (more, no_more) == (True, False)


def test_a_link_lights_up_what_came_before() -> None:
    people(BO)
    seen(an_account("bo_l"))
    assert here() is None
    link(f"{FORUM}::bo_l")
    assert here() is not None
    assert open_handles() == []


def test_what_would_light_up_is_told_before() -> None:
    seen(an_account("bo_l"), an_account("bo_l"))
    found = linking.look_at(f"{FORUM}::bo_l")
    assert [(one.source, one.rows) for one in found.recorded] == [("lms", 2)]
    assert [rows for _, rows in found.lights] == [2]


def test_a_link_is_taken_back_and_the_level_goes() -> None:
    people(BO)
    seen(an_account("bo_l"))
    link(f"{FORUM}::bo_l")
    assert take_back() == "unlink"
    assert here() is None
    assert open_handles() == [f"{FORUM}::bo_l"]


def test_what_was_taken_back_is_put_back() -> None:
    people(BO)
    seen(an_account("bo_l"))
    link(f"{FORUM}::bo_l")
    take_back()
    assert take_back("unlinked") == "link"
    assert f"{FORUM}::bo_l" in keys_of()


def test_a_decision_that_no_longer_holds_is_not_taken_back() -> None:
    people(BO)
    seen(an_account("bo_l"))
    link(f"{FORUM}::bo_l")
    take_back()
    with pytest.raises(Conflict, match="does not hold"):
        take_back()


def test_linking_again_changes_nothing() -> None:
    people(BO)
    seen(an_account("bo_l"))
    link(f"{FORUM}::bo_l")
    before = inbox.history()
    link(f"{FORUM}::bo_l")
    assert inbox.history() == before


def test_somebody_elses_handle_is_refused_with_the_mend() -> None:
    people(BO, INES)
    seen(an_account("bo_l"))
    link(f"{FORUM}::bo_l")
    with pytest.raises(Conflict, match="already belongs to bo@"):
        link(f"{FORUM}::bo_l", "ines@example.org")


def test_nobody_is_created_unless_it_is_said() -> None:
    seen(an_account("bo_l"))
    with pytest.raises(NotFound, match="Nobody here"):
        link(f"{FORUM}::bo_l")


def test_a_person_is_created_with_the_handle() -> None:
    seen(an_account("bo_l"))
    assert link(f"{FORUM}::bo_l", create=True, name="Bo Lund").created
    assert keys_of() >= {f"{FORUM}::bo_l", "mailto:bo@example.org"}
    assert here() is not None


def test_whose_creation_was_taken_back_is_created_again() -> None:
    seen({"mbox": "mailto:bo@example.org"})
    link("mailto:bo@example.org", create=True)
    take_back()
    assert open_handles() == ["mailto:bo@example.org"]
    link("mailto:bo@example.org")
    assert open_handles() == []


def test_what_nothing_came_under_cannot_be_linked() -> None:
    people(BO)
    with pytest.raises(NotFound, match="Nothing came under"):
        link(f"{FORUM}::nobody")


@pytest.mark.parametrize("text", ["", "x", "urn:byway:name-at:nowhere::x", "a::", "\0", "x" * 5000])
def test_what_is_no_handle_is_refused(text: str) -> None:
    people(BO)
    with pytest.raises(Refused):
        link(text)


def test_nobody_links_to_herself() -> None:
    people(BO)
    seen(an_account("bo_l"))
    herself = Decider(name="bo@example.org", person_id=service.get_person("bo@example.org").id)
    with pytest.raises(Forbidden, match="about yourself"):
        link(f"{FORUM}::bo_l", decider=herself)
    assert open_handles() == [f"{FORUM}::bo_l"]


def test_an_operator_at_the_command_line_may() -> None:
    people(BO)
    seen(an_account("bo_l"))
    assert link(f"{FORUM}::bo_l", decider=OPERATOR).email == "bo@example.org"


def test_a_handle_is_put_aside_and_taken_up_again() -> None:
    seen(an_account("bot"))
    with transaction():
        assert inbox.ignore([f"{FORUM}::bot"], ODILE) == 1
    assert (open_handles(), open_handles(ignored=True)) == ([], [f"{FORUM}::bot"])
    assert take_back("ignored") == "heed"
    assert open_handles() == [f"{FORUM}::bot"]


def test_putting_aside_twice_is_one_decision() -> None:
    seen(an_account("bot"))
    with transaction():
        assert [inbox.ignore([f"{FORUM}::bot"], ODILE) for _ in range(2)] == [1, 0]


def test_the_log_has_who_decided_and_when() -> None:
    people(BO)
    seen(an_account("bo_l"))
    link(f"{FORUM}::bo_l")
    newest = inbox.history()[0]
    assert (newest.act, newest.by, newest.email) == ("linked", ODILE.name, "bo@example.org")
    assert newest.at > 0


def test_her_own_page_can_say_who_linked_it() -> None:
    people(BO)
    seen(an_account("bo_l"))
    link(f"{FORUM}::bo_l")
    told = inbox.linked_by(service.get_person("bo@example.org").id)
    assert told[f"{FORUM}::bo_l"][1] == ODILE.name
    assert told["mailto:bo@example.org"][1] == "byway people import"


def test_a_merge_is_shown_done_and_taken_back() -> None:
    people(BO, INES)
    seen({"mbox": "mailto:ines@example.org"})
    asked = {"email": "bo@example.org", "other": "ines@example.org"}
    moves = merging.look_at(**asked, decider=ODILE)
    assert ("mailto:ines@example.org" in moves.keys, moves.seen[0].rows) == (True, 1)
    with transaction():
        merging.merge(**asked, decider=ODILE)
    assert here() is not None
    assert take_back("merged") == "unmerge"
    assert here() is None


def test_a_merge_that_would_move_a_role_needs_an_operator() -> None:
    people(BO, INES)
    with transaction():
        service.give_role(service.get_person("ines@example.org"), "operator")
    with pytest.raises(Forbidden, match="role"):
        merging.look_at(email="bo@example.org", other="ines@example.org", decider=ODILE)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        pytest.param(("bo@example.org", "nobody@example.org"), "other", id="nobody"),
        pytest.param(("x", "bo@example.org"), "email", id="no address"),
        pytest.param(("bo@example.org", "BO@example.org"), "other", id="herself"),
    ],
)
def test_a_merge_refused_says_at_which_field(asked: tuple[str, str], field: str) -> None:
    people(BO)
    with pytest.raises(Refused) as refused:
        merging.look_at(email=asked[0], other=asked[1], decider=ODILE)
    assert refused.value.where == field


def test_names_that_came_alone_wait_by_source() -> None:
    waits("Bo Lund", "Ines Roy", "Bo Lund")
    found, _ = named.page()
    assert [(one.key, one.rows, one.waits) for one in found] == [
        (NAMED, 2, True),
        ("urn:byway:name-at:t::Ines Roy", 1, True),
    ]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("lund", [NAMED], id="part of the name"),
        pytest.param("address", [], id="not the words of the reason"),
        pytest.param("_", [], id="no wildcard"),
    ],
)
def test_names_are_searched(search: str, found: list[str]) -> None:
    waits("Bo Lund")
    assert open_names(search) == found


@pytest.mark.parametrize(
    "name",
    [
        pytest.param('Bo "the bee" Lund', id="quotes"),
        pytest.param("a::b", id="two colons"),
        pytest.param("Théa Gagné", id="accents"),
        pytest.param("李 小龙", id="Chinese"),
        pytest.param("50% off_", id="wildcards"),
        pytest.param('" gave no address and no account. Nobody is', id="our own words"),
    ],
)
def test_a_name_is_read_again_whatever_it_is(name: str) -> None:
    people(BO)
    report = waits(name)
    assert link(f"urn:byway:name-at:t::{name}").read == 1
    assert counts(report.run) == {"new": 1}


def test_rows_that_waited_are_read_in_their_run_and_light_up() -> None:
    people(BO)
    report = waits("Bo Lund", "Bo Lund", "Ines Roy", tags=["data-literacy"])
    assert counts(report.run) == {"unmatched": 3}
    assert link(NAMED).read == 2
    assert counts(report.run) == {"new": 2, "unmatched": 1}
    assert open_names() == ["urn:byway:name-at:t::Ines Roy"]
    assert here() is not None


def test_what_waiting_rows_would_count_for_is_told_before() -> None:
    waits("Bo Lund", tags=["data-literacy"])
    found = linking.look_at(NAMED)
    assert (found.recorded, found.waiting[0].rows) == ((), 1)
    assert [rows for _, rows in found.lights] == [1]


def test_looking_at_waiting_rows_changes_nothing() -> None:
    report = waits("Bo Lund", tags=["data-literacy"])
    linking.look_at(NAMED)
    assert counts(report.run) == {"unmatched": 1}
    assert open_names() == [NAMED]


def test_undoing_the_run_takes_read_rows_along() -> None:
    people(BO)
    report = waits("Bo Lund", tags=["data-literacy"])
    link(NAMED)
    undo.undo(report.run or 0)
    followed()
    assert here() is None


def test_taking_the_link_of_a_name_back_makes_the_rows_nobodys() -> None:
    people(BO)
    waits("Bo Lund", tags=["data-literacy"])
    link(NAMED)
    take_back()
    assert here() is None
    assert (open_handles(), open_names()) == ([NAMED], [])


def test_rows_made_nobodys_are_linked_to_another() -> None:
    people(BO, INES)
    waits("Bo Lund", tags=["data-literacy"])
    link(NAMED)
    take_back()
    link(NAMED, "ines@example.org")
    assert (here(), here("ines@example.org") is None) == (None, False)


def test_the_same_name_later_waits_anew() -> None:
    people(BO)
    waits("Bo Lund")
    link(NAMED)
    runs.run_file("t", file(did("later", email=None, name="Bo Lund")))
    assert open_names() == [NAMED]


def test_the_same_name_may_be_two_people() -> None:
    people(BO, INES)
    waits("Bo Lund")
    link(NAMED)
    runs.run_file("t", file(did("later", email=None, name="Bo Lund")))
    link(NAMED, "ines@example.org")
    assert NAMED in keys_of()
    assert f"{NAMED} (2)" in keys_of("ines@example.org")


def test_later_rows_of_the_same_person_come_under_the_same_handle() -> None:
    people(BO)
    waits("Bo Lund")
    link(NAMED)
    runs.run_file("t", file(did("later", email=None, name="Bo Lund")))
    assert link(NAMED).read == 1
    assert [key for key in keys_of() if key.startswith("urn:byway:name")] == [NAMED]


def test_what_waited_for_a_read_row_is_read_too() -> None:
    people(BO)
    said = did("q", email=None, name="Bo Lund", tags=["data-literacy"])
    report = runs.run_file("t", file(said, accepted("ok", "q")))
    assert counts(report.run) == {"unmatched": 2}
    link(NAMED)
    assert counts(report.run) == {"new": 2}


def test_rows_of_a_run_undone_do_not_wait() -> None:
    report = waits("Bo Lund")
    undo.undo(report.run or 0)
    assert open_names() == []


def test_who_objected_stays_out_when_her_name_is_linked() -> None:
    people(BO)
    report = waits("Bo Lund")
    with transaction():
        origin = {name: id_ for id_, name in handles.origins()}["t"]
        service.say(service.get_person("bo@example.org"), origin, "objected")
    link(NAMED)
    assert counts(report.run) == {"withheld": 1}


def test_a_name_is_put_aside() -> None:
    waits("Bo Lund")
    with transaction():
        inbox.ignore([NAMED], ODILE)
    assert (open_names(), open_names(ignored=True)) == ([], [NAMED])


def test_a_link_that_cannot_be_read_links_nothing() -> None:
    people(BO)
    waits("Bo Lund")
    with pytest.raises(NotFound):
        link(NAMED, "nobody@example.org")
    assert NAMED not in keys_of()


def test_rows_that_are_not_kept_any_more_are_not_linked() -> None:
    people(BO)
    waits("Bo Lund")
    with transaction() as session:
        session.execute(delete(DeliveryRow))
    with pytest.raises(Conflict, match="not kept any more"):
        link(NAMED)
    assert NAMED not in keys_of()


def test_a_bundle_that_grew_is_read_once_for_each_delivery() -> None:
    people(BO)
    runs.run_file("t", file(did("a", email=None, name="Bo Lund", minutes=5), bundle="s"))
    runs.run_file("t", file(did("a", email=None, name="Bo Lund", minutes=5), bundle="s"))
    link(NAMED)
    assert open_names() == []
    assert [key for key in keys_of() if "name-at" in key] == [NAMED]
