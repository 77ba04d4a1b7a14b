"""Working out what a run changes: which items it speaks of, which facts stand, what is stored.

A planner only reads. What it would store is in its `entries` and its states; a preview shows them
and a run records them, so both are the same code.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.activity import Facts, agent_of, essence, facts_of, same_essence, statement_of
from engine.api import Activity, Actor, Failed, Gone, ItemRef, Skipped
from engine.lrs.store import Authority, Entry
from engine.moments import from_us
from engine.pipeline import entry_of
from engine.sources.arranging import Said, order_of
from engine.sources.items import (
    ItemState,
    Word,
    join,
    load_items,
    load_keys,
    load_names,
    load_parts,
)
from xapi import actors, statements
from xapi.errors import StatementRefused

RECORDED = ("new", "corrected", "known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where the rows of one thing said ended, and why if they need a hand.

    `together` is whoever did it, if it is recorded and came with both an account and an address.
    """

    outcome: str
    places: tuple[int | str, ...]
    why: str = ""
    mend: str = ""
    awaits: str | None = None
    state: ItemState | None = None
    together: Actor | None = None

    def counts(self) -> Counter[str]:
        """Every row once: the first of a recorded thing under its outcome, the others merged."""
        if self.outcome not in RECORDED:
            return Counter({self.outcome: len(self.places)})
        more = len(self.places) - 1
        return Counter({self.outcome: 1, "merged": more} if more else {self.outcome: 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A statement that was checked before anything changed: what it says, and in place of what."""

    facts: Facts
    sid: uuid.UUID
    former: uuid.UUID | None
    entry: Entry


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
    :param blocked: the identifiers of people who did not allow this source.
    """

    voice: Voice
    authorities: dict[int, Authority]
    now: int
    blocked: frozenset[str] = frozenset()
    states: dict[uuid.UUID, ItemState] = field(default_factory=dict)
    keys: dict[str, uuid.UUID] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    merges: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)
    fresh_keys: set[str] = field(default_factory=set)
    changed: set[uuid.UUID] = field(default_factory=set)
    _draft: _Draft | None = None

    def look_up(self, said: Sequence[Said]) -> None:
        """Load every item the batch may speak of, in a few queries."""
        wanted = {key for one in said for key in _keys_in(one) if key not in self.keys}
        found = load_keys(self.voice.system, wanted)
        self.keys.update(found)
        self.load(found.values())

    def load(self, ids: Iterable[uuid.UUID]) -> None:
        """Load items by id, unless they are being worked on."""
        missing = {one for one in ids if one not in self.states}
        for item, state in (load_items(missing) if missing else {}).items():
            self.states.setdefault(item, state)
            self._load_topic(state)

    def _load_topic(self, state: ItemState) -> None:
        """Load what an item is part of, since it shares its tags."""
        key = state.within
        if key is not None and key not in self.keys:
            found = load_keys(state.system, [key])
            self.keys.update(found)
            self.load(found.values())

    def state_of(self, key: str) -> ItemState | None:
        """The item a key names."""
        return self.states[self.keys[key]] if key in self.keys else None

    def take(self, said: Said) -> Outcome:
        """Work out the outcome of one thing the source said."""
        match said:
            case Skipped():
                return Outcome(outcome="skipped", places=(said.row,), why=said.why)
            case Failed():
                return Outcome(outcome="failed", places=(said.row,), why=said.why, mend=said.mend)
            case Gone():
                return self._gone(said)
            case Activity():
                return self._activity(said)

    def _gone(self, gone: Gone) -> Outcome:
        state = self.state_of(gone.key)
        if state is None:
            why = "It was deleted at the source, and nothing here speaks of it."
            return Outcome(outcome="skipped", places=gone.rows, why=why)
        return self._say(state, None, gone)

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
            target = self.state_of(activity.object.key)
            if target is None:
                return _waiting(activity, activity.object.key)
        return self._record(activity, agent, target)

    def _agent(self, activity: Activity) -> tuple[dict[str, Any] | None, str | None]:
        """Who did it, and the key that is missing when it depends on another item."""
        if isinstance(activity.actor, Actor):
            return agent_of(activity.actor), None
        state = self.state_of(activity.actor.key)
        return (state.speaker.agent, None) if state else (None, activity.actor.key)

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
            self._check(state, facts)
        except (StatementRefused, ValueError) as refusal:
            return _refused(activity, refusal)
        self._own_keys(state, activity.keys)
        for other in found[1:]:
            self._merge(state, other)
        outcome, doer = self._say(state, facts, activity), _named_twice(activity)
        return replace(outcome, together=doer) if doer else outcome

    def _found(self, keys: Sequence[str]) -> list[ItemState]:
        """The items these keys name, the oldest first; several turn out to be one."""
        ids = dict.fromkeys(self.keys[key] for key in keys if key in self.keys)
        return sorted((self.states[one] for one in ids), key=lambda s: (s.created_at, s.id))

    def _own_keys(self, state: ItemState, keys: Sequence[str]) -> None:
        """From now on every one of these keys finds an item."""
        self.states[state.id] = state
        state.created_at = state.created_at or self.now
        for key in keys:
            if key not in self.keys:
                self.fresh_keys.add(key)
                self.keys[key] = state.id

    def _merge(self, state: ItemState, other: ItemState) -> None:
        """This run shows that two items are one; it is noted once, also if others said so."""
        kept, gone = sorted(
            (self._root(state), self._root(other)), key=lambda one: (one.created_at, one.id)
        )
        if kept is gone:
            return
        gone.kept_by[self.voice.run_id] = kept.id
        self.merges.append((kept.id, gone.id))
        join({*kept.whole, *gone.whole})

    def _root(self, state: ItemState) -> ItemState:
        """What this run alone takes an item for."""
        while (kept := state.kept_by.get(self.voice.run_id)) is not None:
            state = self.states[kept]
        return state

    def _say(self, state: ItemState, facts: Facts | None, said: Activity | Gone) -> Outcome:
        """Put this run's word on an item beside the others', and see whether it changes it."""
        word = Word(
            item=state.id,
            generation=self.voice.generation,
            reported_at=order_of(said.reported_at, self.voice.arrived_at),
            run_id=self.voice.run_id,
            facts=facts,
            places=said.rows,
            delivery_id=self.voice.delivery_id,
            outcome="known",
        )
        told = state.own.get(word.run_id)
        if told is None or word.order >= told.order:
            state.own[word.run_id] = word
        outcome = self._settled(state, gone=facts is None)
        first = told.outcome if told else outcome
        state.own[word.run_id] = state.own[word.run_id].ended(first)
        state.touched = True
        return Outcome(outcome=outcome, places=said.rows, state=state.speaker)

    def _settled(self, state: ItemState, *, gone: bool) -> str:
        """Settle an item with all that are one with it; what that came to."""
        stood = any(one.sid is not None for one in state.whole)
        before = len(self.entries)
        for one in state.whole:
            self.settle(one)
        if len(self.entries) == before:
            return "known"
        return "corrected" if stood or gone else "new"

    def settle(self, state: ItemState) -> None:
        """Make the standing statement say the standing facts: void it, revise it, or both."""
        facts, teller = state.told()
        facts = self._tagged(facts) if facts else None
        wanted = essence(facts, teller) if facts else None
        if same_essence(wanted, state.essence):
            return
        state.touched = True
        state.within = facts.get("within") if facts else state.within
        self.changed.add(state.id)
        authority = self.authorities[state.origin_id]
        if state.sid is not None:
            self._void(state, authority)
        if facts is not None:
            self._revise(state, facts, teller == "learner", authority)
        state.essence = wanted

    def _tagged(self, facts: Facts) -> Facts:
        """The facts with the tags of what the item is part of."""
        key = facts.get("within")
        topic = self.state_of(key) if key else None
        if topic is None:
            return facts
        return {**facts, "tags": sorted({*facts["tags"], *topic.speaker.known_tags()})}

    def settle_parts(self) -> None:
        """What is part of a changed item shares its tags, and may have to be told anew."""
        changed, self.changed = self.changed, set()
        # A new item has no other names than those it was told by.
        stored = {one for one in changed if self.states[one].loaded is not None}
        names = load_names(stored) | {k for k, item in self.keys.items() if item in changed}
        parts = load_parts(self.voice.system, names) - changed
        self.load(parts)
        for part in sorted(parts):
            self.settle(self.states[part])

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
        draft = self._drafted(state, facts, authority, corrected=corrected)
        self.entries.append(draft.entry)
        state.revision += 1
        state.sid = state.last_sid = draft.sid
        state.root = state.root if draft.former else draft.sid
        state.agent = facts["actor"]

    def _drafted(
        self, state: ItemState, facts: Facts, authority: Authority, *, corrected: bool = False
    ) -> _Draft:
        """An item's next statement; the one that was checked, if it is the same."""
        former = state.last_sid if state.revision else None
        sid = uuid.uuid5(state.system, f"{state.key}|{facts['verb']}|{state.revision + 1}")
        draft = self._draft
        wanted = (facts, sid, former)
        if draft and not corrected and (draft.facts, draft.sid, draft.former) == wanted:
            return draft
        statement = statement_of(
            facts, sid=sid, target=self._target(facts), replaces=former, corrected=corrected
        )
        entry = entry_of(statement, authority=authority, audience=state.audience)
        return _Draft(facts=facts, sid=sid, former=former, entry=entry)

    def _target(self, facts: Facts) -> uuid.UUID | None:
        item = facts["object"].get("item")
        if item is None:
            return None
        self.load([uuid.UUID(item)])
        return self.states[uuid.UUID(item)].speaker.last_sid

    def _check(self, state: ItemState, facts: Facts) -> None:
        """Refuse facts no statement can be made of, before anything of the item changes."""
        self._draft = self._drafted(state, facts, self.authorities[state.origin_id])


NAMELESS = "gave no address and no account. Nobody is matched by name."
WITHHELD = "This person has not allowed this source. Nothing about her is kept."


def _keys_in(said: Said) -> set[str]:
    match said:
        case Gone():
            return {said.key}
        case Activity():
            refs = (said.actor, said.object, said.within)
            return {*said.keys, *(ref.key for ref in refs if isinstance(ref, ItemRef))}
        case _:
            return set()


def _named_twice(activity: Activity) -> Actor | None:
    """Whoever did it, if she came with both an account and an address."""
    actor = activity.actor
    if isinstance(actor, Actor) and actor.email and actor.account:
        return actor
    return None


def _unmatched(activity: Activity) -> Outcome:
    name = activity.actor.name if isinstance(activity.actor, Actor) else None
    return Outcome(
        outcome="unmatched",
        places=activity.rows,
        why=nameless(name),
        mend="Link the row to a person you know, or let her claim it.",
    )


def _waiting(activity: Activity, key: str) -> Outcome:
    return Outcome(
        outcome="unmatched",
        places=activity.rows,
        why=awaiting(key),
        mend="Nothing to do: it is read again when that arrives.",
        awaits=key,
    )


def nameless(name: str | None) -> str:
    """The reason written down for a row that gives a name alone, or not even that."""
    called = f'"{name}"' if name else "Somebody"
    return f"{called} {NAMELESS}"


def awaiting(key: str) -> str:
    """The reason written down for a row that waits for an item."""
    return f"It is about {key}, which has not come yet."


def _refused(activity: Activity, refusal: Exception) -> Outcome:
    mend = refusal.fix if isinstance(refusal, StatementRefused) else "Correct it at the source."
    why = refusal.rule if isinstance(refusal, StatementRefused) else str(refusal)
    return Outcome(outcome="failed", places=activity.rows, why=why, mend=mend)
