"""Levels that people confirm: a learner asks, somebody with the role decides, both can take back.

A confirmation is a `conferred` statement of the organisation's (ADL's Learner Competency profile,
"Grant Competency"), made by whoever confirmed it. It says what evidence has shown already: it
lifts nothing and is no evidence itself. With it the L&D team may issue an Open Badge.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import Table, select, update

from engine import profiles
from engine.competencies.scoring import Standing
from engine.config import keyring
from engine.db import db
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.lrs.keys import authority_of, own_origin
from engine.lrs.store import Write
from engine.moments import now_us
from engine.people import service as people
from engine.people.merged import records_of
from engine.people.service import Who
from engine.pipeline import entry_of, record
from engine.profiles import Profile
from engine.publishing import badges
from engine.publishing.badges import Checked
from engine.publishing.granting import granting, require_badge
from engine.publishing.models import Grant
from engine.publishing.policy import policy
from xapi import statements
from xapi.shapes import is_iri

OPEN, CONFIRMED, DECLINED = "open", "confirmed", "declined"
WITHDRAWN, REVOKED = "withdrawn", "revoked"
DECIDERS = frozenset({"expert", "ld"})
"""Who may confirm a level; a badge takes the L&D team."""
MOST_OPEN = 20
MOST_SHARED = 20
LONGEST = 1_000

_TABLE = cast(Table, Grant.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a learner asks for: that her level in a competency be confirmed, perhaps with a badge.

    `shared` are statements of hers, by id, that whoever decides may see, and the badge names.
    """

    competency: str
    wants_badge: bool = False
    words: str = ""
    shared: Sequence[str] = ()


# ---- The learner ----------------------------------------------------------------------------


def ask(who: Who, asked: Asked, as_of: date) -> Grant:
    """Ask that the level she has now be confirmed; asking again changes what she asked.

    :raises Refused: she has no level there, it earns no badge, what she shares is not what it
        rests on, or the text is too long; `where` names the field.
    :raises Conflict: too many of hers wait already.
    """
    standing = _with_level(profiles.profile_of(who.id, as_of), asked.competency)
    if asked.wants_badge:
        require_badge(standing, standing.level, policy(), "badge")
    _check(asked, standing)
    row = _undecided(who, asked.competency)
    row.level, row.wants_badge, row.words = standing.level, asked.wants_badge, asked.words.strip()
    row.shared, row.asked_at, row.state, row.reason = list(asked.shared), now_us(), OPEN, ""
    db.session.add(row)
    db.session.flush()
    return row


def _undecided(who: Who, competency: str) -> Grant:
    """Her request for this that nobody decided, perhaps withdrawn; or a new one."""
    mine = [one for one in of_person(who.id) if one.state in (OPEN, WITHDRAWN)]
    found = next((one for one in mine if one.competency == competency), None)
    others = [one for one in mine if one.state == OPEN and one is not found]
    if len(others) >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} of yours wait already.", "Withdraw one first.")
    return found or Grant(uid=str(uuid.uuid4()), person_id=who.id, competency=competency)


def _with_level(profile: Profile, competency: str) -> Standing:
    standing = profile.standings.get(competency)
    if standing is None or standing.level == 0 or not is_iri(competency):
        raise Refused(
            "You have no level in this that could be confirmed.",
            "Choose one from the list.",
            where="competency",
        )
    return standing


def _check(asked: Asked, standing: Standing) -> None:
    if len(asked.words) > LONGEST or "\0" in asked.words:
        raise Refused(f"This has more than {LONGEST} letters.", "Say it in fewer.", where="words")
    strange = set(asked.shared) - {one.statement for one in standing.explain}
    if strange or len(asked.shared) > MOST_SHARED:
        raise Refused(
            f"You can show up to {MOST_SHARED} lines that this level rests on.",
            "Choose from the list.",
            where="shared",
        )


def withdraw(who: Who, uid: str) -> None:
    """Take a request back before anybody decided.

    :raises NotFound: it is not hers.
    :raises Conflict: somebody decided before.
    """
    row = of_learner(who, uid)
    _require_open(row)
    row.state = WITHDRAWN


def give_back(who: Who, uid: str) -> None:
    """Take a confirmation out of the record, and its badge out of force.

    :raises NotFound: it is not hers.
    :raises Conflict: it does not stand.
    """
    _revoke(of_learner(who, uid), reason="Taken back by the learner.", by=who.id)


def of_person(person_id: int) -> list[Grant]:
    """All that somebody asked for, the newest first."""
    mine = Grant.person_id.in_(records_of(person_id))
    return list(db.session.scalars(select(Grant).where(mine).order_by(Grant.asked_at.desc())))


def of_learner(who: Who, uid: str) -> Grant:
    """One of hers.

    :raises NotFound: it is somebody else's, or there is none.
    """
    found = next((one for one in of_person(who.id) if one.uid == uid), None)
    if found is None:
        raise NotFound("You asked for no such thing.", "Go back to My results.")
    return found


# ---- Whoever decides ------------------------------------------------------------------------


def waiting(limit: int = 100) -> list[Grant]:
    """What waits for a decision, the oldest first; the rest comes up as these are decided."""
    here = select(Grant).where(Grant.state == OPEN)
    return list(db.session.scalars(here.order_by(Grant.asked_at).limit(limit)))


def decided(limit: int = 50) -> list[Grant]:
    """What was decided, the latest first."""
    here = select(Grant).where(Grant.state.in_((CONFIRMED, DECLINED, REVOKED)))
    return list(db.session.scalars(here.order_by(Grant.decided_at.desc()).limit(limit)))


def find(uid: str) -> Grant:
    """One request.

    :raises NotFound: there is none, or its learner took it back.
    """
    row: Grant | None = db.session.scalar(select(Grant).where(Grant.uid == uid[:36]))
    if row is None or row.state == WITHDRAWN:
        raise NotFound("There is no such request.", "It may have been withdrawn.")
    return row


def confirm(uid: str, *, by: Who, with_badge: bool, as_of: date) -> None:
    """Confirm a level, and issue the badge where one was asked for.

    :raises Forbidden: by somebody without the role, or for oneself.
    :raises Refused: the level no longer stands, or does not earn a badge.
    :raises Conflict: somebody decided before.
    """
    row = find(uid)
    issued = with_badge and row.wants_badge
    _require_decider(row, by, with_badge=issued)
    _require_open(row)
    told = granting(row, by, as_of)
    badge = told.badge() if issued else {}
    values = {"state": CONFIRMED, "statement": str(told.sid), "valid_until": told.valid_until}
    _record(row, told.statement(), by=by.id, values=values | badge, audience=told.audience)


def decline(uid: str, reason: str, *, by: Who) -> None:
    """Say no, and why.

    :raises Refused: no reason is given.
    """
    row = find(uid)
    _require_decider(row, by, with_badge=False)
    _require_open(row)
    row.reason = _reason(reason)
    row.state, row.decided_at, row.decided_by = DECLINED, now_us(), by.id


def revoke(uid: str, reason: str, *, by: Who) -> None:
    """Take a confirmation back: its statement is voided, and its badge is on the status list.

    :raises Refused: no reason is given.
    :raises Conflict: it does not stand.
    """
    row = find(uid)
    _require_decider(row, by, with_badge=row.token is not None)
    _revoke(row, reason=_reason(reason), by=by.id)


def _revoke(row: Grant, *, reason: str, by: int) -> None:
    if row.state != CONFIRMED:
        raise Conflict("This is not confirmed.", "Nothing needs taking back.")
    sid = uuid.uuid5(keyring().namespace("grants"), f"void|{row.uid}")
    agent, target = authority_of(own_origin()).agent, uuid.UUID(row.statement)
    void = statements.voiding(sid, target, agent, datetime.now(UTC))
    _record(row, void, by=by, values={"state": REVOKED, "reason": reason})


def _record(
    row: Grant,
    statement: dict[str, Any],
    *,
    by: int,
    values: dict[str, Any],
    audience: str = "private",
) -> None:
    """Store a statement and what it changes, unless somebody else decided meanwhile."""
    entry = entry_of(statement, authority=authority_of(own_origin()), audience=audience)
    here = update(_TABLE).where(_TABLE.c.id == row.id, _TABLE.c.state == row.state)
    change = here.values(decided_at=now_us(), decided_by=by, **values)
    db.session.rollback()  # what was read is released before the store takes its lock
    record([entry], [Write(statement=change, expects=1)])
    db.session.expire_all()


def _require_decider(row: Grant, by: Who, *, with_badge: bool) -> None:
    if not by.roles & DECIDERS or (with_badge and "ld" not in by.roles):
        raise Forbidden("This takes the L&D team.", "Ask an operator for the role.")
    if people.get_by_id(row.person_id).id == by.id:
        raise Forbidden("This is your own request.", "Somebody else has to decide on it.")


def _require_open(row: Grant) -> None:
    if row.state != OPEN:
        raise Conflict("This was decided already.", "Reload the page.")


def _reason(given: str) -> str:
    reason = " ".join(given.split())
    if not reason:
        raise Refused("No reason is given.", "Say why; the learner reads it.", where="reason")
    if len(reason) > LONGEST or "\0" in reason:
        raise Refused(f"This has more than {LONGEST} letters.", "Say it in fewer.", where="reason")
    return reason


# ---- Badges that are out ---------------------------------------------------------------------


def revoked_places() -> list[int]:
    """The places of revoked badges in the status list."""
    gone = (Grant.state == REVOKED) & Grant.token.is_not(None)
    return sorted(db.session.scalars(select(Grant.id).where(gone)))


def check_badge(token: str, now: datetime | None = None) -> Checked:
    """Whether a token is a badge of ours that holds; nothing but the token is needed."""
    return badges.check(token, revoked_places(), now)
