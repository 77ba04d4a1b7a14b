"""Working out what a run changes: which items it speaks of, which facts stand, what is stored.

A planner only reads. What it would store is in its `entries` and `writes`; a preview shows them
and a run records them, so both are the same code.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.activity import Facts, agent_of, essence, facts_of, same_essence, statement_of
from engine.api import Activity, Actor, Failed, Gone, ItemRef, Skipped
from engine.lrs.store import Authority, Entry
from engine.moments import from_us, to_us
from engine.pipeline import entry_of
from engine.sources.items import ItemState, Word, load_items, load_keys, load_keys_of
from xapi import actors, statements
from xapi.errors import StatementRefused

Said = Activity | Gone | Skipped | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where the rows of one thing said ended, and why if they need a hand."""

    outcome: str
    places: tuple[int | str, ...]
    why: str = ""
    mend: str = ""
    awaits: str | None = None
    state: ItemState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """In whose name a planner speaks: the run, its order among runs, and its delivery."""

    run_id: int
    generation: int
    arrived_at: int
    delivery_id: int
    system: uuid.UUID
    origin_id: int
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class Planner:
    """Takes what a source says, in order, and keeps what has to be stored for it.

    :param authorities: what each origin signs as.
    :param withheld: the identifiers among `keys` whose people did not allow this source.
    """

    voice: Voice
    authorities: dict[int, Authority]
    now: int
    blocked: frozenset[str] = frozenset()
    states: dict[uuid.UUID, ItemState] = field(default_factory=dict)
    keys: dict[str, uuid.UUID] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    merges: list[tuple[uuid.UUID, uuid.UUID, list[str]]] = field(default_factory=list)
    fresh_keys: set[str] = field(default_factory=set)

    def look_up(self, said: Sequence[Said]) -> None:
        """Load every item the batch may speak of, in a few queries."""
        wanted = {key for one in said for key in _keys_in(one)} - self.keys.keys()
        found = load_keys(self.voice.system, wanted)
        self.keys.update(found)
        self.load(set(found.values()))

    def load(self, ids: Iterable[uuid.UUID]) -> None:
        """Load items by id, unless they are being worked on."""
        missing = set(ids) - self.states.keys()
        self.states.update(load_items(missing))

    def take(self, said: Said) -> Outcome:
        """Work out the outcome of one thing the source said."""
        match said:
            case Skipped():
                return Outcome(outcome="skipped", places=(said.row,), why=said.why)
            case Failed():
                return Outcome(
                    outcome="failed", places=(said.row,), why=said.why, mend=said.mend
                )
            case Gone():
                return self._gone(said)
            case Activity():
                return self._activity(said)

    def _gone(self, gone: Gone) -> Outcome:
        state = self._state(gone.key)
        if state is None:
            why = "It was deleted at the source, and nothing here speaks of it."
            return Outcome(outcome="skipped", places=gone.rows, why=why)
        return self._say(state, None, gone.rows, gone.reported_at)

    def _activity(self, activity: Activity) -> Outcome:
        agent, waits = self._agent(activity)
        if waits:
            return _waiting(activity, waits)
        if agent is None:
            return _unmatched(activity)
        if actors.key(agent) in self.blocked:
            return Outcome(outcome="withheld", places=activity.rows, why=WITHHELD)
        target = None
        if activity.object is not None:
            target = self._state(activity.object.key)
            if target is None:
                return _waiting(activity, activity.object.key)
        return self._record(activity, agent, target)

    def _record(
        self, activity: Activity, agent: dict[str, Any], target: ItemState | None
    ) -> Outcome:
        found = self._found(activity.keys)
        voice, key = self.voice, activity.keys[0]
        state = found[0] if found else ItemState.fresh(voice.system, voice.origin_id, key, agent)
        facts = facts_of(
            activity,
            agent=agent,
            item=state.id,
            target=target.id if target else None,
            tags=voice.tags,
        )
        try:
            self._check(facts, target)
        except (StatementRefused, ValueError) as refusal:
            return _refused(activity, refusal)
        for other in found[1:]:
            self._merge(state, other)
        self._own_keys(state, activity.keys)
        return self._say(state, facts, activity.rows, activity.reported_at)

    def _agent(self, activity: Activity) -> tuple[dict[str, Any] | None, str | None]:
        """Who did it, and the key that is missing when it depends on another item."""
        if isinstance(activity.actor, Actor):
            return agent_of(activity.actor), None
        state = self._state(activity.actor.key)
        return (state.agent, None) if state else (None, activity.actor.key)

    def _state(self, key: str) -> ItemState | None:
        return self.states[self.keys[key]] if key in self.keys else None

    def _found(self, keys: Sequence[str]) -> list[ItemState]:
        """The items these keys name, the oldest first; several turn out to be one."""
        ids = dict.fromkeys(self.keys[key] for key in keys if key in self.keys)
        return sorted((self.states[one] for one in ids), key=lambda s: (s.created_at, s.id))

    def _own_keys(self, state: ItemState, keys: Sequence[str]) -> None:
        """From now on every one of these keys finds this item."""
        self.states[state.id] = state
        if state.created_at == 0:
            state.created_at = self.now
        for key in keys:
            if key not in self.keys:
                self.fresh_keys.add(key)
            self.keys[key] = state.id

    def _merge(self, kept: ItemState, other: ItemState) -> None:
        """Two items turned out to be one: the younger is voided and its keys lead to the older."""
        keys = sorted(load_keys_of(other.id) | {k for k, i in self.keys.items() if i == other.id})
        self.merges.append((kept.id, other.id, keys))
        self.keys.update(dict.fromkeys(keys, kept.id))
        other.merged = True
        self.settle(other)

    def _say(
        self, state: ItemState, facts: Facts | None, places: tuple[int | str, ...], reported: Any
    ) -> Outcome:
        """Put this run's word on an item beside the others', and see whether it changes it."""
        stood, essence_before = state.sid is not None, state.essence
        told = state.words.get(self.voice.run_id)
        word = Word(
            generation=self.voice.generation,
            reported_at=to_us(reported) if reported else self.voice.arrived_at,
            run_id=self.voice.run_id,
            facts=facts,
            places=places,
            delivery_id=self.voice.delivery_id,
            outcome="known",
        )
        state.words[self.voice.run_id] = word
        self.settle(state)
        if state.essence == essence_before:
            outcome = told.outcome if told else "known"
        else:
            outcome = "corrected" if stood or facts is None else "new"
        state.words[self.voice.run_id] = word.ended(told.outcome if told else outcome)
        state.touched = True
        return Outcome(outcome=outcome, places=places, state=state)

    def settle(self, state: ItemState) -> None:
        """Make the standing statement say the standing facts: void it, store a revision, or both."""
        facts, corrected = state.standing()
        wanted = essence(facts) if facts else None
        if same_essence(wanted, state.essence):
            return
        state.touched = True
        authority = self.authorities[state.origin_id]
        if state.sid is not None:
            self._void(state, authority)
        if facts is not None:
            self._revise(state, facts, corrected, authority)
        state.essence = wanted

    def _void(self, state: ItemState, authority: Authority) -> None:
        sid = uuid.uuid5(state.system, f"{state.key}|voided|{state.revision}")
        statement = statements.voiding(
            sid=sid, target=state.last_sid, actor=authority.agent, at=from_us(self.now)
        )
        self.entries.append(entry_of(statement, authority=authority, audience=state.audience))
        state.sid = None

    def _revise(
        self, state: ItemState, facts: Facts, corrected: bool, authority: Authority
    ) -> None:
        former = state.last_sid if state.revision else None
        state.revision += 1
        sid = uuid.uuid5(state.system, f"{state.key}|{facts['verb']}|{state.revision}")
        statement = statement_of(
            facts,
            sid=sid,
            target=self._target(facts),
            replaces=former,
            corrected=corrected,
        )
        self.entries.append(entry_of(statement, authority=authority, audience=state.audience))
        state.sid = state.last_sid = sid
        state.root = state.root if former else sid
        state.agent = facts["actor"]

    def _target(self, facts: Facts) -> uuid.UUID | None:
        item = facts["object"].get("item")
        if item is None:
            return None
        self.load([uuid.UUID(item)])
        return self.states[uuid.UUID(item)].last_sid

    def _check(self, facts: Facts, target: ItemState | None) -> None:
        """Refuse facts no statement can be made of, before anything of the item changes."""
        sid = uuid.uuid5(self.voice.system, "check")
        statement = statement_of(
            facts, sid=sid, target=target.last_sid if target else None, replaces=None
        )
        entry_of(statement, authority=self.authorities[self.voice.origin_id])


WITHHELD = "This person has not allowed this source. Nothing about her is kept."


def _keys_in(said: Said) -> set[str]:
    match said:
        case Gone():
            return {said.key}
        case Activity():
            refs = (said.actor, said.object)
            return {*said.keys, *(ref.key for ref in refs if isinstance(ref, ItemRef))}
        case _:
            return set()


def _unmatched(activity: Activity) -> Outcome:
    name = activity.actor.name if isinstance(activity.actor, Actor) else None
    called = f'"{name}" gave' if name else "Somebody gave"
    return Outcome(
        outcome="unmatched",
        places=activity.rows,
        why=f"{called} no address and no account. Nobody is matched by name.",
        mend="Link the row to a person you know, or let her claim it.",
    )


def _waiting(activity: Activity, key: str) -> Outcome:
    return Outcome(
        outcome="unmatched",
        places=activity.rows,
        why=f"It is about {key}, which has not come yet.",
        mend="Nothing to do: it is read again when that arrives.",
        awaits=key,
    )


def _refused(activity: Activity, refusal: Exception) -> Outcome:
    mend = refusal.fix if isinstance(refusal, StatementRefused) else "Correct it at the source."
    why = refusal.rule if isinstance(refusal, StatementRefused) else str(refusal)
    return Outcome(outcome="failed", places=activity.rows, why=why, mend=mend)


