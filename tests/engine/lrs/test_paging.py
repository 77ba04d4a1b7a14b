"""Queries: every filter, time to the microsecond, order, pages, and who may see what."""

from __future__ import annotations

import uuid

import pytest
from factories import ATTENDED, a_statement
from flask import Flask
from lrs_making import (
    ANSWERED,
    a_reference,
    add,
    an_authority,
    an_entry,
    found,
    found_by_pages,
    ids_of,
    page_of,
)

from engine.lrs.reader import MAX_LIMIT, Access
from engine.moments import from_us, iso
from engine.pipeline import entry_of, reader

BO = '{"mbox":"mailto:bo@example.org"}'
INES = {"objectType": "Agent", "mbox": "mailto:ines@example.org"}
INES_ASKED = '{"mbox":"mailto:ines@example.org"}'
SERIES = "https://events.example.org/series"
REGISTRATION = "0f2f7b1e-1f0a-4c1f-9a55-3a4c1d0f5d11"


def seqs() -> list[int]:
    return [entry.seq for entry in reader().log(0, 1000)]


@pytest.mark.parametrize(
    ("members", "filters"),
    [
        pytest.param({}, {"agent": BO}, id="actor"),
        pytest.param({"object": INES}, {"agent": INES_ASKED}, id="agent as object"),
        pytest.param({}, {"verb": ATTENDED}, id="verb"),
        pytest.param({}, {"activity": "https://events.example.org/1"}, id="activity"),
        pytest.param(
            {"context": {"registration": REGISTRATION.upper()}},
            {"registration": REGISTRATION},
            id="registration in either case",
        ),
        pytest.param(
            {"context": {"instructor": INES}},
            {"agent": INES_ASKED, "related_agents": "true"},
            id="instructor as related agent",
        ),
        pytest.param(
            {"context": {"contextActivities": {"parent": [{"id": SERIES}]}}},
            {"activity": SERIES, "related_activities": "true"},
            id="parent as related activity",
        ),
        pytest.param({}, {"agent": BO, "related_agents": "true"}, id="actor as related agent"),
        pytest.param({}, {"agent": BO, "verb": ATTENDED}, id="two filters"),
    ],
)
def test_a_filter_finds_what_matches_and_only_that(
    app: Flask, members: dict[str, object], filters: dict[str, str]
) -> None:
    authority = an_authority()
    wanted = an_entry(authority, **members)
    other = an_entry(authority, "private", email="z@example.org", verb=ANSWERED, thing="urn:z:1")
    add(wanted, other)
    assert found(**filters) == [wanted.sid]


@pytest.mark.parametrize(
    ("members", "filters"),
    [
        pytest.param({"context": {"instructor": INES}}, {"agent": INES_ASKED}, id="instructor"),
        pytest.param(
            {"context": {"contextActivities": {"parent": [{"id": SERIES}]}}},
            {"activity": SERIES},
            id="parent",
        ),
    ],
)
def test_what_is_only_related_needs_the_related_filter(
    app: Flask, members: dict[str, object], filters: dict[str, str]
) -> None:
    add(an_entry(an_authority(), **members))
    assert found(**filters) == []


def test_the_authority_is_a_related_agent(app: Flask) -> None:
    authority = an_authority()
    entry = an_entry(authority)
    add(entry, an_entry(an_authority("other")))
    asked = uuid_free_agent(authority.agent)
    assert found(agent=asked, related_agents="true") == [entry.sid]
    assert found(agent=asked) == []


def test_the_authority_of_a_target_is_related_to_a_later_referrer(app: Flask) -> None:
    authority = an_authority()
    target = an_entry(authority)
    add(target)
    referrer = a_reference(an_authority("other"), target.sid)
    add(referrer)
    asked = uuid_free_agent(authority.agent)
    assert found(agent=asked, related_agents="true") == [referrer.sid, target.sid]


def uuid_free_agent(agent: dict[str, object]) -> str:
    """An agent as a client asks for it."""
    account = agent["account"]
    assert isinstance(account, dict)
    return f'{{"account":{{"homePage":"{account["homePage"]}","name":"{account["name"]}"}}}}'


def test_an_authority_that_was_sent_along_is_not_looked_up(app: Flask) -> None:
    statement = a_statement(authority=INES)
    entry = entry_of(statement, authority=an_authority())
    add(entry)
    assert found(agent=INES_ASKED, related_agents="true") == []


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        pytest.param({}, [4, 3, 2, 1, 0], id="all, newest first"),
        pytest.param({"ascending": "true"}, [0, 1, 2, 3, 4], id="all, oldest first"),
        pytest.param({"since": 1}, [4, 3, 2], id="since is exclusive"),
        pytest.param({"until": 1}, [1, 0], id="until is inclusive"),
        pytest.param({"since": 0, "until": 2}, [2, 1], id="between"),
        pytest.param({"since": 3, "until": 1}, [], id="the wrong way round"),
        pytest.param({"limit": "2"}, [4, 3], id="limit"),
        pytest.param({"limit": "0"}, [4, 3, 2, 1, 0], id="no limit of the client's"),
        pytest.param({"limit": "2", "ascending": "true", "since": 0}, [1, 2], id="together"),
    ],
)
@pytest.mark.parametrize(
    "narrow", [pytest.param({}, id="no filter"), pytest.param({"agent": BO}, id="filter")]
)
def test_time_and_order_to_the_microsecond(
    app: Flask, filters: dict[str, str | int], wanted: list[int], narrow: dict[str, str]
) -> None:
    authority = an_authority()
    entries = [an_entry(authority) for _ in range(5)]
    add(*entries)
    at = seqs()
    asked = {
        name: iso(at[value]) if isinstance(value, int) else value for name, value in filters.items()
    }
    assert found(**asked, **narrow) == [entries[one].sid for one in wanted]


@pytest.mark.parametrize(
    "filters",
    [
        pytest.param({"since": "9999-12-31T23:59:59Z"}, id="since the end of time"),
        pytest.param({"until": "0001-01-01T00:00:00Z"}, id="until its beginning"),
        pytest.param({"since": "9999-12-31T23:59:59Z", "agent": BO}, id="since, with a filter"),
        pytest.param({"until": "0001-01-01T00:00:00Z", "agent": BO}, id="until, with a filter"),
    ],
)
def test_times_out_of_all_reach_find_nothing(app: Flask, filters: dict[str, str]) -> None:
    add(an_entry(an_authority()))
    assert found(**filters) == []


@pytest.mark.parametrize(
    "filters",
    [
        pytest.param({"until": "9999-12-31T23:59:59Z"}, id="until the end of time"),
        pytest.param({"since": "0001-01-01T00:00:00Z"}, id="since its beginning"),
        pytest.param({"until": "9999-12-31T23:59:59Z", "agent": BO}, id="until, with a filter"),
        pytest.param({"since": "0001-01-01T00:00:00Z", "agent": BO}, id="since, with a filter"),
    ],
)
def test_times_that_take_in_everything_find_everything(app: Flask, filters: dict[str, str]) -> None:
    entry = an_entry(an_authority())
    add(entry)
    assert found(**filters) == [entry.sid]


def test_a_time_with_another_zone_is_the_same_instant(app: Flask) -> None:
    add(an_entry(an_authority()))
    moment = from_us(seqs()[0])
    shifted = moment.replace(tzinfo=None).isoformat() + "+00:00"
    assert found(since=shifted) == []


@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize(
    "filters",
    [
        pytest.param({}, id="no filter"),
        pytest.param({"agent": BO}, id="agent"),
        pytest.param({"agent": BO, "related_agents": "true"}, id="related agents"),
        pytest.param({"agent": BO, "verb": ATTENDED}, id="two"),
    ],
)
def test_pages_join_without_gap_or_repetition(
    app: Flask, filters: dict[str, str], ascending: str
) -> None:
    authority = an_authority()
    entries = [an_entry(authority) for _ in range(11)]
    add(*entries)
    ids = [entry.sid for entry in entries]
    wanted = ids if ascending == "true" else ids[::-1]
    assert found_by_pages(limit="3", ascending=ascending, **filters) == wanted


@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("related", ["true", "false"])
def test_a_statement_that_matches_at_several_hops_stands_once(
    app: Flask, ascending: str, related: str
) -> None:
    authority = an_authority()
    first = an_entry(authority)
    entries = [first]
    bo = {"mbox": "mailto:bo@example.org"}
    for _ in range(9):
        entries.append(
            a_reference(authority, entries[-1].sid, actor=bo, context={"instructor": bo})
        )
    add(*entries)
    ids = [entry.sid for entry in entries]
    wanted = ids if ascending == "true" else ids[::-1]
    asked = {"agent": BO, "related_agents": related, "ascending": ascending}
    assert found_by_pages(limit="2", **asked) == wanted


def test_the_last_page_says_so(app: Flask) -> None:
    authority = an_authority()
    add(*(an_entry(authority) for _ in range(4)))
    assert page_of(limit="4").position is None
    assert page_of(limit="3").position is not None


def test_a_page_never_holds_more_than_the_servers_limit(app: Flask) -> None:
    authority = an_authority()
    add(*(an_entry(authority) for _ in range(MAX_LIMIT + 1)))
    assert len(ids_of(page_of(limit="0"))) == MAX_LIMIT
    assert len(ids_of(page_of(limit=str(MAX_LIMIT * 4)))) == MAX_LIMIT


@pytest.mark.parametrize(
    ("access", "wanted"),
    [
        pytest.param(Access(everything=True), {"own", "foreign", "public", "policy"}, id="all"),
        pytest.param(Access(origin=0), {"own"}, id="mine"),
        pytest.param(Access(origin=0, audiences=("public",)), {"own", "public"}, id="public"),
        pytest.param(
            Access(origin=0, audiences=("public", "community:policy")),
            {"own", "public", "policy"},
            id="shared",
        ),
        pytest.param(Access(), set(), id="nothing"),
    ],
)
@pytest.mark.parametrize(
    "filters",
    [
        pytest.param({}, id="no filter"),
        pytest.param({"verb": ATTENDED}, id="filter"),
        pytest.param({"verb": ATTENDED, "agent": BO}, id="two filters"),
    ],
)
def test_access_is_decided_by_origin_and_audience(
    app: Flask, access: Access, wanted: set[str], filters: dict[str, str]
) -> None:
    mine, theirs = an_authority("mine"), an_authority("theirs")
    entries = {
        "own": an_entry(mine),
        "foreign": an_entry(theirs),
        "public": an_entry(theirs, "public"),
        "policy": an_entry(theirs, "community:policy"),
    }
    add(*entries.values())
    seen = Access(
        everything=access.everything,
        origin=mine.origin if access.origin is not None else None,
        audiences=access.audiences,
    )
    assert set(found(seen, **filters)) == {entries[name].sid for name in wanted}


def test_a_statement_one_may_not_see_is_not_found_by_id(app: Flask) -> None:
    entry = an_entry(an_authority())
    add(entry)
    assert reader().get(entry.sid, Access(origin=10_000)) is None


def test_unknown_ids_are_left_out(app: Flask) -> None:
    entry = an_entry(an_authority())
    add(entry)
    assert list(reader().many([entry.sid, uuid.uuid4()])) == [entry.sid]


def test_an_empty_store_is_at_position_zero(app: Flask) -> None:
    assert reader().last() == 0
    assert reader().log(0, 10) == []
    assert found() == []
    assert found(verb=ATTENDED) == []
