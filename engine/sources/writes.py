"""The rows that must be stored together with a plan's statements, or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Insert, Table, and_, bindparam, delete, exists, insert, select, update

from engine.db import db
from engine.errors import Conflict
from engine.lrs.forwards import look_again
from engine.lrs.models import statement as statement_table
from engine.lrs.store import Entry, Write
from engine.moments import now_us
from engine.people.inbox_models import SaidTogether
from engine.people.together import pair_of
from engine.pipeline import record
from engine.sources.items import ItemState, Word
from engine.sources.models import Item, ItemKey, ItemMerge, Run, RunItem, RunProblem, Waiting
from engine.sources.planner import Outcome, Planner, Voice


def stored(entries: Sequence[Entry], rows: Sequence[Write]) -> bool:
    """Store a plan; False when it is outdated, since somebody else changed an item meanwhile.

    Ids of statements follow from the item and its revision, so one that is taken means the same.
    """
    db.session.rollback()  # what was read is released before the store takes its lock
    try:
        record(entries, rows)
    except Conflict:
        return False
    return True


def of_plan(planner: Planner, outcomes: Sequence[Outcome]) -> list[Write]:
    """Everything a batch changes beside the statements."""
    touched = [state for state in planner.states.values() if state.touched]
    run_id = planner.voice.run_id
    words = [(state.own[run_id], state.loaded is None) for state in touched if run_id in state.own]
    return [
        *_items(touched),
        *_keys(planner),
        *_words(run_id, words),
        *_merges(planner),
        *_together(planner.voice, outcomes),
        *_waiting(planner, outcomes),
        *problems(planner.voice, outcomes),
    ]


def of_states(states: Iterable[ItemState]) -> list[Write]:
    """The items that changed, when no run says anything new of them."""
    return list(_items([state for state in states if state.touched]))


def of_run(run_id: int, *, before: int, **values: Any) -> Write:
    """A change of the run itself, if it still stands and has got no further than `before`."""
    table = _table(Run)
    here = (table.c.id == run_id) & (table.c.done == before) & table.c.stands
    return Write(statement=update(table).where(here).values(**values), expects=1)


def of_audience(sid: uuid.UUID, audience: str) -> list[Write]:
    """Who may see a stored statement from now on; other record stores are told if it is new."""
    mine = statement_table.c.sid == sid.bytes
    return [
        Write(statement=look_again(sid, audience, now_us())),
        Write(statement=update(statement_table).where(mine).values(audience=audience)),
    ]


def of_answered(system: uuid.UUID, delivery_id: int, keys: Sequence[str]) -> list[Write]:
    """A delivery waits no longer for these keys."""
    table = _table(Waiting)
    mine = and_(table.c.system == system, table.c.delivery_id == delivery_id)
    return [Write(statement=delete(table).where(mine, table.c.key == key)) for key in keys]


def of_solved(problem_ids: Sequence[int]) -> list[Write]:
    """These rows of a run need no hand any more, or another one."""
    table = _table(RunProblem)
    return [Write(statement=delete(table).where(table.c.id == one)) for one in problem_ids]


def _items(touched: Sequence[ItemState]) -> Iterable[Write]:
    table = _table(Item)
    fresh = [_values(state) for state in touched if state.loaded is None]
    if fresh:
        yield Write(statement=insert(table), values=fresh)
    changed = [
        {"b_id": state.id, "b_version": state.loaded, **_values(state)}
        for state in touched
        if state.loaded is not None
    ]
    if changed:
        mine = and_(table.c.id == bindparam("b_id"), table.c.version == bindparam("b_version"))
        columns: dict[str, Any] = {
            name: bindparam(name) for name in changed[0] if not name.startswith("b_")
        }
        yield Write(
            statement=update(table).where(mine).values(**columns),
            values=changed,
            expects=len(changed),
        )


def _values(state: ItemState) -> dict[str, Any]:
    return {
        "id": state.id,
        "system": state.system,
        "origin_id": state.origin_id,
        "key": state.key,
        "revision": state.revision,
        "version": (state.loaded or 0) + 1,
        "sid": state.sid,
        "last_sid": state.last_sid,
        "root": state.root,
        "essence": state.essence,
        "agent": state.agent,
        "audience": state.audience,
        "within": state.within,
        "original": state.original,
        "correction": state.correction,
        "corrected_at": state.corrected_at,
        "created_at": state.created_at,
    }


def _keys(planner: Planner) -> Iterable[Write]:
    table = _table(ItemKey)
    rows = [
        {"system": planner.voice.system, "key": key, "item_id": planner.keys[key]}
        for key in sorted(planner.fresh_keys)
    ]
    if rows:
        yield Write(statement=insert(table), values=rows)


def _words(run_id: int, words: Sequence[tuple[Word, bool]]) -> Iterable[Write]:
    """The run's word on each item, in place of what it said of it before.

    Of an item that is new, which is said beside each, nothing was said before.
    """
    if not words:
        return
    table = _table(RunItem)
    mine = and_(table.c.run_id == run_id, table.c.item_id == bindparam("b_item"))
    known = [{"b_item": word.item} for word, is_new in words if not is_new]
    if known:
        yield Write(statement=delete(table).where(mine), values=known)
    yield Write(
        statement=insert(table),
        values=[
            {
                "run_id": run_id,
                "item_id": word.item,
                "generation": word.generation,
                "reported_at": word.reported_at,
                "outcome": word.outcome,
                "delivery_id": word.delivery_id,
                "places": list(word.places),
                "facts": word.facts,
            }
            for word, _ in words
        ],
    )


def _merges(planner: Planner) -> Iterable[Write]:
    rows = [
        {"run_id": planner.voice.run_id, "other_id": other, "kept_id": kept}
        for kept, other in planner.merges
    ]
    if rows:
        yield Write(statement=insert(_table(ItemMerge)), values=rows)


def _together(voice: Voice, outcomes: Sequence[Outcome]) -> Iterable[Write]:
    """The accounts and addresses that came together, each pair once however often it is said."""
    given = {(one.email, one.account): one for said in outcomes if (one := said.together)}
    pairs = {pair for actor in given.values() if (pair := pair_of(actor))}
    if pairs:
        whose = {"run_id": voice.run_id, "origin_id": voice.origin_id}
        rows = [{"account": one, "address": other, **whose} for one, other in sorted(pairs)]
        yield Write(statement=_unless_said(_table(SaidTogether)), values=rows)


def _unless_said(table: Table) -> Insert:
    """A row of pairs, unless the run said it before."""
    names = ("account", "address", "run_id", "origin_id")
    values = {name: bindparam(name, type_=table.c[name].type) for name in names}
    same = and_(*(table.c[name] == values[name] for name in names[:3]))
    row = select(*values.values()).where(~exists().where(same))
    return insert(table).from_select(names, row)


def _waiting(planner: Planner, outcomes: Sequence[Outcome]) -> Iterable[Write]:
    table, voice = _table(Waiting), planner.voice
    for key in sorted({outcome.awaits for outcome in outcomes if outcome.awaits}):
        row = {"system": voice.system, "key": key, "delivery_id": voice.delivery_id}
        mine = and_(*(table.c[name] == value for name, value in row.items()))
        yield Write(statement=delete(table).where(mine))
        yield Write(statement=insert(table).values(**row))


def problems(voice: Voice, outcomes: Sequence[Outcome]) -> Iterable[Write]:
    """The rows of a run that need a hand."""
    rows = [
        {
            "run_id": voice.run_id,
            "outcome": outcome.outcome,
            "place": place_words(outcome.places),
            "why": outcome.why,
            "mend": outcome.mend,
            "delivery_id": voice.delivery_id,
            "places": list(outcome.places),
        }
        for outcome in outcomes
        if outcome.why
    ]
    if rows:
        yield Write(statement=insert(_table(RunProblem)), values=rows)


PLACE = 500


def place_words(places: Sequence[int | str]) -> str:
    """Rows as a person reads them: "row 14", "rows 71, 72", "posts[3]"."""
    numbers = [str(place) for place in places if isinstance(place, int)]
    named = [place for place in places if isinstance(place, str)]
    rows = [f"row{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"] if numbers else []
    return ", ".join([*rows, *named])[:PLACE]


def _table(model: Any) -> Table:
    return cast(Table, model.__table__)
