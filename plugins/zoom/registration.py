"""Who registered for a Zoom session: from registration reports and from webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.api import (
    Activity,
    Actor,
    BadCell,
    Dates,
    Failed,
    Gone,
    Line,
    Row,
    Skipped,
    clean_name,
    read_email,
    without_phone,
)
from plugins.zoom.attendance import Session

CANCELLED = ("cancelled", "canceled", "denied")
WAITING = ("pending", "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrant:
    """One person's registration for a session, which may have many occurrences."""

    row: Row
    session: Session = field(repr=False)
    email: str
    name: str
    at: datetime
    native: str = ""

    def activity(self, reported_at: datetime | None) -> Activity:
        """That she registered, for the series: a registration holds for all its occurrences."""
        series = self.session.series
        keys = (registration_key(self.session, self.email),)
        return Activity(
            rows=(self.row,),
            keys=(*keys, f"registrant:{self.native}") if self.native else keys,
            actor=Actor(name=self.name or None, email=self.email),
            verb="registered",
            type=self.session.type,
            url=series.url if series else self.session.url,
            title=self.session.topic or None,
            at=self.at,
            reported_at=reported_at,
        )


def registration_key(session: Session, email: str) -> str:
    """One registration, by whichever door it comes."""
    return f"registered:{session.number}|{email}"


def read_registrant(
    session: Session, line: Line, dates: Dates
) -> Registrant | Gone | Skipped | Failed:
    """One row of a registration report; one that was cancelled or denied is gone."""
    try:
        email = read_email(line["email"])
        if email is None or not session.number:
            return Skipped(row=line.number, why="registered without an address or webinar id")
        status = line["status"].casefold()
        if status in CANCELLED:
            return Gone(key=registration_key(session, email), rows=(line.number,))
        if status in WAITING:
            return Skipped(row=line.number, why="the registration waits for approval")
        name = without_phone(f"{line['first']} {line['last']}".strip()) or clean_name(line["name"])
        at = dates.at(line["registered"])
    except BadCell as bad:
        return Failed(row=line.number, why=bad.why, mend=bad.mend)
    return Registrant(row=line.number, session=session, email=email, name=name, at=at)
