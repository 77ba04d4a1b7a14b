"""People from a CSV: name, email, identifiers, communities, manager; several values with bars."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from engine.db import db
from engine.errors import BadReport, Refused
from engine.people import service
from engine.people.models import Community, ManagerOf, Membership, Person

COLUMNS = ("name", "email", "identifiers", "communities", "manager")
MAX_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, row by row."""

    created: int = 0
    updated: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    row: int
    name: str
    email: str
    identifiers: tuple[str, ...]
    communities: tuple[str, ...]
    manager: str


def import_people(body: bytes, *, by: str = "") -> Imported:
    """Create or update people; a row that contradicts what is known is a problem, the rest go on.

    :raises BadReport: the header is not the expected one; nothing is changed.
    """
    lines, problems = [], []
    for line in _lines(body):
        if isinstance(line, dict):
            problems.append(line)
        else:
            lines.append(line)
    created = 0
    for line in lines:
        person = service.find_person(line.email)
        created += person is None
        try:
            with db.session.begin_nested():
                _apply(line, person, by)
        except Refused as refusal:
            created -= person is None
            problems.append(_problem(line.row, refusal))
    problems += _link_managers(lines)
    return Imported(created=created, updated=len(lines) - created, problems=problems)


def _lines(body: bytes) -> Iterator[_Line | dict[str, str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadReport("This file is not UTF-8 text.", "Save it as CSV UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip().lower() for name in next(reader, [])]
    if "email" not in header or not set(header) <= set(COLUMNS):
        raise BadReport(
            f"The first row is {', '.join(header) or 'empty'}.",
            f"It must be: {','.join(COLUMNS)} (only email is needed).",
            where="row 1",
        )
    for row, cells in enumerate(reader, start=2):
        if row > MAX_ROWS:
            raise BadReport(f"More than {MAX_ROWS} rows.", "Split the file.", where=f"row {row}")
        if any(cell.strip() for cell in cells):
            yield _read_line(row, dict(zip(header, cells, strict=False)))


def _read_line(row: int, cells: dict[str, str]) -> _Line | dict[str, str]:
    try:
        email = service.clean_email(cells.get("email", ""))
        manager = cells.get("manager", "").strip()
        return _Line(
            row=row,
            name=cells.get("name", "").strip(),
            email=email,
            identifiers=_values(cells.get("identifiers", "")),
            communities=_values(cells.get("communities", "")),
            manager=service.clean_email(manager) if manager else "",
        )
    except Refused as refusal:
        return _problem(row, refusal)


def _values(cell: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in cell.split("|") if value.strip())


def _problem(row: int, refusal: Refused) -> dict[str, str]:
    return {"where": f"row {row}", "why": refusal.why, "mend": refusal.mend}


def _apply(line: _Line, person: Person | None, by: str) -> None:
    if person is None:
        person = service.create_person(name=line.name, email=line.email, by=by)
    elif line.name:
        person.name = line.name
    for identifier in line.identifiers:
        if service.read_key(identifier) not in service.keys_of(person.id):
            service.link(person, identifier, by=by)
    for name in line.communities:
        _join(person, name)
    db.session.flush()


def _join(person: Person, name: str) -> None:
    community = find_community(name)
    if db.session.get(Membership, (person.id, community.id)) is None:
        db.session.add(Membership(person_id=person.id, community_id=community.id))


def find_community(name: str) -> Community:
    """The community of this name, made when there is none."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "community"
    community = db.session.scalar(select(Community).where(Community.slug == slug))
    if community is None:
        community = Community(slug=slug, name=name)
        db.session.add(community)
        db.session.flush()
    return community


def _link_managers(lines: list[_Line]) -> list[dict[str, str]]:
    """Managers come last, since they may stand further down in the same file."""
    problems = []
    for line in lines:
        person = service.find_person(line.email)
        manager = service.find_person(line.manager) if line.manager else None
        if line.manager and manager is None:
            mend = "Give her a row of her own."
            problems.append(
                {"where": f"row {line.row}", "why": f"Nobody is {line.manager}.", "mend": mend}
            )
        elif person and manager:
            db.session.merge(ManagerOf(person_id=person.id, manager_id=manager.id))
    return problems
