"""Deletions, and what is about another item: an acceptance, a like."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import a_person
from looking import (
    adds_up,
    count_statements,
    ended,
    item,
    live_statements,
    minutes,
    run,
    says,
    state_of,
    table_sizes,
)
from sqlalchemy import func, select
from toy import accepted, did, gone

from engine import profiles
from engine.db import db
from engine.people import service as people
from engine.sources import decisions, runs, undo
from engine.sources.models import DeliveryRow, Waiting

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]

DATA = "data-literacy"


def waits() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Waiting)) or 0


def test_gone_voids() -> None:
    run(did("a"))
    assert ended(run(gone("a"))) == {"corrected": 1}
    assert live_statements() == 0


def test_gone_and_recovered() -> None:
    run(did("a", minutes=5))
    run(gone("a"))
    assert ended(run(did("a", minutes=5))) == {"new": 1}
    assert minutes("a") == "PT5M"


def test_gone_twice_is_known() -> None:
    run(did("a"))
    run(gone("a"))
    assert ended(run(gone("a"))) == {"known": 1}


def test_gone_under_any_of_its_keys() -> None:
    run(did("a", "other"))
    run(gone("other"))
    assert live_statements() == 0


def test_an_old_report_does_not_bring_back_what_is_gone() -> None:
    run(did("a", reported="2026-09-09T08:00:00+00:00"))
    run(gone("a"))
    assert ended(run(did("a", reported="2026-09-10T08:00:00+00:00"))) == {"known": 1}


def test_done_by_whoever_did_another_item() -> None:
    run(did("topic", account="ines", email=None), did("answer"))
    run(did("yes", by="topic", about="answer", verb="accepted"))
    assert says("yes")["actor"]["account"]["name"] == "ines"
    assert says("yes")["object"] == {"objectType": "StatementRef", "id": str(item("answer").sid)}


@pytest.mark.parametrize("ref", ["by", "about"])
def test_what_waits_is_read_once_its_item_comes(ref: str) -> None:
    first = run(did("yes", verb="liked", **{ref: "answer"}))
    assert ended(first) == {"unmatched": 1}
    run(did("answer"))
    again = state_of(first.run or 0)
    assert says("yes")
    assert (again.counts, again.rows) == ({"new": 1}, 1)
    assert (waits(), runs.Report.of(again).problems) == (0, [])


def test_an_item_that_comes_later_in_the_same_file_is_waited_for() -> None:
    assert ended(run(accepted("yes", "a"), did("a"))) == {"new": 2}


def test_a_chain_of_what_waits_is_read_to_its_end() -> None:
    run(did("c", about="b", verb="liked"))
    run(did("b", about="a", verb="liked"))
    run(did("a"))
    assert (live_statements(), waits()) == (3, 0)


def test_what_waits_is_as_old_as_its_delivery() -> None:
    first = run(did("x", minutes=1), accepted("yes", "answer"))
    run(did("x", minutes=2))
    run(did("answer"))
    assert minutes("x") == "PT2M"
    assert ended(runs.Report.of(state_of(first.run or 0))) == {"new": 2}


def test_what_waited_keeps_no_second_copy_of_its_delivery() -> None:
    run(accepted("yes", "answer"))
    run(did("answer"))
    assert db.session.scalar(select(func.count()).select_from(DeliveryRow)) == 2


def test_undo_takes_back_what_had_waited() -> None:
    first = run(accepted("yes", "answer"))
    run(did("answer"))
    undo.undo(first.run or 0)
    assert minutes("yes") == "gone"


def test_what_an_undone_run_waited_for_is_read_when_it_is_redone() -> None:
    first = run(accepted("yes", "answer"))
    undo.undo(first.run or 0)
    run(did("answer"))
    assert live_statements() == 1
    undo.redo(first.run or 0)
    assert live_statements() == 2


def test_a_row_that_waits_for_two_items_waits_for_both() -> None:
    first = run(did("yes", by="topic", about="answer", verb="accepted"), did("b"))
    run(did("answer"))
    assert ended(runs.Report.of(state_of(first.run or 0))) == {"new": 1, "unmatched": 1}
    run(did("topic", email="ines@example.org"))
    assert says("yes")["actor"]["mbox"] == "mailto:ines@example.org"
    assert adds_up(runs.Report.of(state_of(first.run or 0)))


def test_waiting_twice_is_recorded_once() -> None:
    run(accepted("yes", "answer"))
    run(accepted("yes", "answer"))
    run(did("answer"))
    assert live_statements() == 2


def test_two_that_wait_for_each_other_wait() -> None:
    report = run(did("a", about="b", verb="liked"), did("b", about="a", verb="liked"))
    assert ended(report) == {"unmatched": 2}
    assert run(did("c")).counts["new"] == 1


def test_an_acceptance_of_what_is_gone_is_recorded() -> None:
    run(did("answer"))
    last = item("answer").sid
    run(gone("answer"))
    assert ended(run(accepted("yes", "answer"))) == {"new": 1}
    assert says("yes")["object"]["id"] == str(last)


def test_a_name_alone_is_never_matched() -> None:
    a_person("Bo Lund")
    report = run(did("a", email=None, name="Bo Lund"))
    assert ended(report) == {"unmatched": 1}
    assert report.problems[0]["why"].endswith("Nobody is matched by name.")
    assert count_statements() == 0


def assurances(email_of: str = "bo@example.org") -> set[str]:
    """How sure the record is of what Bo did."""
    profiles.catch_up()
    found = profiles.profile_of(people.get_person(email_of).id).standings.values()
    return {part.assurance for one in found for part in one.explain}


@pytest.fixture
def answered(toys: object) -> None:
    """Bo replied in a forum, and Ines accepted it."""
    a_person()
    a_person("Ines Roy", "ines@example.org")
    run(did("answer", verb="replied", type="forum-reply", tags=[DATA], url="https://f.org/1"))
    run(accepted("yes", "answer"))


@pytest.mark.usefixtures("answered")
def test_an_acceptance_lifts() -> None:
    assert assurances() == {"peer"}


@pytest.mark.usefixtures("answered")
def test_an_acceptance_survives_a_correction_of_its_target() -> None:
    run(
        did(
            "answer",
            verb="replied",
            type="forum-reply",
            tags=[DATA],
            url="https://f.org/1",
            at="2026-09-08T13:00:00+00:00",
        )
    )
    assert assurances() == {"peer"}


@pytest.mark.usefixtures("answered")
def test_an_acceptance_survives_that_its_target_was_gone_for_a_while() -> None:
    deleted = run(gone("answer"))
    assert assurances() == set()
    undo.undo(deleted.run or 0)
    assert assurances() == {"peer"}


@pytest.mark.usefixtures("answered")
def test_an_acceptance_survives_a_correction_by_the_learner() -> None:
    bo = people.who(people.get_person("bo@example.org"))
    sid = item("answer").sid
    assert sid
    decisions.correct(bo, sid, decisions.Correction(duration=timedelta(minutes=5)))
    assert assurances() == {"peer"}


@pytest.mark.usefixtures("answered")
def test_a_withdrawn_acceptance_lifts_no_more() -> None:
    run(gone("yes"))
    assert "peer" not in assurances()


def test_the_record_is_untouched_by_what_only_waits() -> None:
    before = table_sizes()["statement"]
    run(accepted("yes", "answer"))
    assert table_sizes()["statement"] == before
