"""People from a CSV, a row each; several values of one cell stand with bars between them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from sqlalchemy import select

from engine.db import db
from engine.errors import BadReport, Refused
from engine.people import service
from engine.people.accounts import external_id_key, username_key
from engine.people.models import Community, ManagerOf, Membership, Person
from engine.reading import decode

COLUMNS = ("name", "email", "identifiers", "communities", "manager", "username", "external_id")
MAX_ROWS = 100_000
SEPARATORS = ",;\t"
PORTION = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did; `problems` says where, why and mend of what needs a hand."""

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


def import_people(
    body: bytes,
    *,
    by: str = "",
    unit: Callable[[], AbstractContextManager[object]] = nullcontext,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Create or update people; a row that contradicts what is known is a problem, the rest go on.

    :param unit: opens a transaction for each portion of the rows, so that a long file keeps
        nobody waiting; without it all of it is in the caller's.
    :raises BadReport: the header is not the expected one; nothing is changed.
    """
    created, kept, problems = 0, list[_Line](), list[dict[str, str]]()
    lines = list(_lines(body))
    for start in range(0, len(lines), PORTION):
        with unit():
            for line in lines[start : start + PORTION]:
                created += _take(line, by, kept, problems)
        if progress:
            progress(start)
    for start in range(0, len(kept), PORTION):
        with unit():
            problems += _link_managers(kept[start : start + PORTION])
    return Imported(created=created, updated=len(kept) - created, problems=problems)


def _take(
    line: _Line | dict[str, str], by: str, kept: list[_Line], problems: list[dict[str, str]]
) -> bool:
    """Put a row where it belongs, kept or told as a problem; whether it made a new person."""
    if isinstance(line, dict):
        problems.append(line)
        return False
    try:
        with db.session.begin_nested():
            fresh = _apply(line, by)
    except Refused as refusal:
        problems.append(_problem(line.row, refusal))
        return False
    kept.append(line)
    return fresh


def _lines(body: bytes) -> Iterator[_Line | dict[str, str]]:
    decoded = decode(body)
    if decoded.warning:
        mend = "If a name looks wrong, save the file as CSV UTF-8 and import it again."
        yield {"where": "file", "why": decoded.warning, "mend": mend}
    first = decoded.text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    rows = csv.reader(io.StringIO(decoded.text, newline=""), delimiter=separator)
    try:
        yield from _read(rows)
    except csv.Error as error:
        raise BadReport(f"This cannot be read as CSV: {error}.", "Save it as CSV UTF-8.") from error


def _read(rows: Iterator[list[str]]) -> Iterator[_Line | dict[str, str]]:
    header = _header(next(rows, []))
    for row, cells in enumerate(rows, start=2):
        if row > MAX_ROWS:
            raise BadReport(f"More than {MAX_ROWS} rows.", "Split the file.", where=f"row {row}")
        if any(cell.strip() for cell in cells):
            yield _read_line(row, header, cells)


def _header(cells: Sequence[str]) -> list[str]:
    """The columns in their order; each at most once, none that is not known."""
    header = [name.strip().lower() for name in cells]
    while header and not header[-1]:
        header.pop()
    known = set(header) <= set(COLUMNS) and len(set(header)) == len(header)
    if not known or "email" not in header:
        raise BadReport(
            f"The first row is {', '.join(header) or 'empty'}.",
            f"It must be: {','.join(COLUMNS)} (only email is needed).",
            where="row 1",
        )
    return header


def _read_line(row: int, header: Sequence[str], values: Sequence[str]) -> _Line | dict[str, str]:
    cells = dict(zip(header, values, strict=False))
    try:
        if any(value.strip() for value in values[len(header) :]):
            raise Refused(
                f"There are {len(values)} cells under {len(header)} headings.",
                "Put a cell with commas in quotes, and bars between several values.",
            )
        manager = cells.get("manager", "").strip()
        return _Line(
            row=row,
            name=cells.get("name", "").strip(),
            email=service.clean_email(cells.get("email", "")),
            identifiers=_identifiers(cells),
            communities=_values(cells.get("communities", "")),
            manager=service.clean_email(manager) if manager else "",
        )
    except Refused as refusal:
        return _problem(row, refusal)


def _identifiers(cells: Mapping[str, str]) -> tuple[str, ...]:
    return (
        *_values(cells.get("identifiers", "")),
        *map(username_key, _values(cells.get("username", ""))),
        *map(external_id_key, _values(cells.get("external_id", ""))),
    )


def _values(cell: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in cell.split("|") if value.strip())


def _problem(row: int, refusal: Refused) -> dict[str, str]:
    return {"where": f"row {row}", "why": refusal.why, "mend": refusal.mend}


def _apply(line: _Line, by: str) -> bool:
    """Keep one row; whether it made a new person."""
    found = service.find_person(line.email)
    person = found or service.create_person(name=line.name, email=line.email, by=by)
    if line.name and person.email == line.email:  # a merged record's name is not hers
        person.name = line.name
    for identifier in line.identifiers:
        service.link(person, identifier, by=by)
    for name in line.communities:
        _join(person, name)
    db.session.flush()
    return found is None


def _join(person: Person, name: str) -> None:
    community = find_community(name)
    if db.session.get(Membership, (person.id, community.id)) is None:
        db.session.add(Membership(person_id=person.id, community_id=community.id))


def find_community(name: str) -> Community:
    """The community of this name, made when there is none.

    Names that differ in case or spaces only are one; others never share a slug, since audiences
    are named by it.
    """
    slug = _slug(name)
    alike = (Community.slug == slug) | Community.slug.like(f"{slug}-%")
    there = db.session.scalars(select(Community).where(alike)).all()
    for community in there:
        if _folded(community.name) == _folded(name):
            return community
    taken = {community.slug for community in there}
    free = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    community = Community(slug=slug if slug not in taken else _first(free, taken), name=name)
    db.session.add(community)
    db.session.flush()
    return community


def _first(slugs: Iterator[str], taken: set[str]) -> str:
    return next(slug for slug in slugs if slug not in taken)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "community"


def _link_managers(lines: list[_Line]) -> list[dict[str, str]]:
    """Managers come last, since they may stand further down in the same file."""
    problems = []
    for line in lines:
        if line.manager:
            try:
                _link_manager(line)
            except Refused as refusal:
                problems.append(_problem(line.row, refusal))
    return problems


def _link_manager(line: _Line) -> None:
    person, manager = service.get_person(line.email), service.find_person(line.manager)
    if manager is None:
        raise Refused(f"Nobody is {line.manager}.", "Give her a row of her own.")
    if manager.id == person.id:
        raise Refused(f"{line.email} cannot manage herself.", "Name somebody else, or nobody.")
    db.session.merge(ManagerOf(person_id=person.id, manager_id=manager.id))
