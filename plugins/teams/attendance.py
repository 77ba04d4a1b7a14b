"""The people of one Teams meeting, whichever way they were told of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from engine.api import Account, Activity, Actor, Row, union

ENTRA = "https://login.microsoftonline.com"
ORGANISER = re.compile(r"organi[sz]", re.IGNORECASE)
"""In every language that was seen: Organizer, Organisateur, Organizador, Mitorganisator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One occurrence: `start` as a report writes it, `report` the id that Graph gives to one.

    A file names no meeting, so what it shares with Graph is the moment at which the meeting began,
    to the second, for each of its people.
    """

    title: str = ""
    start: str = ""
    report: str = ""
    began: datetime | None = field(default=None, compare=False)

    @property
    def moment(self) -> str:
        """The start in UTC, to the second; "" where it is not told that well."""
        return f"{self.began.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if self.began else ""

    @property
    def url(self) -> str:
        """The occurrence; Teams itself has no address for it that a file would hold."""
        name = quote(self.title, safe="") or "untitled"
        return f"https://teams.microsoft.com/meeting/{name}#{quote(self.moment or self.start)}"

    def keys(self, handle: str) -> tuple[str, ...]:
        """What names the part of one person; what is native to the source comes first."""
        names = (
            f"attendance:{self.report}" if self.report else "",
            f"report:{self.title}|{self.start}" if self.start else "",
            f"at:{self.moment}" if self.moment else "",
        )
        return tuple(f"{name}|{handle}" for name in names if name)


@dataclass(slots=True, kw_only=True)
class Guest:
    """One person in one meeting; `told` is how long the report itself says she was there."""

    name: str
    email: str | None = None
    account: str = ""
    nameless: str = ""
    organiser: bool = False
    rows: tuple[Row, ...] = ()
    stays: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    told: timedelta | None = None

    @property
    def handles(self) -> tuple[str, ...]:
        """What she is known by: her address, her account, or her row."""
        account = f"account:{self.account.casefold()}" if self.account else ""
        known = tuple(one for one in (self.email or "", account) if one)
        return known or (self.nameless or self.name,)

    @property
    def duration(self) -> timedelta | None:
        """How long she was there in all: what is told, else the union of her stays."""
        return self.told if self.told is not None else union(self.stays)

    def part_in(self, meeting: Meeting, tenant: str) -> Activity:
        """What she did in the meeting."""
        home_page = f"{ENTRA}/{tenant}" if tenant else ENTRA
        account = Account(home_page=home_page, name=self.account) if self.account else None
        return Activity(
            rows=self.rows,
            keys=tuple(key for handle in self.handles for key in meeting.keys(handle)),
            actor=Actor(name=self.name or None, email=self.email, account=account),
            verb="hosted" if self.organiser else "attended",
            type="meeting",
            url=meeting.url,
            title=meeting.title or None,
            at=max(left or joined for joined, left in self.stays),
            duration=self.duration,
        )
