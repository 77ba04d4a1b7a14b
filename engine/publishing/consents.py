"""What learners say about publishing: nothing leaves before a learner says that it may."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from engine.db import db
from engine.errors import Refused
from engine.moments import now_us
from engine.people.merged import records_of
from engine.people.service import Who
from engine.publishing.models import PublicationChoice

ALL = ""
"""In place of a competency: every one of them, those to come included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a learner lets out: all of it, or some competencies by id."""

    everything: bool = False
    some: frozenset[str] = field(default_factory=frozenset)

    def __contains__(self, competency: str) -> bool:
        return self.everything or competency in self.some

    def __bool__(self) -> bool:
        return self.everything or bool(self.some)


def choice_of(person_id: int) -> Choice:
    """What somebody said last; nothing is published of who said nothing."""
    mine = PublicationChoice.person_id.in_(records_of(person_id))
    rows = db.session.scalars(select(PublicationChoice).where(mine).order_by(PublicationChoice.id))
    said = {row.competency: row.publishes for row in rows}
    some = frozenset(name for name, publishes in said.items() if publishes and name != ALL)
    return Choice(everything=said.get(ALL, False), some=some)


def choose(who: Who, wanted: Choice, *, known: frozenset[str]) -> None:
    """Let this be her word from now on, whatever she said before.

    :param known: the competencies there are to choose from.
    :raises Refused: one is chosen that is not among them.
    """
    before = choice_of(who.id)
    strange = wanted.some - known - before.some
    if strange:
        raise Refused(
            f"There is no competency {min(strange)[:200]}.",
            "Choose from the list.",
            where="competencies",
        )
    changed = {name: name in wanted.some for name in wanted.some ^ before.some}
    if wanted.everything != before.everything:
        changed[ALL] = wanted.everything
    now = now_us()
    for name, publishes in sorted(changed.items()):
        db.session.add(
            PublicationChoice(person_id=who.id, competency=name, publishes=publishes, at=now)
        )
    db.session.flush()


def consenting() -> list[int]:
    """The records of everybody who ever let something out, in order; `choice_of` has the word."""
    said = select(PublicationChoice.person_id).where(PublicationChoice.publishes).distinct()
    return sorted(db.session.scalars(said))
