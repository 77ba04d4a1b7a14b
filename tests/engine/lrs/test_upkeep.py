"""The index against the log: what is found, what is mended, and that nobody notices."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from factories import ATTENDED, a_statement
from flask import Flask, current_app
from lrs_making import a_reference, a_void, add, an_authority, an_entry, found
from sqlalchemy import true
from upkeep_making import (
    HOP,
    INHERITED,
    OWN,
    POS,
    TERM,
    Filled,
    at,
    chain,
    change,
    count,
    drop,
    file,
    filled,
    is_voided,
    link_without_content,
    position,
    postings,
    say,
    tangle,
    under,
    upkeep,
)

from engine.db import db
from engine.lrs import references
from engine.lrs import upkeep as looking_after
from engine.lrs.backends import backend_of
from engine.lrs.findings import TOLD, Report
from engine.lrs.terms import TermIndex
from engine.lrs.upkeep import Upkeep
from engine.pipeline import entry_of, reader, store

Damage = Callable[[Filled], object]
Look = Callable[[Upkeep], Report]

FOREIGN = 4711


@pytest.fixture
def here(app: Flask) -> Filled:
    """A filled store."""
    return filled()


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stretch is short, so that its edges are met."""
    monkeypatch.setattr(looking_after, "STRETCH", 2)
    monkeypatch.setattr(looking_after, "PAGE", 7)
    monkeypatch.setattr(looking_after, "KEPT", 3)


def faults(report: Report) -> tuple[int, int, int]:
    return report.missing, report.surplus, report.voided


# --- what is well ------------------------------------------------------------------------------


@pytest.mark.parametrize("look", [Upkeep.sample, Upkeep.check, Upkeep.rebuild])
def test_a_store_that_nobody_damaged_is_well(here: Filled, look: Look) -> None:
    report = look(upkeep())
    assert (report.statements, faults(report), report.damaged) == (here.count, (0, 0, 0), 0)
    assert report.agrees


@pytest.mark.parametrize("look", [Upkeep.sample, Upkeep.check, Upkeep.rebuild])
def test_an_empty_store_is_well(app: Flask, look: Look) -> None:
    report = look(upkeep())
    assert (report.statements, report.agrees, report.damaged) == (0, True, 0)


def test_short_steps_find_the_same(here: Filled, small_steps: None) -> None:
    report = upkeep().check()
    assert (report.statements, faults(report)) == (here.count, (0, 0, 0))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_came_first_the_index_holds_what_the_log_says(app: Flask, seed: int) -> None:
    tangle(an_authority(), seed)
    assert faults(upkeep().check()) == (0, 0, 0)


def test_a_chain_is_filed_down_to_255_steps(app: Flask) -> None:
    add(*chain(an_authority(), 300))
    report = upkeep().check()
    assert faults(report) == (0, 0, 0)


def test_a_statement_sent_with_an_authority_is_filed_by_ours(app: Flask) -> None:
    sent = a_statement(authority={"mbox": "mailto:somebody@example.org"})
    add(entry_of(sent, authority=an_authority()))
    assert faults(upkeep().check()) == (0, 0, 0)


def test_checking_leaves_nothing_behind(here: Filled) -> None:
    before = postings()
    drop(OWN)
    file((FOREIGN, 1))
    upkeep().check()
    assert postings() == {one for one in before if one[1] & 255} | {(FOREIGN, 1)}
    assert upkeep().check().surplus == 1


# --- what is found and mended ------------------------------------------------------------------

DAMAGES = pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda here: drop(at(here.plain)), id="nothing filed under a statement"),
        pytest.param(lambda here: drop(INHERITED), id="nothing inherited"),
        pytest.param(lambda here: drop(at(here.chain[0]) & INHERITED), id="a chain is cut"),
        pytest.param(lambda here: drop(POS % 3 == 0), id="holes everywhere"),
        pytest.param(lambda here: drop(true()), id="all is gone"),
        pytest.param(lambda here: file((FOREIGN, 1)), id="filed before the log begins"),
        pytest.param(lambda here: file((FOREIGN, 1 << 62)), id="filed after the log ends"),
        pytest.param(lambda here: file((FOREIGN, -5)), id="filed nowhere"),
        pytest.param(
            lambda here: file((FOREIGN, position(here.plain) << 8)), id="one too many on top"
        ),
        pytest.param(
            lambda here: file((FOREIGN, position(here.plain) << 8 | 1)), id="one too many below"
        ),
        pytest.param(
            lambda here: (drop(at(here.chain[0])), file((FOREIGN, position(here.chain[0]) << 8))),
            id="another in place of its own",
        ),
        pytest.param(lambda here: change(here.voided, voided=0), id="a void forgotten"),
        pytest.param(lambda here: change(here.plain, voided=1), id="voided by nobody"),
        pytest.param(lambda here: change(here.void, voided=1), id="a void voided"),
        pytest.param(lambda here: change(here.other_void, voided=1), id="a void voided by another"),
    ],
)


@DAMAGES
def test_damage_is_found(here: Filled, damage: Damage) -> None:
    damage(here)
    report = upkeep().check()
    assert not report.agrees
    assert report.faults != []


@DAMAGES
def test_damage_is_mended(here: Filled, damage: Damage) -> None:
    before = postings()
    damage(here)
    mended = upkeep().rebuild()
    assert (postings(), mended.agrees) == (before, True)
    assert faults(upkeep().check()) == (0, 0, 0)
    assert faults(upkeep().rebuild()) == (0, 0, 0)


@DAMAGES
def test_damage_is_mended_in_short_steps(here: Filled, small_steps: None, damage: Damage) -> None:
    before = postings()
    damage(here)
    seen = faults(upkeep().check())
    assert faults(upkeep().rebuild()) == seen
    assert postings() == before


def test_each_posting_is_counted(here: Filled) -> None:
    gone = drop(INHERITED)
    file((FOREIGN, 1), (FOREIGN, position(here.plain) << 8))
    assert faults(upkeep().check()) == (gone, 2, 0)


def test_a_finding_names_the_statement(here: Filled) -> None:
    gone = drop(at(here.plain))
    assert upkeep().check().faults == [f"statement {here.plain.sid} ({gone} missing)"]


def test_the_first_few_findings_are_told_of(here: Filled) -> None:
    drop(OWN)
    report = upkeep().check()
    assert len(report.faults) == TOLD < report.missing


def test_what_was_lost_is_found_again(here: Filled) -> None:
    seen = found(verb=ATTENDED)
    drop(true())
    assert found(verb=ATTENDED) == []
    upkeep().rebuild()
    assert found(verb=ATTENDED) == seen != []


def test_an_index_made_under_another_secret_is_replaced(here: Filled) -> None:
    before = postings()
    other = Upkeep(backend_of(db.engine), TermIndex(b"another secret"))
    report = other.rebuild()
    assert report.missing == report.surplus == len(before)
    assert postings().isdisjoint(before)
    upkeep().rebuild()
    assert postings() == before


def test_mending_broken_off_is_taken_up_again(here: Filled, small_steps: None) -> None:
    before = postings()
    drop(true())

    def break_off(done: int) -> None:
        if done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upkeep().rebuild(break_off)
    assert 0 < len(postings()) < len(before)
    assert upkeep().rebuild().statements == here.count
    assert postings() == before


def test_progress_is_told(here: Filled, small_steps: None) -> None:
    told: list[int] = []
    upkeep().check(told.append)
    assert told == sorted(told)
    assert set(range(2, here.count, 2)) <= set(told)


# --- the sample --------------------------------------------------------------------------------


def test_a_sample_sees_what_the_newest_lack(here: Filled) -> None:
    gone = drop(at(here.chain[1]))
    assert upkeep().sample(newest=6, spread=0).missing == gone


def test_a_sample_sees_what_the_oldest_lack(here: Filled) -> None:
    gone = drop(at(here.plain))
    assert upkeep().sample(newest=1, spread=looking_after.SPREAD).missing == gone
    assert upkeep().sample(newest=1, spread=0).missing == 0


def test_a_sample_sees_a_forgotten_void(here: Filled) -> None:
    change(here.voided, voided=0)
    assert upkeep().sample().voided == 1


def test_a_sample_sees_what_cannot_be_read(here: Filled) -> None:
    change(here.plain, payload=b"{")
    assert upkeep().sample().damages == [f"statement {here.plain.sid} cannot be read"]


# --- voids -------------------------------------------------------------------------------------


@pytest.mark.parametrize("voided", [0, 1])
def test_whether_another_origins_void_counted_is_left_alone(here: Filled, voided: int) -> None:
    change(here.spared, voided=voided)
    assert upkeep().rebuild().voided == 0
    assert is_voided(here.spared) == bool(voided)


def test_a_void_is_settled(here: Filled) -> None:
    change(here.voided, voided=0)
    assert upkeep().rebuild().voided == 1
    assert is_voided(here.voided)


# --- the log itself ----------------------------------------------------------------------------

WRONG = pytest.mark.parametrize(
    ("harm", "told"),
    [
        pytest.param(lambda one: change(one, payload=b"{"), "cannot be read", id="no JSON"),
        pytest.param(lambda one: change(one, payload=b"[]"), "cannot be read", id="no statement"),
        pytest.param(
            lambda one: say(one, id="8f87ccde-bb56-4c2e-ab83-44982ef22df0"),
            "holds another id",
            id="another id",
        ),
        pytest.param(
            lambda one: say(one, stored="2020-01-01T00:00:00.000000Z"),
            "holds another stored time",
            id="another time",
        ),
        pytest.param(
            lambda one: change(one, target=b"0" * 16),
            "refers to something else than it is kept with",
            id="another target",
        ),
        pytest.param(
            lambda one: change(one, voids=1),
            "refers to something else than it is kept with",
            id="taken for a void",
        ),
    ],
)


@WRONG
def test_a_damaged_statement_is_told_of(
    here: Filled, harm: Callable[[object], None], told: str
) -> None:
    harm(here.plain)
    report = upkeep().check()
    assert (report.damaged, report.damages) == (1, [f"statement {here.plain.sid} {told}"])


def test_what_cannot_be_read_stays_where_it_is_filed(here: Filled) -> None:
    before = postings()
    change(here.chain[2], payload=b"{")
    report = upkeep().rebuild()
    assert (faults(report), report.damaged) == ((0, 0, 0), 1)
    assert postings() == before


def test_of_what_cannot_be_read_only_the_void_is_settled(here: Filled) -> None:
    before = postings()
    change(here.plain, payload=b"{", voided=1)
    assert faults(upkeep().rebuild()) == (0, 0, 1)
    assert (postings(), is_voided(here.plain)) == (before, False)


def test_the_others_are_mended_beside_what_cannot_be_read(here: Filled) -> None:
    before = postings()
    change(here.chain[2], payload=b"{")
    drop(at(here.plain))
    upkeep().rebuild()
    assert postings() == before


def test_an_attachment_that_is_gone_is_told_of(here: Filled) -> None:
    link_without_content()
    report = upkeep().check()
    assert (report.damaged, report.agrees) == (1, True)
    assert "attachment abc" in report.damages[0]


# --- what is left for later --------------------------------------------------------------------


@pytest.fixture
def crowd(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions of statements that refer to a newer one, which is still to be filed there."""
    monkeypatch.setattr(references, "MOST_AT_ONCE", 3)
    authority = an_authority()
    target = an_entry(authority)
    direct = [a_reference(authority, target.sid) for _ in range(5)]
    add(*direct, *(a_reference(authority, entry.sid) for entry in direct[:2]))
    add(target)
    return [entry.seq for entry in reader().log(0, 7)]


def file_late() -> None:
    while store().file_late_references():
        pass


def test_what_is_still_to_be_filed_is_no_fault(crowd: list[int]) -> None:
    before = count(INHERITED)
    assert faults(upkeep().rebuild()) == (0, 0, 0)
    assert (count(INHERITED), reader().is_behind()) == (before, True)


def test_what_was_filed_of_it_must_be_there(crowd: list[int]) -> None:
    store().file_late_references()
    assert faults(upkeep().check()) == (0, 0, 0)
    gone = drop(under(crowd[2]) & INHERITED)
    assert gone > 0
    assert faults(upkeep().check()) == (gone, 0, 0)


def test_once_all_is_filed_all_must_be_there(crowd: list[int]) -> None:
    file_late()
    assert faults(upkeep().check()) == (0, 0, 0)
    gone = drop(INHERITED)
    assert faults(upkeep().rebuild()) == (gone, 0, 0)


def test_what_stands_above_the_late_one_is_known_without_it(crowd: list[int]) -> None:
    gone = drop(under(crowd[5]) & (HOP == 1))
    assert gone > 0
    assert faults(upkeep().check()) == (gone, 0, 0)


def test_what_is_left_for_later_is_filed_after_a_rebuild(crowd: list[int]) -> None:
    drop(true())
    upkeep().rebuild()
    file_late()
    assert faults(upkeep().check()) == (0, 0, 0)


# --- while others write ------------------------------------------------------------------------


@pytest.mark.parametrize("look", [Upkeep.check, Upkeep.rebuild])
def test_what_somebody_else_mends_meanwhile_is_no_fault(
    here: Filled, small_steps: None, look: Callable[..., Report]
) -> None:
    file((FOREIGN, 1 << 62))
    assert faults(look(upkeep(), lambda _: drop(TERM == FOREIGN))) == (0, 0, 0)


@pytest.mark.parametrize("look", [Upkeep.check, Upkeep.rebuild])
def test_what_comes_meanwhile_is_no_fault(
    here: Filled, small_steps: None, look: Callable[..., Report]
) -> None:
    authority = here.authority
    line = chain(authority, 3)
    add(*line[:2])
    coming = [line[2], a_void(authority, here.plain.sid), an_entry(authority)]
    report = look(upkeep(), lambda _: add(coming.pop()) if coming else None)
    assert (coming, faults(report)) == ([], (0, 0, 0))
    assert faults(upkeep().check()) == (0, 0, 0)


def test_the_index_is_rebuilt_while_others_write(here: Filled, small_steps: None) -> None:
    authority = here.authority
    drop(TERM % 2 == 0)
    lines = [chain(authority, 3) for _ in range(10)]

    def write(app: Flask) -> None:
        with app.app_context():
            for line in lines:
                add(line[0])
                add(line[2], line[1])

    writer = in_a_thread(write)
    upkeep().rebuild()
    writer.join()
    report = upkeep().check()
    assert (report.statements, faults(report)) == (here.count + 30, (0, 0, 0))


def test_whoever_asks_meanwhile_finds_what_she_found_before(
    here: Filled, small_steps: None
) -> None:
    seen = found(verb=ATTENDED)
    terms = {term for term, pos in postings() if pos >> 8 == position(here.plain)}
    drop(TERM.not_in(terms))
    file(*((FOREIGN, one.seq << 8) for one in reader().log(0, 99)))
    answers: list[object] = []
    done = threading.Event()

    def ask(app: Flask) -> None:
        with app.app_context():
            while not done.is_set():
                answers.append(found(verb=ATTENDED))

    asker = in_a_thread(ask)
    upkeep().rebuild()
    done.set()
    asker.join()
    assert answers
    assert [answer for answer in answers if answer != seen] == []


def in_a_thread(work: Callable[[Flask], None]) -> threading.Thread:
    """Do something at the same time, in the application of the test."""
    thread = threading.Thread(target=work, args=(current_app._get_current_object(),))
    thread.start()
    return thread
