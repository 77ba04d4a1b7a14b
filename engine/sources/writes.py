"""The rows that must be stored together with a plan's statements, or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, delete, insert, update

from engine.lrs.store import Write
from engine.sources.items import ItemState, Word
from engine.sources.models import Item, ItemKey, ItemMerge, Run, RunItem, RunProblem, Waiting
from engine.sources.planner import Outcome, Planner


def of_plan(planner: Planner, outcomes: Sequence[Outcome]) -> list[Write]:
    """Everything a batch changes beside the statements."""
    touched = [state for state in planner.states.values() if state.touched]
    run_id = planner.voice.run_id
    words = [(state.id, state.words[run_id]) for state in touched if run_id in state.words]
    return [
        *_items(touched),
        *_keys(planner),
        *_words(run_id, words),
        *_merges(planner),
        *_waiting(planner, outcomes),
        *_problems(run_id, outcomes),
    ]


def of_states(states: Iterable[ItemState]) -> list[Write]:
    """The items that changed, when no run says anything new of them."""
    return list(_items([state for state in states if state.touched]))


def of_run(run_id: int, **values: Any) -> Write:
    """A change of the run itself."""
    return Write(statement=update(_table(Run)).where(_table(Run).c.id == run_id).values(**values))


def _items(touched: Sequence[ItemState]) -> Iterable[Write]:
    table = _table(Item)
    fresh = [_values(state) for state in touched if state.loaded_revision is None]
    if fresh:
        yield Write(statement=insert(table), values=fresh)
    changed = [
        {"b_id": state.id, "b_revision": state.loaded_revision, **_values(state)}
        for state in touched
        if state.loaded_revision is not None
    ]
    if changed:
        mine = and_(table.c.id == bindparam("b_id"), table.c.revision == bindparam("b_revision"))
        columns = {name: bindparam(name) for name in changed[0] if not name.startswith("b_")}
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
        "sid": state.sid,
        "last_sid": state.last_sid,
        "root": state.root,
        "essence": state.essence,
        "agent": state.agent,
        "audience": state.audience,
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
    for _kept, _other, keys in planner.merges:
        for key in set(keys) - planner.fresh_keys:
            mine = and_(table.c.system == planner.voice.system, table.c.key == key)
            yield Write(statement=update(table).where(mine).values(item_id=planner.keys[key]))


def _words(run_id: int, words: Sequence[tuple[uuid.UUID, Word]]) -> Iterable[Write]:
    """The run's word on each item, in place of what an interrupted attempt said before."""
    if not words:
        return
    table = _table(RunItem)
    mine = and_(table.c.run_id == run_id, table.c.item_id == bindparam("b_item"))
    yield Write(statement=delete(table).where(mine), values=[{"b_item": item} for item, _ in words])
    yield Write(
        statement=insert(table),
        values=[
            {
                "run_id": run_id,
                "item_id": item,
                "generation": word.generation,
                "reported_at": word.reported_at,
                "outcome": word.outcome,
                "delivery_id": word.delivery_id,
                "places": list(word.places),
                "facts": word.facts,
            }
            for item, word in words
        ],
    )


def _merges(planner: Planner) -> Iterable[Write]:
    rows = [
        {"run_id": planner.voice.run_id, "other_id": other, "kept_id": kept, "keys": keys}
        for kept, other, keys in planner.merges
    ]
    if rows:
        yield Write(statement=insert(_table(ItemMerge)), values=rows)


def _waiting(planner: Planner, outcomes: Sequence[Outcome]) -> Iterable[Write]:
    table, voice = _table(Waiting), planner.voice
    for key in sorted({outcome.awaits for outcome in outcomes if outcome.awaits}):
        row = {"system": voice.system, "key": key, "delivery_id": voice.delivery_id}
        mine = and_(*(table.c[name] == value for name, value in row.items()))
        yield Write(statement=delete(table).where(mine))
        yield Write(statement=insert(table).values(**row))


def _problems(run_id: int, outcomes: Sequence[Outcome]) -> Iterable[Write]:
    rows = [
        {
            "run_id": run_id,
            "outcome": outcome.outcome,
            "place": place_words(outcome.places),
            "why": outcome.why,
            "mend": outcome.mend,
        }
        for outcome in outcomes
        if outcome.why
    ]
    if rows:
        yield Write(statement=insert(_table(RunProblem)), values=rows)


def place_words(places: Sequence[int | str]) -> str:
    """Rows as a person reads them: "row 14", "rows 71, 72", "posts[3]"."""
    numbers = [str(place) for place in places if isinstance(place, int)]
    named = [place for place in places if isinstance(place, str)]
    rows = [f"row{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"] if numbers else []
    return ", ".join([*rows, *named])


def _table(model: Any) -> Table:
    return cast(Table, model.__table__)
