"""The open handles as a CSV that somebody who knows fills in, and taking it back.

A row is taken by the same code in a preview, which is rolled back, and for good. Doing it twice
changes nothing the second time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.db import db, portions, transaction
from engine.errors import BadReport, Refused
from engine.moments import from_us
from engine.people import inbox, suggestions
from engine.people import service as people
from engine.people.inbox import Decider
from engine.reading import decode
from engine.sources import handles, linking, named
from engine.sources.handles import Handle
from engine.sources.linking import Unwanted

COLUMNS = (
    *("handle", "source", "rows", "first_seen", "last_seen"),
    *("suggestion", "reason", "email", "name", "decision"),
)
DECISIONS = ("", "link", "create", "ignore")
MAX_ROWS = 10_000
SEPARATORS = ",;\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One filled-in row."""

    row: int
    handle: str
    email: str
    name: str
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of a row: linked, created, ignored, already, left or refused; and why."""

    row: int
    handle: str
    outcome: str
    email: str = ""
    why: str = ""
    mend: str = ""


def written() -> Iterator[str]:
    """The open handles as CSV, line by line; no cell can be taken for a formula."""
    yield _row(COLUMNS)
    for part in portions([*handles.every(), *named.every()]):
        found = suggestions.suggest([one.key for one in part])
        for one in part:
            best = next(iter(found.get(one.key, ())), None)
            shown = (best.email, best.reason) if best else ("", "")
            strong = best is not None and best.strength == suggestions.STRONG
            yield _row((*_cells(one), shown[0] if strong else "", shown[1], "", "", ""))


def _cells(one: Handle) -> tuple[str, ...]:
    sources = "|".join(dict.fromkeys(seen.source for seen in one.seen))
    days = (from_us(moment).date().isoformat() for moment in (one.first, one.last))
    return (one.key, sources, str(one.rows), *days)


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_safe(cell) for cell in cells])
    return line.getvalue()


def _safe(cell: str) -> str:
    """A cell that no spreadsheet works out: an apostrophe before what would begin a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    """What a cell meant before `_safe`."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def preview(body: bytes, decider: Decider) -> list[Told]:
    """What taking this file would do, row by row; nothing is changed.

    :raises BadReport: it is no such file.
    """
    return _tried(list(_lines(body)), decider)


def _tried(lines: Sequence[Line], decider: Decider) -> list[Told]:
    told: list[Told] = []

    def work() -> None:
        told.extend(_taken(lines, decider))
        raise Unwanted("")

    linking.in_one(work)
    return told


def take(body: bytes, decider: Decider) -> list[Told]:
    """Take a filled-in file; a row that cannot be is refused with its reason, the others hold.

    :raises BadReport: it is no such file; nothing is changed.
    """
    lines = list(_lines(body))
    names = [line for line in lines if named.one(line.handle) is not None]
    with transaction():
        told = _taken([line for line in lines if line not in names], decider)
    told += [_named(line, decider) for line in names]
    return sorted(told, key=lambda one: one.row)


def _named(line: Line, decider: Decider) -> Told:
    """Take a row about a name whose rows wait: linking it reads them, outside any transaction."""
    told = _tried([line], decider)[0]
    if told.outcome not in ("linked", "created"):
        with transaction():
            return _taken([line], decider)[0]
    create = line.decision == "create"
    refusal = linking.tried(
        lambda: linking.link(line.handle, line.email, decider, create=create, name=line.name)
    )
    return _refused(told, refusal) if refusal else told


def _taken(lines: Sequence[Line], decider: Decider) -> list[Told]:
    keys = [key for line in lines if (key := _key(line.handle))]
    recorded = handles.among(keys)
    return [_one(line, recorded, decider) for line in lines]


def _key(text: str) -> str | None:
    try:
        return inbox.handle_of(text)
    except Refused:
        return None


def _one(line: Line, recorded: set[str], decider: Decider) -> Told:
    told = Told(row=line.row, handle=line.handle, outcome="left", email=line.email)
    try:
        with db.session.begin_nested():
            return _decided(line, told, recorded, decider)
    except Refused as refusal:
        return _refused(told, refusal)


def _refused(told: Told, refusal: Refused) -> Told:
    return replace(told, outcome="refused", why=refusal.why, mend=refusal.mend)


def _decided(line: Line, told: Told, recorded: set[str], decider: Decider) -> Told:
    if not line.email and not line.decision:
        return told
    key = inbox.handle_of(line.handle)
    waits = named.one(key) is not None
    if key not in recorded and not waits and not people.owners([key]):
        raise Refused(f"Nothing came under {key}.", "Take a fresh copy of the file.")
    if line.decision not in DECISIONS:
        raise Refused(
            f'"{line.decision[:40]}" is no decision.', "Write link, create, ignore or nothing."
        )
    if line.decision == "ignore":
        return _put_aside(line, told, key, decider)
    if not line.email:
        raise Refused("There is no address to link it to.", "Fill in the column email.")
    person, fresh = inbox.person_for(
        line.email, name=line.name, create=line.decision == "create", by=decider.name
    )
    inbox.require_may(decider, person)
    linked = True if waits else inbox.link(key, person, decider)
    outcome = "created" if fresh else "linked" if linked else "already"
    return replace(told, handle=key, outcome=outcome, email=person.email)


def _put_aside(line: Line, told: Told, key: str, decider: Decider) -> Told:
    if line.email:
        raise Refused("It says both ignore and an address.", "Empty one of the two cells.")
    if people.owners([key]):
        raise Refused(f"{key} belongs to somebody.", "Unlink it first.")
    outcome = "ignored" if inbox.ignore([key], decider) else "already"
    return replace(told, handle=key, outcome=outcome)


def _lines(body: bytes) -> Iterator[Line]:
    text = decode(body).text
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count))
    try:
        yield from _read_rows(rows)
    except csv.Error as error:
        raise BadReport(f"This cannot be read as CSV: {error}.", "Save it as CSV UTF-8.") from error


def _read_rows(rows: Iterator[list[str]]) -> Iterator[Line]:
    header = [name.strip().strip("'").lower() for name in next(rows, [])]
    places = {name: header.index(name) for name in COLUMNS if name in header}
    if "handle" not in places or not {"email", "decision"} & places.keys():
        raise BadReport(
            f"The first row is {', '.join(header)[:200] or 'empty'}.",
            "It must have the columns handle and email, as in the file you downloaded.",
            where="row 1",
        )
    for row, cells in enumerate(rows, start=2):
        if row > MAX_ROWS + 1:
            raise BadReport(f"More than {MAX_ROWS} rows.", "Split the file.", where=f"row {row}")
        if any(cell.strip() for cell in cells):
            yield _line(row, cells, places)


def _line(row: int, cells: Sequence[str], places: Mapping[str, int]) -> Line:
    def cell(name: str) -> str:
        place = places.get(name, len(cells))
        return _plain(cells[place]) if place < len(cells) else ""

    return Line(
        row=row,
        handle=cell("handle"),
        email=cell("email"),
        name=cell("name"),
        decision=cell("decision").lower(),
    )
