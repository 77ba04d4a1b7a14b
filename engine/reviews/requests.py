"""Requests for review: a learner lets one person look at one item of hers, until she ends it.

What the two then say are statements; here is only who asked whom, about which item, and whether
that still holds. All revisions of the item are meant.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, select

from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us
from engine.people import service as people
from engine.people.merged import records_of
from engine.people.models import Person
from engine.people.service import Who
from engine.pipeline import reader
from engine.reviews.models import ReviewRow

MOST_OPEN = 20
"""How many requests of one learner may wait for an answer at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as other layers see it.

    The two are people as they stand now, merged records resolved; `word` is the statement that
    accepts or rejects the item now, None when there is none or it was taken back.
    """

    id: int
    root: uuid.UUID
    learner: int
    reviewer: int
    question: str
    asked_at: int
    withdrawn_at: int | None
    declined_at: int | None
    answered_at: int | None
    word: uuid.UUID | None
    said: int

    @property
    def grants(self) -> bool:
        """Whether the reviewer may look at the item now; nobody reviews her own."""
        ended = self.withdrawn_at is not None or self.declined_at is not None
        return not ended and self.learner != self.reviewer

    @property
    def waits(self) -> bool:
        """Whether the learner waits for the reviewer's word."""
        return self.grants and self.word is None


# ---- Whose they are ------------------------------------------------------------------


def asked_of(reviewer: Who, request_id: int) -> Request:
    """One request that this person was asked, ended or not.

    :raises NotFound: there is none, or somebody else was asked, or it is about her own item.
    """
    found = _found(request_id)
    if found.reviewer != reviewer.id or found.learner == reviewer.id:
        raise _unknown()
    return found


def asked_by(learner: Who, request_id: int) -> Request:
    """One request of this learner, ended or not; NotFound for anybody else's."""
    found = _found(request_id)
    if found.learner != learner.id:
        raise _unknown()
    return found


def all_asked_of(reviewer: Who) -> list[Request]:
    """What this person was asked, the latest first; what was withdrawn unanswered is left out."""
    mine = select(ReviewRow).where(ReviewRow.reviewer_id.in_(records_of(reviewer.id)))
    return [
        one
        for one in _requests(mine)
        if one.learner != reviewer.id and (one.withdrawn_at is None or one.word is not None)
    ]


def all_asked_by(learner: Who, root: uuid.UUID | None = None) -> list[Request]:
    """What this learner asked, about one item or any, the latest first; ended ones included."""
    query = _of_learner(learner.id)
    return _requests(query if root is None else query.where(ReviewRow.root == str(root)))


# ---- Asking, and no more --------------------------------------------------------------


def ask(learner: Who, email: str, root: uuid.UUID, question: str) -> Request:
    """Ask somebody known here to look at one item; while that holds, asking again changes nothing.

    :raises Refused: nobody to ask, oneself, somebody who said no, or too many asked already;
        `where` is the field it is about.
    """
    reviewer = _reviewer(learner, email)
    # One learner asks once at a time, so that the bound holds.
    db.session.execute(select(Person.id).where(Person.id == learner.id).with_for_update())
    before = [one for one in all_asked_by(learner, root) if one.reviewer == reviewer.id]
    if before and before[0].grants:
        return before[0]
    if any(one.declined_at is not None for one in before):
        why = f"{reviewer.name} does not want to look at this one."
        raise Refused(why, "Ask somebody else.", where="reviewer")
    _require_room(learner)
    row = db.session.get_one(ReviewRow, before[0].id) if before else _fresh(learner, reviewer, root)
    row.question, row.asked_at, row.withdrawn_at = question, now_us(), None
    db.session.add(row)
    db.session.flush()
    return _found(row.id)


def _reviewer(learner: Who, email: str) -> Person:
    address = people.clean_email(email)
    reviewer = people.find_person(address)
    if reviewer is None:
        why = "Nobody here has this address."
        raise Refused(why, "Check it, or ask somebody else.", where="reviewer")
    if reviewer.id == learner.id:
        raise Refused("This is your own address.", "Ask somebody else.", where="reviewer")
    return reviewer


def _fresh(learner: Who, reviewer: Person, root: uuid.UUID) -> ReviewRow:
    return ReviewRow(root=str(root), learner_id=learner.id, reviewer_id=reviewer.id, said=0)


def _require_room(learner: Who) -> None:
    unanswered = ReviewRow.word.is_(None) & ReviewRow.withdrawn_at.is_(None)
    waiting = sum(one.waits for one in _requests(_of_learner(learner.id).where(unanswered)))
    if waiting >= MOST_OPEN:
        raise Refused(
            f"{waiting} of your requests still wait for an answer.",
            "Withdraw one, or wait for an answer.",
            where="reviewer",
        )


def withdraw(learner: Who, request_id: int) -> None:
    """End what one request of hers grants; what the reviewer said stays said."""
    row = db.session.get_one(ReviewRow, asked_by(learner, request_id).id)
    row.withdrawn_at = row.withdrawn_at or now_us()
    db.session.flush()


def decline(reviewer: Who, request_id: int) -> None:
    """Say no to a request, which ends what it grants.

    :raises Conflict: it was answered; the answer can be taken back first.
    """
    if asked_of(reviewer, request_id).word is not None:
        raise Conflict("You have answered this request.", "Take your answer back first.")
    row = db.session.get_one(ReviewRow, request_id)
    row.declined_at = row.declined_at or now_us()
    db.session.flush()


# ---- Reading ----------------------------------------------------------------------------


def _of_learner(person_id: int) -> Select[Any]:
    return select(ReviewRow).where(ReviewRow.learner_id.in_(records_of(person_id)))


def _found(request_id: int) -> Request:
    found = _requests(select(ReviewRow).where(ReviewRow.id == request_id))
    if not found:
        raise _unknown()
    return found[0]


def _requests(query: Select[Any]) -> list[Request]:
    """The requests as they are in the database now, the latest asked first."""
    ordered = query.order_by(ReviewRow.asked_at.desc(), ReviewRow.id.desc())
    rows = db.session.scalars(ordered.execution_options(populate_existing=True)).all()
    return _spoken([_request(row) for row in rows])


def _spoken(requests: Iterable[Request]) -> list[Request]:
    """The same, without the words that were taken back elsewhere: on the reviewer's own record."""
    requests = list(requests)
    gone = reader().voided([one.word for one in requests if one.word is not None])
    return [
        replace(one, word=None, answered_at=None) if one.word in gone else one for one in requests
    ]


def _request(row: ReviewRow) -> Request:
    return Request(
        id=row.id,
        root=uuid.UUID(row.root),
        learner=people.get_by_id(row.learner_id).id,
        reviewer=people.get_by_id(row.reviewer_id).id,
        question=row.question,
        asked_at=row.asked_at,
        withdrawn_at=row.withdrawn_at,
        declined_at=row.declined_at,
        answered_at=row.answered_at,
        word=uuid.UUID(row.word) if row.word else None,
        said=row.said,
    )


def _unknown() -> NotFound:
    return NotFound("There is no such request.", "Go back to Reviews.")
