"""StatementRefs: a statement matches where one it refers to does, whichever arrived first."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from factories import ATTENDED
from flask import Flask
from lrs_making import (
    ANSWERED,
    EVERYTHING,
    a_reference,
    a_void,
    add,
    add_each,
    an_authority,
    an_entry,
    found,
    found_by_pages,
)

from engine.lrs.references import TooMuch
from engine.lrs.store import Authority, Entry
from engine.pipeline import reader, store

THING = "https://events.example.org/deep"
ORDERS = [
    pytest.param(order, id="".join("abcd"[at] for at in order))
    for order in itertools.permutations(range(4))
]


def a_chain(authority: Authority, length: int) -> list[Entry]:
    """The first refers to the second and so on; the last is about THING."""
    sids = [uuid.uuid4() for _ in range(length)]
    refs = [a_reference(authority, target, id=str(sid)) for sid, target in itertools.pairwise(sids)]
    return [*refs, an_entry(authority, id=str(sids[-1]), thing=THING)]


@pytest.mark.parametrize("order", ORDERS)
def test_a_chain_matches_in_every_order_of_arrival(app: Flask, order: Sequence[int]) -> None:
    chain = a_chain(an_authority(), 4)
    arrived = [chain[at] for at in order]
    add_each(*arrived)
    assert found(activity=THING, ascending="true") == [entry.sid for entry in arrived]


@pytest.mark.parametrize("order", ORDERS)
def test_a_chain_in_one_batch_matches_whole(app: Flask, order: Sequence[int]) -> None:
    chain = a_chain(an_authority(), 4)
    arrived = [chain[at] for at in order]
    add(*arrived)
    assert found(activity=THING, ascending="true") == [entry.sid for entry in arrived]


def test_filters_must_hold_for_one_statement_of_the_chain(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority, email="ann@example.org", verb=ATTENDED)
    referrer = a_reference(authority, target.sid, actor={"mbox": "mailto:bo@example.org"})
    add_each(target, referrer)
    ann, bo = '{"mbox":"mailto:ann@example.org"}', '{"mbox":"mailto:bo@example.org"}'
    assert found(agent=ann, verb=ATTENDED) == [referrer.sid, target.sid]
    assert found(agent=bo, verb=ANSWERED) == [referrer.sid]
    assert found(agent=bo, verb=ATTENDED) == []


def test_filters_must_hold_for_one_statement_of_a_late_chain(app: Flask) -> None:
    authority = an_authority()
    bottom = an_entry(authority, email="ann@example.org", verb=ATTENDED)
    middle = a_reference(authority, bottom.sid, actor={"mbox": "mailto:bo@example.org"})
    top = a_reference(authority, middle.sid, actor={"mbox": "mailto:cy@example.org"})
    add_each(top, bottom, middle)
    ann, bo = '{"mbox":"mailto:ann@example.org"}', '{"mbox":"mailto:bo@example.org"}'
    assert set(found(agent=ann, verb=ATTENDED)) == {top.sid, middle.sid, bottom.sid}
    assert set(found(agent=bo, verb=ANSWERED)) == {top.sid, middle.sid}
    assert found(agent=bo, verb=ATTENDED) == []


def test_the_referrer_of_a_voided_statement_is_still_found(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority, thing=THING)
    referrer = a_reference(authority, target.sid)
    void = a_void(authority, target.sid)
    add_each(target, referrer, void)
    assert found(activity=THING) == [void.sid, referrer.sid]


def test_the_referrer_of_a_statement_voided_before_it_came_is_still_found(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority, thing=THING)
    referrer = a_reference(authority, target.sid)
    void = a_void(authority, target.sid)
    add_each(void, referrer, target)
    assert found(activity=THING) == [referrer.sid, void.sid]


def test_time_counts_for_the_referrer_not_for_its_target(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority, thing=THING)
    referrer = a_reference(authority, target.sid)
    stored = add(target).new[0]["stored"]
    add(referrer)
    assert found(activity=THING, since=stored) == [referrer.sid]
    assert found(activity=THING, until=stored) == [target.sid]


def test_a_circle_of_references_ends(app: Flask) -> None:
    authority = an_authority()
    one, other = uuid.uuid4(), uuid.uuid4()
    ann = {"mbox": "mailto:ann@example.org"}
    add_each(
        a_reference(authority, other, id=str(one), actor=ann),
        a_reference(authority, one, id=str(other)),
    )
    assert set(found(agent='{"mbox":"mailto:ann@example.org"}')) == {one, other}
    assert set(found(verb=ANSWERED)) == {one, other}


def test_a_longer_circle_with_a_tail_ends(app: Flask) -> None:
    authority = an_authority()
    sids = [uuid.uuid4() for _ in range(3)]
    ann = {"mbox": "mailto:ann@example.org"}
    ring = [
        a_reference(authority, sids[(at + 1) % 3], id=str(sid), actor=ann)
        for at, sid in enumerate(sids)
    ]
    tail = a_reference(authority, sids[0])
    add_each(ring[0], tail, ring[1], ring[2])
    assert set(found(agent='{"mbox":"mailto:ann@example.org"}')) == {*sids, tail.sid}


def test_a_statement_about_itself_is_stored_and_found_once(app: Flask) -> None:
    sid = uuid.uuid4()
    add(a_reference(an_authority(), sid, id=str(sid)))
    assert found(verb=ANSWERED) == [sid]


@pytest.mark.parametrize(
    "turned",
    [
        pytest.param(False, id="referrers first"),
        pytest.param(True, id="target first"),
    ],
)
def test_a_chain_matches_down_to_255_steps(app: Flask, turned: bool) -> None:
    chain = a_chain(an_authority(), 300)
    add(*(reversed(chain) if turned else chain))
    assert set(found_by_pages(activity=THING)) == {entry.sid for entry in chain[-256:]}


def test_a_late_link_joins_two_chains_down_to_255_steps(app: Flask) -> None:
    chain = a_chain(an_authority(), 300)
    late = chain.pop(150)
    add(*chain)
    add(late)
    assert set(found_by_pages(activity=THING)) == {
        *(entry.sid for entry in chain[-255:]),
        late.sid,
    }


def crowd(authority: Authority, size: int) -> Entry:
    """A statement that comes after many that refer to it, every hundredth through another."""
    target = an_entry(authority, thing=THING)
    direct = [a_reference(authority, target.sid) for _ in range(size)]
    add(*direct, *(a_reference(authority, entry.sid) for entry in direct[::100]))
    add(target)
    return target


def test_a_thousand_referrers_are_found_as_soon_as_their_target_is_there(app: Flask) -> None:
    crowd(an_authority(), 990)
    assert len(found_by_pages(activity=THING)) == 1001
    assert reader().consistent_through() >= reader().last()


def test_more_referrers_are_filed_later_and_the_answer_says_so(app: Flask) -> None:
    target = crowd(an_authority(), 2500)
    stored = reader().get(target.sid, EVERYTHING)
    assert found_by_pages(activity=THING) == [target.sid]
    assert stored is not None
    assert reader().consistent_through() == stored.seq - 1


def test_what_was_left_for_later_is_filed_stretch_by_stretch(app: Flask) -> None:
    crowd(an_authority(), 2500)
    stretches = list(iter(store().file_late_references, 0))
    assert len(stretches) == 4
    assert len(found_by_pages(activity=THING)) == 2526
    assert reader().consistent_through() >= reader().last()


def test_what_comes_while_something_is_left_for_later_is_found_at_once(app: Flask) -> None:
    authority = an_authority()
    target = crowd(authority, 1500)
    newer = a_reference(authority, target.sid)
    add(newer)
    assert newer.sid in found_by_pages(activity=THING)
    assert len(list(iter(store().file_late_references, 0))) == 3
    assert len(found_by_pages(activity=THING)) == 1500 + 15 + 2


def wide(authority: Authority, size: int, **given: Any) -> Entry:
    """A statement that is about many things."""
    others = [{"id": f"https://events.example.org/{at}"} for at in range(size)]
    return an_entry(authority, context={"contextActivities": {"other": others}}, **given)


def test_a_statement_hands_on_thirty_two_terms_at_most(app: Flask) -> None:
    authority = an_authority()
    target = wide(authority, 60)
    add_each(target, a_reference(authority, target.sid))
    asked = [
        found(activity=f"https://events.example.org/{at}", related_activities="true")
        for at in range(60)
    ]
    through = sum(len(ids) == 2 for ids in asked)
    assert [target.sid in ids for ids in asked] == [True] * 60
    assert 0 < through <= 32


def test_a_batch_that_would_fill_the_index_is_refused_whole(app: Flask) -> None:
    authority = an_authority()
    with pytest.raises(TooMuch):
        add(*(wide(authority, 3000) for _ in range(101)))
    assert reader().count() == 0


def test_the_statement_in_a_context_is_no_reference(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority, thing=THING)
    ref = {"objectType": "StatementRef", "id": str(target.sid)}
    add_each(target, an_entry(authority, context={"statement": ref}))
    assert found(activity=THING) == [target.sid]
