"""The people of one Zoom session: rows become stays, stays of one address become one guest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from urllib.parse import quote

from engine.api import (
    Account,
    Activity,
    Actor,
    BadCell,
    Dates,
    Failed,
    Line,
    Row,
    Skipped,
    Thing,
    clean_name,
    read_email,
    read_number,
    union,
    without_phone,
)
from plugins.zoom import words

VERBS = {"attendee": "attended", "panelist": "presented", "host": "hosted"}
ROLES = tuple(VERBS)
"""The weakest first: who stands in several tables has the strongest."""
ZOOM = "https://zoom.us"


@dataclass(frozen=True, kw_only=True)  # no slots: what all its people share is worked out once
class Session:
    """One occurrence: `number` the id's digits or "", `start` as written; `row` is not its own.

    `began` is that start as a moment, where it is told to the second: what files, which write
    the clock of a zone, and the interface, which writes UTC, say alike.
    """

    number: str
    start: str = ""
    topic: str = ""
    type: str = "meeting"
    host: str = ""
    uuid: str = ""
    row: Row = field(default=0, compare=False)
    began: datetime | None = field(default=None, compare=False)

    @cached_property
    def url(self) -> str:
        """The occurrence: the address of the series, and the start as far as it is known."""
        page = f"https://zoom.us/j/{self.number}" if self.number else "https://zoom.us/meeting"
        return f"{page}#{quote(self.moment or self.start or self.uuid, safe='/:,')}"

    @cached_property
    def moment(self) -> str:
        """The start in UTC, to the second; "" where it is not known that well."""
        return f"{self.began.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if self.began else ""

    def keys(self, handle: str) -> tuple[str, ...]:
        """What names the part of one person; what is native to the source comes first.

        The moment stands behind the start as written: with the zone corrected, the first key
        still finds the item.
        """
        return tuple(f"{name}|{handle}" for name in self._names)

    @cached_property
    def _names(self) -> list[str]:
        names = (
            f"uuid:{self.uuid}" if self.uuid else "",
            f"session:{self.number}|{self.start}" if self.start else "",
            f"at:{self.number}|{self.moment}" if self.number and self.moment else "",
        )
        return list(filter(None, names))

    @cached_property
    def series(self) -> Thing | None:
        """What its occurrences share, for recurring sessions keep their id."""
        if not self.number:
            return None
        address = f"https://zoom.us/j/{self.number}"
        return Thing(url=address, title=self.topic or None, type="series")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A join and a leave; `left` is None when the row does not say or cannot be right."""

    rows: tuple[Row, ...]
    joined: datetime
    left: datetime | None


@dataclass(slots=True, kw_only=True)
class Guest:
    """One person in one session, gathered from all her rows."""

    handle: str
    name: str
    email: str | None
    role: str
    account: str = ""
    stays: list[Stay] = field(default_factory=list)

    def add(self, stay: Stay, name: str, role: str) -> None:
        """Take another row; the stronger role and the first name stand."""
        self.name = self.name or name
        self.role = max(self.role, role, key=ROLES.index)
        self.stays.append(stay)

    def part_in(self, session: Session) -> Activity:
        """What she did in the session."""
        account = Account(home_page=ZOOM, name=self.account) if self.account else None
        handles = dict.fromkeys((self.handle, self.account and f"user:{self.account}"))
        return Activity(
            rows=tuple(row for stay in self.stays for row in stay.rows),
            keys=tuple(key for handle in handles if handle for key in session.keys(handle)),
            actor=Actor(name=self.name or None, email=self.email, account=account),
            verb=VERBS[self.role],
            type=session.type,
            url=session.url,
            title=session.topic or None,
            at=self.ended,
            duration=self.duration,
            parent=session.series,
        )

    @property
    def ended(self) -> datetime:
        """When she was last seen: the last leave, or a join that has none."""
        return max(stay.left or stay.joined for stay in self.stays)

    @property
    def duration(self) -> timedelta | None:
        """How long she was there in all, overlapping joins counted once."""
        return union((stay.joined, stay.left) for stay in self.stays)


class Attendance:
    """The people of one session, read row by row."""

    def __init__(self, session: Session, dates: Dates) -> None:
        self.session = session
        self.dates = dates
        self.guests: dict[str, Guest] = {}
        self.rest: list[Skipped | Failed] = []
        self.named: Counter[str] = Counter()

    def take(self, role: str, line: Line) -> None:
        """Read one row into a guest, or say why not."""
        if why := _absent(line):
            self.rest.append(Skipped(row=line.number, why=why))
            return
        try:
            email = _email(line)
            stay = self._stay(line)
        except BadCell as bad:
            self.rest.append(Failed(row=line.number, why=bad.why, mend=bad.mend))
            return
        handle = email or self._nameless(line)
        name = _name(line)
        role = "host" if email and email == self.session.host else role
        guest = Guest(handle=handle, name=name, email=email, role=role)
        self.guests.setdefault(handle, guest).add(stay, name, role)

    def _nameless(self, line: Line) -> str:
        """A handle for a row without an address: a name is no identifier, so each row has its own.

        The join as written tells rows of one name apart, so that a longer report changes none.
        """
        joined = " ".join(line["join"].split())
        written = f"{without_phone(line['name']) or _name(line)}|{joined}".rstrip("|")
        self.named[written] += 1
        return written if self.named[written] == 1 else f"{written}#{self.named[written]}"

    def _stay(self, line: Line) -> Stay:
        """One row's stay; a list of unique users has no times, so it begins with the meeting."""
        timed = "join" in line.columns
        if timed and not line["join"]:
            raise BadCell("The join time is missing.", "Add the join time, or set Attended to No.")
        joined = self.dates.at(line["join"] if timed else self.session.start)
        left = self.dates.at(line["leave"]) if line["leave"] else joined + _minutes(line)
        known = left >= joined and (line["leave"] or line["minutes"])
        return Stay(rows=(line.number,), joined=joined, left=left if known else None)


def _minutes(line: Line) -> timedelta:
    """The stay as the report counts it, which may be negative; zero where it says nothing."""
    minutes = read_number(line["minutes"]) or 0
    if abs(minutes) > 60_000:
        raise BadCell(
            f"“{line['minutes']}” minutes is longer than any session.", "Correct the minutes."
        )
    return timedelta(minutes=minutes)


def _absent(line: Line) -> str:
    """Why this row is nobody who came; "" when it is somebody."""
    attended = line["attended"].casefold()
    if attended in words.NO or ("attended" in line.columns and not attended and not line["join"]):
        return "registered, did not come"
    if line["waiting"].casefold() in words.YES:
        return "stayed in the waiting room"
    return ""


def _name(line: Line) -> str:
    registered = f"{line['first']} {line['last']}".strip()
    return without_phone(registered) if registered else clean_name(line["name"])


def _email(line: Line) -> str | None:
    """The address; None where there is a name alone.

    :raises BadCell: the address is not whole, or there is neither.
    """
    named = bool(_name(line))
    try:
        email = read_email(line["email"])
    except BadCell as bad:
        why = bad.why if named else f"{bad.why.removesuffix('.')} and the name is empty."
        raise BadCell(why, bad.mend) from bad
    if not email and not named:
        raise BadCell("There is neither a name nor an address.", "Add the address of the person.")
    return email
