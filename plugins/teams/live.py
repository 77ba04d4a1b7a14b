"""Attendee engagement reports of live events: a row for each joining and leaving, in UTC.

People stand in any order, each under the sessions that her browser opened; whoever watched without
signing in has neither a name nor a user name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from engine.api import (
    Activity,
    BadCell,
    Failed,
    Line,
    Row,
    Shape,
    Skipped,
    clean_name,
    decode,
    find_sheets,
    is_zip,
    read_dates,
)
from plugins.teams import words
from plugins.teams.attendance import Guest, Meeting

COLUMNS = {
    "session": ("session id",),
    "person": ("participant id",),
    "name": ("full name",),
    "at": ("utc event timestamp",),
    "action": ("action",),
}
Told = tuple[datetime, bool, Line]
"""When it was, whether it was a joining, and the row that says so."""
LIVE = Shape(name="live", columns=COLUMNS, required=("session", "at", "action"))


@dataclass(slots=True)
class Session:
    """What one browser told: when it joined and left."""

    rows: tuple[Row, ...] = ()
    joined: list[datetime] = field(default_factory=list)
    left: list[datetime] = field(default_factory=list)

    @property
    def stay(self) -> tuple[datetime, datetime | None]:
        """From the first joining to the last leaving after it; one of them may be missing."""
        if not self.joined:
            return min(self.left), None
        since = min(self.joined)
        return since, max((one for one in self.left if one >= since), default=None)


@dataclass(slots=True, kw_only=True)
class Seen:
    """One person: by user name all her sessions, by name alone, which names nobody, one."""

    name: str
    account: str
    sessions: dict[str, Session] = field(default_factory=dict)

    def guest(self, handle: str) -> Guest:
        """Her part in the event."""
        return Guest(
            name=self.name,
            account=self.account,
            nameless=handle,
            rows=tuple(row for one in self.sessions.values() for row in one.rows),
            stays=[one.stay for one in self.sessions.values()],
        )


def is_live(body: bytes) -> bool:
    """Whether a file is such a report, by a heading that no other has."""
    return not is_zip(body) and "utc event timestamp" in decode(body[:4000]).text.lower()


def read_live(body: bytes, settings: Mapping[str, Any]) -> Iterator[Activity | Skipped | Failed]:
    """Read one file whole; the event is named by the first moment that anybody is told of.

    :raises BadReport: dates that nothing decides.
    """
    lines = [line for table in find_sheets(body, [LIVE]).tables for line in table.lines]
    written = ((line.number, line["at"]) for line in lines)
    dates = read_dates(written, zone="UTC", order=settings.get("date_order"))
    told: list[Told] = []
    for line in lines:
        if not (line["person"] or line["name"]):
            yield Skipped(row=line.number, why="watched without signing in")
            continue
        try:
            told.append((dates.at(line["at"]), words.joins(line["action"]), line))
        except BadCell as bad:
            yield Failed(row=line.number, why=bad.why, mend=bad.mend)
    if told:
        yield from _parts(told, settings.get("tenant") or "")


def _parts(told: list[Told], tenant: str) -> Iterator[Activity | Skipped]:
    """What each did; whoever looked in days before or after the event was not there."""
    day = Counter(at.date() for at, _, _ in told).most_common(1)[0][0]
    there: list[Told] = []
    for at, joins, line in told:
        if abs((at.date() - day).days) > 1:
            yield Skipped(row=line.number, why="looked in on another day than that of the event")
        else:
            there.append((at, joins, line))
    began, _, first = min(there, key=itemgetter(0))
    meeting = Meeting(start=" ".join(first["at"].split()), began=began)
    found: dict[str, Seen] = {}
    for at, joins, line in there:
        seen = Seen(name=clean_name(line["name"]), account=line["person"][:200])
        handle = seen.account.casefold() or f"{seen.name}|{line['session']}"
        session = found.setdefault(handle, seen).sessions.setdefault(line["session"], Session())
        session.rows += (line.number,)
        (session.joined if joins else session.left).append(at)
    yield from (seen.guest(handle).part_in(meeting, tenant) for handle, seen in found.items())
