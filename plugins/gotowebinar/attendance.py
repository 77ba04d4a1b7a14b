"""The people of one webinar session, whichever way they were told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.api import Activity, Actor, Row, Thing, union

SITE = "https://global.gotowebinar.com/webinar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One occurrence of a webinar.

    `number` is the webinar's id of nine digits, which both reports and the interface give; `key`
    and `webinar` are the long keys of the interface alone; `start` is as a report writes it.
    Reports tell the start to the minute, so `began` names an occurrence to the minute.
    """

    number: str = ""
    start: str = ""
    key: str = ""
    webinar: str = ""
    title: str = field(default="", compare=False)
    began: datetime | None = field(default=None, compare=False)

    @property
    def moment(self) -> str:
        """The start in UTC, to the minute."""
        return f"{self.began.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if self.began else ""

    @property
    def series(self) -> Thing | None:
        """The webinar, which may have several sessions."""
        if not (self.number or self.webinar):
            return None
        address = f"{SITE}/{self.number or self.webinar}"
        return Thing(url=address, title=self.title or None, type="series")

    @property
    def url(self) -> str:
        """The occurrence."""
        series = self.series.url if self.series else SITE
        return f"{series}#{self.moment or self.key}"

    def keys(self, handle: str) -> tuple[str, ...]:
        """What names the part of one person; what is native to the source comes first."""
        names = (
            f"session:{self.key}" if self.key else "",
            f"report:{self.number}|{self.start}" if self.start else "",
            f"at:{self.number}|{self.moment}" if self.number and self.moment else "",
        )
        return tuple(f"{name}|{handle}" for name in names if name)


@dataclass(slots=True, kw_only=True)
class Guest:
    """One person in one session; `handles` are her address and, if known, her registrant key."""

    handles: tuple[str, ...]
    name: str
    email: str | None
    staff: bool = False
    rows: tuple[Row, ...] = ()
    stays: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    def add(self, other: Guest) -> None:
        """Take another row of the same person."""
        self.name = self.name or other.name
        self.staff = self.staff or other.staff
        self.rows += other.rows
        self.stays += other.stays

    @property
    def duration(self) -> timedelta | None:
        """How long she was there in all, overlapping joins counted once."""
        return union(self.stays)

    def part_in(self, session: Session, reported_at: datetime | None = None) -> Activity:
        """What she did in the session."""
        return Activity(
            rows=self.rows,
            keys=tuple(key for handle in self.handles for key in session.keys(handle)),
            actor=Actor(name=self.name or None, email=self.email),
            verb="presented" if self.staff else "attended",
            type="webinar",
            url=session.url,
            title=session.title or None,
            at=max(left or joined for joined, left in self.stays),
            duration=self.duration,
            parent=session.series,
            reported_at=reported_at,
        )


def gathered(guests: Iterator[Guest]) -> list[Guest]:
    """Each person once, with all her rows."""
    found: dict[str, Guest] = {}
    for guest in guests:
        known = found.setdefault(guest.handles[0], guest)
        if known is not guest:
            known.add(guest)
    return list(found.values())
