"""From the rows of a sheet to who came, spoke, organised, and who was given a certificate."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from engine.api import (
    Activity,
    Actor,
    BadCell,
    BadReport,
    Failed,
    Line,
    Row,
    Sheet,
    Skipped,
    Table,
    Thing,
    find_sheets,
    is_blank,
)
from plugins.attendance import words
from plugins.attendance.rows import (
    Clock,
    between,
    day_of,
    handle,
    person,
    slug,
    tags_in,
    told_clock,
    web_address,
    word,
)
from plugins.mapped.moments import read_length

ROLES = tuple(words.ROLES)
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
LABELS = {
    "title": frozenset(map(word, words.EVENT + words.SESSION)),
    "date": frozenset(map(word, words.DATE)),
    "start": frozenset(map(word, words.START + words.ARRIVED)),
}
"""What a row over a table may say of the event."""
TIMES = ("date", "start", "arrived", "end", "issued")


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """What stands over a table and holds for all its rows."""

    title: str = ""
    date: str = ""
    start: str = ""
    row: Row = 0


def read_sheets(body: bytes, settings: Mapping[str, Any]) -> Iterator[Activity | Skipped | Failed]:
    """Everything the tables of a file tell; each person once in each event.

    :raises BadReport: it holds no such table, or one that says neither what took place nor when.
    """
    sheet = find_sheets(body, words.SHAPES)
    rows = _Rows(sheet)
    over = [_above(rows.over(table), table) for table in sheet.tables]
    for table, above in zip(sheet.tables, over, strict=True):
        _told(table, above)
    clock = told_clock(_written(sheet, over), settings)
    reader = _Reader(clock=clock, site=str(settings["url"]).rstrip("/"))
    for table, above in zip(sheet.tables, over, strict=True):
        signed = any(line["arrived"] for line in table.lines)
        for line in table.lines:
            yield from reader.take(line, above, signed=signed)
    yield from reader.gathered()


def _written(sheet: Sheet, over: list[Above]) -> Iterator[tuple[Row, str]]:
    for table, above in zip(sheet.tables, over, strict=True):
        if above.date:
            yield above.row, above.date
        for name in TIMES:
            if name in table.columns:
                yield from ((line.number, line[name]) for line in table.lines if line[name])


def _told(table: Table, above: Above) -> None:
    """Refuse a table of which nothing says what took place, or when."""
    columns, where = table.columns, f"row {table.number}"
    titled = {"event", "session", "certificate"} & {*columns}
    marked = {"status", "absent", "issued", "start", "arrived"} & {*columns}
    if "registered" in columns and not marked:
        raise BadReport(
            "This is a list of registrations: nothing says who came.",
            "Export the list of attendance, with a column such as Attended.",
            where=where,
        )
    if not (titled or above.title):
        raise BadReport(
            "Nothing says which event this table is about: expected a column such as Event, "
            "or a row such as “Event: How budgets work” above it.",
            "Add the title, and send the file again.",
            where=where,
        )
    if not ({*TIMES} & {*columns} or above.date):
        raise BadReport(
            "Nothing says when it took place: expected a column such as Date, or a row such as "
            "“Date: 2026-09-17” above the table.",
            "Add the date, and send the file again.",
            where=where,
        )


# --- what stands over a table


class _Rows:
    """Which rows stand over which table: those between it and the table before, on its sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self.tables: dict[str, list[int]] = {}
        self.loose: dict[str, list[tuple[int, Row, list[str]]]] = {}
        for table in sheet.tables:
            name, place = _place(table.number)
            self.tables.setdefault(name, []).append(place)
        for number, cells in sheet.loose:
            name, place = _place(number)
            self.loose.setdefault(name, []).append((place, number, cells))

    def over(self, table: Table) -> list[tuple[Row, list[str]]]:
        """The rows over a table, in their order."""
        name, place = _place(table.number)
        before = bisect_left(self.tables[name], place)
        floor = self.tables[name][before - 1] if before else 0
        rows = self.loose.get(name, [])
        first, last = (bisect_left(rows, one, key=itemgetter(0)) for one in (floor, place))
        return [(number, cells) for _, number, cells in rows[first:last]]


def _above(rows: list[tuple[Row, list[str]]], table: Table) -> Above:
    """The title, date and start that the rows over a table give."""
    found, heading = Above(), table.title
    for number, cells in rows:
        label, _, beside = cells[0].partition(":")
        value = ", ".join(cell for cell in cells[1:] if cell)
        before, found = found, _named(found, word(label[:80]), value or beside.strip(), number)
        heading = heading or ("" if value or found is not before else cells[0])
    general = not heading or word(heading) in words.GENERAL
    return found if found.title or general else replace(found, title=heading)


def _place(number: Row) -> tuple[str, int]:
    """A row as its sheet ("" for the first) and its number there."""
    if isinstance(number, int):
        return "", number
    sheet, _, row = number.rpartition(" row ")
    return sheet, int(row) if row.isdigit() else 0


def _named(found: Above, label: str, value: str, row: Row) -> Above:
    if is_blank(value):
        return found
    for name, labels in LABELS.items():
        if label in labels:
            named = replace(found, **{name: value})
            return replace(named, row=row) if name == "date" else named
    return found


# --- rows


@dataclass(slots=True, kw_only=True)
class _Part:
    """What one person did in one event, from all her rows."""

    first: Activity
    role: str
    rows: tuple[Row, ...] = ()
    stays: list[tuple[datetime, timedelta | None]] = field(default_factory=list)

    def activity(self) -> Activity:
        longest = max((length for _, length in self.stays if length), default=None)
        last = max(at for at, _ in self.stays)
        return replace(self.first, rows=self.rows, verb=self.role, at=last, duration=longest)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads rows, and keeps the parts people had until all their rows have come."""

    clock: Clock
    site: str
    parts: dict[str, _Part] = field(default_factory=dict)

    def take(
        self, line: Line, above: Above, *, signed: bool
    ) -> Iterator[Activity | Skipped | Failed]:
        """Read one row: a part is kept, a certificate or a reason is given at once.

        `signed` where the table says of anybody when she arrived.
        """
        try:
            if why := _absence(line, signed=signed):
                yield Skipped(row=line.number, why=why)
                return
            actor, event = person(line), self._event(line, above)
            was_there = bool(line["date"] or _start(line) or line["end"] or above.date)
            if was_there:
                self._keep(line, above, actor, event)
            if earned := self._certificate(line, above, actor, event, alone=not was_there):
                yield earned
        except BadCell as bad:
            yield Failed(row=line.number, why=bad.why, mend=bad.mend)

    def gathered(self) -> Iterator[Activity]:
        """Each person once in each event."""
        return (part.activity() for part in self.parts.values())

    def _event(self, line: Line, above: Above) -> Activity:
        """What took place, as an activity that still says nothing of anybody."""
        session, event = _tidy(line["session"]), _named_event(line) or _tidy(above.title)
        title, number = session or event, line["number"]
        if not title:
            raise BadCell("Nothing says which event the row is about.", "Add its title.")
        series = Thing(url=f"{self.site}#{slug(event)}", title=event, type="conference")
        day = _day(line, above) or line["issued"]
        place = f"{self.site}#{slug(number or f'{event} {session}')}/{self._iso(day)}"
        return Activity(
            rows=(line.number,),
            keys=(f"event:{number or title}",),
            actor=Actor(),
            verb="attended",
            type=_type(line["type"]),
            url=web_address(line["url"]) or place,
            title=title,
            parent=series if session and event and session != event else None,
            at=UNKNOWN,
            tags=tags_in(line["tags"]),
        )

    def _iso(self, day: str) -> str:
        """A day as files of every make would write it."""
        return f"{self.clock.at(day):%Y-%m-%d}"

    def _keep(self, line: Line, above: Above, actor: Actor, event: Activity) -> None:
        role, start = _role(line["role"]), _start(line) or above.start
        day = line["date"] or above.date
        began, ended = self.clock.stay(day, start, line["end"])
        length = _length(line) or between(began, ended)
        if length and began == ended:
            ended += length
        written = _day(line, above)
        key, also = (
            f"{event.keys[0]}|{one}|{above.start}|{handle(actor)}"
            for one in (written, self._iso(written))
        )
        known = replace(event, keys=(key, also), actor=actor)
        part = self.parts.setdefault(key, _Part(first=known, role=role))
        part.role = max(part.role, role, key=ROLES.index)
        part.rows += (line.number,)
        part.stays.append((ended, length))

    def _certificate(
        self, line: Line, above: Above, actor: Actor, event: Activity, *, alone: bool
    ) -> Activity | None:
        """The certificate a row tells of; beside an attendance it is a thing of its own."""
        number, issued = line["certificate"], line["issued"]
        if {word(number), word(issued)} & words.DID_NOT or not (number or issued):
            return None
        issued = "" if word(issued) in words.CAME else issued
        day = issued or _day(line, above)
        title = event.title or ""
        own = number if any(map(str.isdigit, number)) else f"{title}|{day}|{handle(actor)}"
        return replace(
            event,
            rows=(line.number,) if alone else (f"row {line.number}, certificate",),
            keys=(f"certificate:{own}",),
            actor=actor,
            verb="earned",
            type="certificate",
            url=web_address(line["url"]) or f"{self.site}#certificate/{slug(title)}",
            at=self.clock.at(day),
            parent=None,
        )


def _day(line: Line, above: Above) -> str:
    """The day a row is about, as written; who signs in writes it beside the time."""
    return line["date"] or above.date or day_of(_start(line) or line["end"])


def _start(line: Line) -> str:
    return line["start"] or line["arrived"]


def _tidy(cell: str) -> str:
    return " ".join(cell.split())[:300]


def _named_event(line: Line) -> str:
    """The event of a row; a column “Title” may as well hold how people are addressed."""
    event = _tidy(line["event"])
    return "" if word(event) in words.ADDRESSED else event


def _type(cell: str) -> str:
    said = word(cell)
    return next((name for name, known in words.TYPES.items() if said in known), "event")


def _length(line: Line) -> timedelta | None:
    """How long somebody was there; a plain number is minutes, or hours under such a heading."""
    if line["duration"]:
        return read_length(line["duration"], "minutes")
    return read_length(line["hours"], "hours") if line["hours"] else None


def _absence(line: Line, *, signed: bool) -> str:
    """Why a row is no attendance; "" where it is.

    :raises BadCell: its mark means neither.
    """
    if line["absent"] and word(line["absent"]) not in words.NO:
        return "did not come"
    if "status" not in line.columns:
        has_come = any(line[name] for name in ("arrived", "end", "duration", "hours", "issued"))
        return "nothing says that she came" if signed and not has_come else ""
    said = word(line["status"])
    if not said:
        return "nothing says that she came"
    if said in words.DID_NOT:
        return f"did not come: “{line['status'][:40]}”"
    if said in words.CAME or _is_moment(line["status"]):
        return ""
    raise BadCell(
        f"“{line['status'][:60]}” says neither that somebody came nor that she did not.",
        "Write yes or no, present or absent.",
    )


def _is_moment(cell: str) -> bool:
    """Whether a mark is the time at which somebody was checked in."""
    return sum(map(str.isdigit, cell)) >= 3 and any(one in cell for one in ":/-.")


def _role(cell: str) -> str:
    said = word(cell)
    if not said:
        return "attended"
    found = [role for role in ROLES if said in words.ROLES[role]]
    found += [role for role in ROLES for one in _each(cell) if one in words.ROLES[role]]
    if found:
        return max(found, key=ROLES.index)
    raise BadCell(
        f"“{cell[:60]}” is no role that is known.", "Write attendee, speaker or organiser."
    )


def _each(cell: str) -> list[str]:
    """The roles in a cell that names several."""
    return [word(one) for one in cell.replace("/", ",").replace("&", ",").split(",")]
