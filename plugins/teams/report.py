"""Attendance reports of Teams: three generations, in every language, as saved by Teams or others.

The words of a report are translated, its shape is not. So it is read by shape:

- the summary is rows of a label and a value: the title is the first value (of older reports the
  first that is neither number nor date), the first two dates are start and end;
- the people stand below a heading that ends in "(UPN)", which no language translates; the columns
  are always name, first join, last leave, duration, email, and UPN and role in either order;
- who joined and left when stands below a lone "3. ...": name, join, leave, duration, email, role.

Where there is no "(UPN)", and in the oldest reports (name, action, time), known words decide.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.api import (
    Activity,
    BadCell,
    BadReport,
    Dates,
    Delivery,
    Failed,
    Skipped,
    clean_name,
    decode,
    is_blank,
    is_zip,
    read_dates,
    read_email,
    read_workbook,
    union,
)
from plugins.teams import words
from plugins.teams.attendance import ORGANISER, Guest, Meeting

Cells = list[str]
_BETWEEN = re.compile(
    r"^(\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}),?\s+(?:à|às|um|a las?|alle(?: ore)?|om|kl\.?)\s+(?=\d)",
    re.IGNORECASE,
)
"""The word that some languages write between day and hour: "13/04/2026 à 09:01:31"."""
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\b.*\d{1,2}[:.]\d{2}")
AGAIN = "Download the attendance report again in Teams and send it as it is."


@dataclass(slots=True, kw_only=True)
class Table:
    """A table that was found: where each column stands, and its rows with their numbers."""

    columns: Mapping[str, int]
    rows: list[tuple[int, Cells]] = field(default_factory=list)

    def cell(self, cells: Cells, column: str) -> str:
        """A cell; "" where the row is short or the cell blank."""
        at = self.columns.get(column, -1)
        return cells[at] if 0 <= at < len(cells) and not is_blank(cells[at]) else ""


@dataclass(slots=True, kw_only=True)
class Parts:
    """The sections of a report."""

    summary: list[tuple[int, str, str]] = field(default_factory=list)
    people: Table | None = None
    stays: Table | None = None
    actions: Table | None = None


def read_report(
    delivery: Delivery, settings: Mapping[str, Any]
) -> Iterator[Activity | Skipped | Failed]:
    """Read one file whole.

    :raises BadReport: no list of people, dates that nothing decides, or no start.
    """
    parts = _parts(_records(delivery.body))
    dates = read_dates(
        _dates_in(parts), zone=settings.get("timezone") or "", order=settings.get("date_order")
    )
    meeting = _meeting(parts, dates)
    guests, rest = _of_actions(parts.actions, dates) if parts.actions else _of_people(parts, dates)
    yield from rest
    tenant = settings.get("tenant") or ""
    yield from (guest.part_in(meeting, tenant) for guest in guests)


# --- rows and sections -------------------------------------------------------------------------


def _records(body: bytes) -> list[tuple[int, Cells]]:
    if is_zip(body):
        sheets = [sheet for sheet in read_workbook(body) if not sheet.hidden]
        rows = [row for sheet in sheets[:1] for row in sheet.rows]
    else:
        text = decode(body).text
        if not text.strip():
            raise BadReport("The file is empty.", AGAIN)
        ways = (_split(text, delimiter) for delimiter in "\t,;")
        rows = next((rows for rows in ways if _has_heading(rows)), _split(text, "\t"))
    return [(at, [_cell(cell) for cell in cells]) for at, cells in enumerate(rows, start=1)]


def _cell(written: str) -> str:
    return _BETWEEN.sub(r"\1, ", written.strip())


def _split(text: str, delimiter: str) -> list[Cells]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return []


def _has_heading(rows: list[Cells]) -> bool:
    return any(_people_columns(cells) or _action_columns(cells) for cells in rows)


def _parts(records: Sequence[tuple[int, Cells]]) -> Parts:
    """Walk the rows once; a lone cell such as "3. In-Meeting Activities" ends a table."""
    parts, table, awaited = Parts(), None, False
    for number, cells in records:
        filled = [cell for cell in cells if cell]
        if not filled:
            continue
        if len(filled) == 1 and re.match(r"\d\s*\.\s", cells[0]):
            table, awaited = None, cells[0].startswith("3")
        elif awaited and len(filled) >= 4:
            awaited, table = False, Table(columns=_STAYS)
            parts.stays = parts.stays or table
        elif found := _people_columns(cells):
            table = parts.people = parts.people or Table(columns=found)
        elif found := _action_columns(cells):
            table = parts.actions = parts.actions or Table(columns=found)
        elif table is not None:
            table.rows.append((number, cells))
        elif parts.people is None and parts.actions is None:
            parts.summary.append((number, cells[0], next(iter(cells[1:]), "")))
    if parts.people is None and parts.actions is None:
        raise _unknown(records)
    return parts


_STAYS = {"name": 0, "join": 1, "leave": 2, "length": 3, "email": 4, "role": 5}
_NEW = {"name": 0, "join": 1, "leave": 2, "length": 3, "email": 4, "upn": 5, "role": 6}
_OLD = {"name": 0, "join": 1, "leave": 2, "length": 3, "email": 4, "role": 5, "upn": 6}


def _people_columns(cells: Cells) -> dict[str, int] | None:
    """Where the columns of the people's table stand, if this row is its heading."""
    headings = [words.plain(cell) for cell in cells]
    if any("@" in cell or DATE.match(cell) for cell in cells):
        return None
    known = {
        column: headings.index(alias)
        for column, aliases in words.COLUMNS.items()
        for alias in reversed(aliases)
        if alias in headings
    }
    upn = next((at for at, one in enumerate(headings) if re.search(r"\bupn\b", one)), None)
    if upn is not None and len(headings) >= 6:
        by_shape = _NEW if upn == 5 else _OLD if upn == 6 else {}
        return {**by_shape, **known, "upn": upn}
    if "name" in known and "join" in known and "leave" in known and len(known) >= 4:
        return known
    return None


def _action_columns(cells: Cells) -> dict[str, int] | None:
    headings = [words.plain(cell) for cell in cells]
    at = next((place for place, one in enumerate(headings) if one in words.ACTION), None)
    if at is None or len(headings) < 3 or at == 0:
        return None
    return {"name": 0, "action": at, "time": at + 1}


def _unknown(records: Sequence[tuple[int, Cells]]) -> BadReport:
    """What was found in place of a list of people; nothing that may be personal is repeated."""
    rows = (cells for _, cells in records if sum(map(bool, cells)) > 2)
    headings = (cells for cells in rows if not re.search(r"[\d@]", "".join(cells)))
    found = ", ".join(f"“{cell[:60]}”" for cell in next(headings, [])[:10] if cell) or "none"
    return BadReport(
        "No list of participants was found. Expected a row of headings such as Name, First Join, "
        "Last Leave, In-Meeting Duration, Email, Participant ID (UPN), Role, in any language; "
        f"headings found: {found}.",
        AGAIN,
    )


# --- what they say -----------------------------------------------------------------------------


def _dates_in(parts: Parts) -> Iterator[tuple[int, str]]:
    yield from ((number, value) for number, _, value in parts.summary if DATE.match(value))
    for table, names in (
        (parts.people, ("join", "leave")),
        (parts.stays, ("join", "leave")),
        (parts.actions, ("time",)),
    ):
        for number, cells in table.rows if table else ():
            yield from ((number, table.cell(cells, name)) for name in names if table)


def _meeting(parts: Parts, dates: Dates) -> Meeting:
    """The title and the start; without a summary, the earliest time of anybody."""
    values = [value for _, _, value in parts.summary if not is_blank(value)]
    # The number of participants comes after the title, in older reports before it.
    titled = len(values) > 1 and values[1].isdecimal()
    texts = (one for one in values if not (DATE.match(one) or one.isdecimal() or read_length(one)))
    title = values[0] if titled else next(texts, "")
    start = next((value for value in values if DATE.match(value)), "") or _earliest(parts, dates)
    began = _try(dates, start)
    if began is None:
        raise BadReport(
            "Nothing says when the meeting began: expected a start time in the summary, or a join "
            "time in any row.",
            AGAIN,
        )
    told = re.search(r"\d[:.]\d\d[:.]\d\d", start)
    return Meeting(
        title=" ".join(title.split()),
        start=" ".join(start.split()),
        began=began if told else None,
    )


def _earliest(parts: Parts, dates: Dates) -> str:
    moments = ((found, one) for _, one in _dates_in(parts) if (found := _try(dates, one)))
    return min(moments, default=(None, ""))[1]


def _try(dates: Dates, written: str) -> datetime | None:
    try:
        return None if is_blank(written) else dates.at(written)
    except BadCell:
        return None


Found = tuple[list[Guest], list[Skipped | Failed]]


def _of_people(parts: Parts, dates: Dates) -> Found:
    """The participants, each with the stays that the third section tells of her."""
    assert parts.people is not None
    guests: dict[str, Guest] = {}
    rest: list[Skipped | Failed] = []
    names: Counter[str] = Counter()
    for number, cells in parts.people.rows:
        try:
            guest = _guest(parts.people, number, cells, dates)
        except BadCell as bad:
            rest.append(Failed(row=number, why=bad.why, mend=bad.mend))
            continue
        if not (guest.email or guest.account):
            names[guest.name] += 1
            guest.nameless = f"{guest.name}#{names[guest.name]}"
        known = guests.setdefault(guest.handles[0], guest)
        if known is not guest:
            known.rows += guest.rows
            known.stays += guest.stays
            known.told = None
    timed = _Timed(guests, parts.stays) if parts.stays else None
    rest += timed.take(dates) if timed else []
    return list(guests.values()), rest


class _Timed:
    """The third section: every stay of those who are known from the second."""

    def __init__(self, guests: Mapping[str, Guest], table: Table) -> None:
        self.table = table
        self.known = dict(guests)
        named = Counter(guest.name for guest in guests.values())
        self.known |= {
            f"name:{guest.name}": guest for guest in guests.values() if named[guest.name] == 1
        }
        self.stays: dict[str, list[tuple[datetime, datetime | None]]] = {}

    def take(self, dates: Dates) -> list[Skipped | Failed]:
        """Give each person her stays, in place of the one from first join to last leave."""
        rest: list[Skipped | Failed] = []
        found: dict[int, tuple[Guest, list[tuple[datetime, datetime | None]]]] = {}
        for number, cells in self.table.rows:
            guest = self._whose(cells)
            if guest is None:
                rest.append(Skipped(row=number, why="told of in the list of participants"))
                continue
            guest.rows += (number,)
            try:
                stay = _stay(self.table, cells, dates)
            except BadCell:
                continue  # the participant's own row tells it as well
            found.setdefault(id(guest), (guest, []))[1].append(stay)
        for guest, stays in found.values():
            if length := union(stays):
                guest.stays, guest.told = stays, length
        return rest

    def _whose(self, cells: Cells) -> Guest | None:
        try:
            email = read_email(self.table.cell(cells, "email"))
        except BadCell:
            email = None
        name = clean_name(self.table.cell(cells, "name"))
        return self.known.get(email or "") or self.known.get(f"name:{name}")


def _guest(table: Table, number: int, cells: Cells, dates: Dates) -> Guest:
    name = clean_name(table.cell(cells, "name"))
    email, account = _identity(table, cells)
    if not (name or email or account):
        raise BadCell("There is neither a name nor an address.", "Add the address of the person.")
    joined, left = _stay(table, cells, dates)
    told = read_length(table.cell(cells, "length"))
    if left is None and told is not None:
        left = joined + told
    longest = left - joined if left else None
    if told is not None and longest is not None and told > longest + timedelta(minutes=1):
        told = None
    return Guest(
        name=name,
        email=email,
        account=account,
        organiser=bool(ORGANISER.search(table.cell(cells, "role"))),
        rows=(number,),
        stays=[(joined, left)],
        told=told,
    )


def _identity(table: Table, cells: Cells) -> tuple[str | None, str]:
    """The address, and the user name where there is none: a UPN only looks like an address."""
    upn = table.cell(cells, "upn")
    email = read_email(table.cell(cells, "email"))
    return email, "" if email or len(upn) > 200 else upn


def _stay(table: Table, cells: Cells, dates: Dates) -> tuple[datetime, datetime | None]:
    if not table.cell(cells, "join"):
        raise BadCell("The join time is missing.", "Ask the organiser to let reports show times.")
    joined = dates.at(table.cell(cells, "join"))
    leave = table.cell(cells, "leave")
    left = dates.at(leave) if leave else None
    return joined, left if left and left >= joined else None


def _of_actions(table: Table, dates: Dates) -> Found:
    """The oldest reports: a row for each joining and leaving, of people with a name alone."""
    guests: dict[str, Guest] = {}
    rest: list[Skipped | Failed] = []
    opened: dict[str, datetime] = {}
    for number, cells in table.rows:
        try:
            name = clean_name(table.cell(cells, "name"))
            joins = words.joins(table.cell(cells, "action"))
            at = dates.at(table.cell(cells, "time"))
        except BadCell as bad:
            rest.append(Failed(row=number, why=bad.why, mend=bad.mend))
            continue
        guest = guests.setdefault(name, Guest(name=name))
        guest.rows += (number,)
        if joins:
            opened.setdefault(name, at)
        else:
            since = opened.pop(name, None)
            guest.stays.append((since, at) if since and at >= since else (at, None))
    for name, at in opened.items():
        guests[name].stays.append((at, None))
    return list(guests.values()), rest


def read_length(written: str) -> timedelta | None:
    """A length such as "1h 30m 5s", "1 Std. 3 Min." or "01:30:05"; None for anything else."""
    text = written.strip()
    if clock := re.fullmatch(r"(\d{1,3}):(\d{2})(?::(\d{2}))?", text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    parts = re.findall(r"(\d{1,6})\s*([^\W\d_]+)\.?", text)
    if not parts or re.sub(r"(\d{1,6})\s*([^\W\d_]+)\.?|[\s,]", "", text):
        return None
    found = timedelta()
    for number, unit in parts:
        size = words.unit(unit)
        if size is None:
            return None
        found += int(number) * size
    return found
