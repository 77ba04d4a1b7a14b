"""Disputes: a learner says that one item, or one level, is wrong; the L&D team answers.

Opening one grants the team the sight of that one thing, until it is closed or withdrawn. It is
also a statement of hers (`disagreed`), whose id is the dispute's; withdrawing voids it. Each step
is written down and never changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Insert, Table, func, insert, select, update

from engine import records
from engine.competencies.evidence import OWN_PROFILE
from engine.competencies.exclusions import exclude, excluded_roots
from engine.db import db
from engine.dispute_models import Dispute, DisputeStep
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.lrs.keys import authority_of, own_origin
from engine.lrs.reader import Stored
from engine.lrs.store import Entry, Write
from engine.moments import from_us, now_us
from engine.people import service as people
from engine.people.merged import records_of
from engine.people.service import Who
from engine.pipeline import entry_of, record
from engine.voices import activity_of
from xapi import statements

MOST_OPEN = 10
"""How many disputes of one learner may be open."""
MOST_A_DAY = 20
MOST_STEPS = 50
LONGEST = 2_000
"""How many letters a text has at most."""
PAGE, MOST_LISTED = 50, 200
DAY_US = 86_400 * 1_000_000

TEAM = frozenset({"ld", "operator"})
ITEM, LEVEL = "item", "level"
OPEN = ("open", "answered")
SHOWN = (*OPEN, "accepted", "declined")
"""While a dispute stands like this, the team sees what it is about."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step: from which states, to which, who takes it, and whether it needs words."""

    before: tuple[str, ...]
    after: str
    by_team: bool
    needs_words: bool


MOVES = {
    "answered": Move(OPEN, "answered", by_team=True, needs_words=True),
    "accepted": Move(OPEN, "accepted", by_team=True, needs_words=True),
    "declined": Move(OPEN, "declined", by_team=True, needs_words=True),
    "reopened": Move(("accepted", "declined"), "open", by_team=True, needs_words=False),
    "replied": Move(("answered",), "open", by_team=False, needs_words=True),
    "withdrawn": Move(OPEN, "withdrawn", by_team=False, needs_words=False),
    "closed": Move(
        ("answered", "accepted", "declined"), "closed", by_team=False, needs_words=False
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step as it is told; `by` is a name, `at` in microseconds."""

    act: str
    by: str
    at: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A dispute as it stands; `moves` are the steps that can follow, by whoever takes them."""

    id: str
    person_id: int
    learner: str
    kind: str
    about: str
    text: str
    state: str
    left_out: bool
    opened_at: int
    steps: tuple[Step, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.state in OPEN

    @property
    def is_shown(self) -> bool:
        """Whether the team may still see what it is about."""
        return self.state in SHOWN

    def moves(self, *, by_team: bool) -> dict[str, Move]:
        """What can follow now."""
        return {
            act: move
            for act, move in MOVES.items()
            if self.state in move.before and move.by_team == by_team
        }


# ---- Reading ---------------------------------------------------------------------------------


def of_person(person_id: int, *, kind: str = "", about: Collection[str] = ()) -> list[Told]:
    """A learner's newest disputes, at most MOST_LISTED; on these things only, if any are given."""
    mine = Dispute.person_id.in_(records_of(person_id))
    narrowed = [Dispute.kind == kind] if kind else []
    narrowed += [Dispute.about.in_(sorted(about))] if about else []
    query = select(Dispute).where(mine, *narrowed).order_by(Dispute.opened_at.desc())
    return [_told(one) for one in db.session.scalars(query.limit(MOST_LISTED))]


def open_ones(person_id: int) -> list[Told]:
    """A learner's disputes that wait for somebody, the newest first."""
    mine = Dispute.person_id.in_(records_of(person_id)) & Dispute.state.in_(OPEN)
    query = select(Dispute).where(mine).order_by(Dispute.opened_at.desc())
    return [_told(one) for one in db.session.scalars(query)]


def every(page: int) -> tuple[list[Told], bool]:
    """Everybody's disputes, those that wait first, for the team; and whether there are more."""
    order = (Dispute.state.not_in(OPEN), Dispute.opened_at.desc(), Dispute.id)
    query = select(Dispute).order_by(*order).offset(PAGE * (page - 1)).limit(PAGE + 1)
    found = [_told(one) for one in db.session.scalars(query)]
    return found[:PAGE], len(found) > PAGE


def of_hers(who: Who, dispute_id: uuid.UUID) -> Told:
    """A dispute of this learner, with its steps.

    :raises NotFound: there is none, or it is somebody else's.
    """
    found = _find(dispute_id)
    if found is None or people.get_by_id(found.person_id).id != who.id:
        raise NotFound("There is no such dispute of yours.", "Go back to your disputes.")
    return _told(found, with_steps=True)


def for_team(dispute_id: uuid.UUID) -> Told:
    """A dispute with its steps, for the team.

    :raises NotFound: there is none.
    """
    found = _find(dispute_id)
    if found is None:
        raise NotFound("There is no such dispute.", "Go back to the list.")
    return _told(found, with_steps=True)


def item_of(told: Told) -> Stored | None:
    """The statement that speaks now for a disputed item; None when it was taken back."""
    try:
        return records.own_statement(people.keys_of(told.person_id), uuid.UUID(told.about))
    except (NotFound, Forbidden):
        return None


def _find(dispute_id: uuid.UUID) -> Dispute | None:
    return cast(Dispute | None, db.session.get(Dispute, str(dispute_id)))


def _told(found: Dispute, *, with_steps: bool = False) -> Told:
    learner = people.get_by_id(found.person_id)
    return Told(
        id=found.id,
        person_id=learner.id,
        learner=learner.name,
        kind=found.kind,
        about=found.about,
        text=found.text,
        state=found.state,
        left_out=found.left_out,
        opened_at=found.opened_at,
        steps=_steps(found.id) if with_steps else (),
    )


def _steps(dispute_id: str) -> tuple[Step, ...]:
    query = select(DisputeStep).filter_by(dispute_id=dispute_id).order_by(DisputeStep.id)
    return tuple(
        Step(act=one.act, by=people.get_by_id(one.by_id).name, at=one.at, words=one.words)
        for one in db.session.scalars(query)
    )


# ---- Opening and withdrawing --------------------------------------------------------------------


def open_(who: Who, kind: str, about: str, words: str, sid: uuid.UUID | None = None) -> uuid.UUID:
    """A learner disputes an item or a level: its row, its first step and her statement, or nothing.

    :param about: the item's root, or the competency's id.
    :param sid: the statement that speaks for the item now.
    :raises Refused: the text is missing or too long, or enough of hers are open.
    """
    _check(words, needed=True)
    refusal = hindrance(who, kind, about)
    if refusal is not None:
        raise refusal
    now, dispute_id = now_us(), uuid.uuid4()
    row = {
        "id": str(dispute_id),
        "person_id": who.id,
        "kind": kind,
        "about": about,
        "text": words,
        "state": "open",
        "left_out": False,
        "opened_at": now,
    }
    statement = statements.build(
        sid=dispute_id,
        actor={"objectType": "Agent", "name": who.name, "mbox": f"mailto:{who.email}"},
        verb="disagreed",
        obj=statements.statement_ref(sid) if sid else activity_of(about),
        at=from_us(now),
        result={"response": words},
        context={"contextActivities": {"category": [{"id": OWN_PROFILE}]}},
    )
    rows = [Write(statement=insert(_table(Dispute)).values(**row))]
    _store([statement], [*rows, Write(statement=_step(str(dispute_id), who, "opened", words, now))])
    return dispute_id


def hindrance(who: Who, kind: str, about: str) -> Refused | None:
    """Why she cannot open this one now; None when she can."""
    hers = open_ones(who.id)
    if any((one.kind, one.about) == (kind, about) for one in hers):
        return Conflict("You dispute this already.", "Open it to see what became of it.")
    if len(hers) >= MOST_OPEN:
        return Refused(
            f"{MOST_OPEN} disputes of yours are open.", "Withdraw one, or wait for an answer."
        )
    mine = Dispute.person_id.in_(records_of(who.id)) & (Dispute.opened_at > now_us() - DAY_US)
    query = select(func.count()).select_from(Dispute).where(mine)
    if (db.session.scalar(query) or 0) >= MOST_A_DAY:
        return Refused(f"You opened {MOST_A_DAY} disputes in a day.", "Go on tomorrow.")
    return None


def withdraw(who: Who, dispute_id: uuid.UUID) -> None:
    """A learner takes an open dispute back; her statement is voided.

    :raises Conflict: it was decided in between.
    """
    _require(of_hers(who, dispute_id), "withdrawn")
    now = now_us()
    authority = authority_of(own_origin())
    voiding = statements.voiding(
        sid=uuid.uuid4(), target=dispute_id, actor=authority.agent, at=from_us(now)
    )
    table = _table(Dispute)
    here = (table.c.id == str(dispute_id)) & table.c.state.in_(OPEN)
    change = update(table).where(here).values(state="withdrawn")
    rows = [Write(statement=change, expects=1)]
    _store([voiding], [*rows, Write(statement=_step(str(dispute_id), who, "withdrawn", "", now))])


def _store(told: Sequence[dict[str, Any]], rows: Sequence[Write]) -> None:
    authority = authority_of(own_origin())
    entries: list[Entry] = [entry_of(one, authority=authority) for one in told]
    db.session.rollback()  # what was read is released before the store takes its lock
    record(entries, rows)


def _step(dispute_id: str, who: Who, act: str, words: str, at: int) -> Insert:
    given = {"dispute_id": dispute_id, "by_id": who.id, "act": act, "words": words, "at": at}
    return insert(_table(DisputeStep)).values(**given)


# ---- What follows ------------------------------------------------------------------------------


def follow(who: Who, dispute_id: uuid.UUID, act: str, words: str) -> None:
    """Take a step of MOVES other than withdrawing, inside a transaction.

    Accepting a dispute on an item leaves the item out of her levels; reopening takes it in again.

    :raises Forbidden: it is not for this person to do.
    :raises Conflict: it does not fit the state by now.
    """
    move = MOVES.get(act)
    if move is None or act == "withdrawn":
        raise NotFound("There is no such step.", "Load the page again.")
    told = _for(who, dispute_id, move)
    _require(told, act)
    _check(words, needed=move.needs_words)
    found = db.session.get_one(Dispute, told.id)
    if act == "reopened" and _another_stands(found):
        raise Conflict("The learner has a newer dispute on this.", "Decide on that one.")
    db.session.execute(_step(told.id, who, act, words, now_us()))
    _decide(found, told, act)
    found.state = move.after
    if move.by_team:
        decided = act != "reopened"
        found.resolution = words if decided else None
        found.resolved_by, found.resolved_at = (who.id, now_us()) if decided else (None, None)
    db.session.flush()


def _for(who: Who, dispute_id: uuid.UUID, move: Move) -> Told:
    if not move.by_team:
        return of_hers(who, dispute_id)
    if not who.roles & TEAM:
        raise Forbidden("This is for the L&D team to do.", "Ask an operator for the role.")
    told = for_team(dispute_id)
    if told.person_id == who.id:
        raise Forbidden(
            "This dispute is your own.", "Somebody else of the team has to decide on it."
        )
    return told


def _require(told: Told, act: str) -> None:
    if told.state not in MOVES[act].before:
        raise Conflict(
            f"This dispute is {told.state} by now, so it cannot be {act}.", "Load the page again."
        )
    if len(told.steps) >= MOST_STEPS and act in ("answered", "replied", "reopened"):
        raise Refused("Much has been said about this one.", "Decide on it, or withdraw it.")


def _decide(found: Dispute, told: Told, act: str) -> None:
    """What a decision on an item does to her levels; undone, it leaves things as they were."""
    if told.kind != ITEM:
        return
    is_out = bool(excluded_roots([told.about]))
    if act == "accepted" and not is_out:
        exclude(told.about, told.person_id, excluded=True)
        found.left_out = True
    if act == "reopened" and found.left_out:
        found.left_out = False
        if is_out:
            exclude(told.about, told.person_id, excluded=False)


def _another_stands(found: Dispute) -> bool:
    same: ColumnElement[bool] = (
        (Dispute.person_id == found.person_id)
        & (Dispute.kind == found.kind)
        & (Dispute.about == found.about)
    )
    query = select(Dispute.id).where(same, Dispute.state.in_(OPEN), Dispute.id != found.id)
    return db.session.scalar(query) is not None


def _check(words: str, *, needed: bool) -> None:
    if needed and not words.strip():
        raise Refused("There is no text.", "Say in a few words why.", where="text")
    if len(words) > LONGEST:
        raise Refused(
            f"The text has {len(words):,} letters.",
            f"Say it in {LONGEST:,} or fewer.",
            where="text",
        )


def _table(model: Any) -> Table:
    return cast(Table, model.__table__)
