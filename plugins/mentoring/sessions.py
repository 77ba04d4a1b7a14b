"""From rows to meetings, and from what each side says to what both confirm.

A side's own word makes her part *planned*, as old as can be, so that anything outranks it. The
other's word tells that same part as it took place, done by whoever said she was there: such an
activity waits until she did. So the two rows may come in one file or in two, in either order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.api import (
    Activity,
    Actor,
    BadCell,
    Failed,
    Gone,
    ItemRef,
    Line,
    Skipped,
    Thing,
    find_sheets,
    read_email,
)
from plugins.attendance.rows import (
    Clock,
    between,
    clock,
    handle,
    person,
    slug,
    tags_in,
    web_address,
    word,
)
from plugins.mapped.moments import read_length
from plugins.mentoring import words

PLANNED = "planned"
VERBS = {"mentor": "mentored", "mentee": "attended"}
OTHER = {"mentor": "mentee", "mentee": "mentor"}
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""When plans were reported, so that what confirms one always outranks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One row: a meeting of two people, and which of them says so."""

    row: int | str
    key: str
    people: Mapping[str, Actor]
    at: datetime
    said_by: frozenset[str]
    status: str = ""
    duration: timedelta | None = None
    title: str = ""
    url: str | None = None
    parent: Thing | None = None
    tags: tuple[str, ...] = ()

    def part(self, side: str) -> str:
        """The key of one side's part."""
        return f"{self.key}|{side}"

    def told(self, side: str) -> str:
        """The key under which she herself told of it."""
        return f"{self.key}|told by {side}"

    def plan(self, side: str, *, own: bool = True, beside: bool = False) -> Activity:
        """One side's part while nobody else confirmed it; `own` where she told of it herself."""
        keys = (self.part(side), self.told(side)) if own else (self.part(side),)
        row = self._row(side, beside=beside)
        plan = self._activity(row, keys=keys, actor=self.people[side], verb=PLANNED)
        return replace(plan, duration=None, reported_at=OLDEST)

    def held(self, side: str, actor: Actor | ItemRef, *, beside: bool = False) -> Activity:
        """One side's part as it took place."""
        told = (self.told(side),) if isinstance(actor, Actor) else ()
        keys = (self.part(side), *told)
        return self._activity(
            self._row(side, beside=beside), keys=keys, actor=actor, verb=VERBS[side]
        )

    def gone(self, side: str, *, beside: bool = False) -> Gone:
        """One side's part, which did not take place."""
        return Gone(key=self.part(side), rows=(self._row(side, beside=beside),))

    def _row(self, side: str, *, beside: bool) -> int | str:
        """The row; what it tells of the other side stands `beside` it."""
        return f"row {self.row}, the {side}" if beside else self.row

    def _activity(self, row: int | str, **given: Any) -> Activity:
        return Activity(
            rows=(row,),
            type="mentoring",
            url=self.url,
            title=self.title or "Mentoring",
            at=self.at,
            duration=self.duration,
            parent=self.parent,
            tags=self.tags,
            **given,
        )


def read_sessions(
    body: bytes, settings: Mapping[str, Any]
) -> Iterator[Activity | Gone | Skipped | Failed]:
    """What the rows of a file come to, each meeting once.

    :raises BadReport: it holds no list of pairs, or its dates contradict each other.
    """
    tables = find_sheets(body, words.SHAPES).tables
    reader = _Reader(clock=clock(tables, ("date", "start", "end"), settings), settings=settings)
    meetings: dict[str, list[Meeting]] = {}
    for table in tables:
        for line in table.lines:
            try:
                meeting = reader.meeting(line)
            except BadCell as bad:
                yield Failed(row=line.number, why=bad.why, mend=bad.mend)
                continue
            meetings.setdefault(meeting.key, []).append(meeting)
    for rows in meetings.values():
        yield from _come_to(rows)


def _come_to(rows: list[Meeting]) -> Iterator[Activity | Gone | Skipped]:
    """What the rows about one meeting come to together; the last of each side counts."""
    last = rows[-1]
    if last.status == "cancelled":
        yield from _cancelled(rows)
        return
    rows = [one for one in rows if one.status != "cancelled"]
    told = {side: one for one in rows for side in one.said_by}
    if len(told) == 2:
        yield from _confirmed(rows, told)
    elif told:
        [(side, meeting)] = told.items()
        other = OTHER[side]
        yield meeting.plan(side)
        yield meeting.held(other, ItemRef(meeting.told(other)), beside=True)
        yield from _again(rows, {meeting.row})
    else:
        yield last.plan("mentor", own=False)
        yield last.plan("mentee", own=False, beside=True)
        yield from _again(rows, {last.row})


def _confirmed(rows: list[Meeting], told: Mapping[str, Meeting]) -> Iterator[Activity | Skipped]:
    """Both say so: each one's part is told as the other tells it."""
    one_row = told["mentor"].row == told["mentee"].row
    yield told["mentee"].held("mentor", told["mentor"].people["mentor"])
    yield told["mentor"].held("mentee", told["mentee"].people["mentee"], beside=one_row)
    yield from _again(rows, {one.row for one in told.values()})


def _cancelled(rows: list[Meeting]) -> Iterator[Gone | Skipped]:
    last = rows[-1]
    yield last.gone("mentor")
    yield last.gone("mentee", beside=True)
    yield from _again(rows, {last.row})


def _again(rows: list[Meeting], used: set[int | str]) -> Iterator[Skipped]:
    """Rows that another row of the same side took the place of."""
    for one in rows:
        if one.row not in used:
            yield Skipped(row=one.row, why="another row tells of the same meeting")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    clock: Clock
    settings: Mapping[str, Any]

    def meeting(self, line: Line) -> Meeting:
        """One row.

        :raises BadCell: it names fewer than two people, no date, or a mark that is not known.
        """
        people = {side: person(line, side) for side in VERBS}
        if handle(people["mentor"]) == handle(people["mentee"]):
            raise BadCell("Mentor and mentee are the same person.", "Correct one of them.")
        began, ended = self.clock.stay(line["date"], line["start"], line["end"])
        length = _length(line) or between(began, ended)
        status = _status(line["status"])
        site = str(self.settings["url"]).rstrip("/")
        key = _key(line, people, began or ended)
        return Meeting(
            row=line.number,
            key=key,
            people=people,
            at=ended + length if length and began == ended else ended,
            said_by=self._said_by(line, people, status),
            status=status,
            duration=length,
            title=" ".join(line["title"].split())[:300],
            url=web_address(line["url"]) or _place(line["number"], site),
            parent=_program(line["program"], site),
            tags=tags_in(line["tags"]),
        )

    def _said_by(self, line: Line, people: Mapping[str, Actor], status: str) -> frozenset[str]:
        """Which sides say that it took place."""
        if status == "planned":
            return frozenset()
        if status == "held" and self.settings.get("confirmed_by") == "coordinator":
            return frozenset(VERBS)
        said = {side for side in VERBS if _confirms(line[f"{side}_confirmed"])}
        return frozenset(said | _writer(line, people))


def _key(line: Line, people: Mapping[str, Actor], began: datetime) -> str:
    """A meeting by its number, or by the two and its beginning on their own clock."""
    if line["number"]:
        return f"session:{line['number']}"
    when = f"{began:%Y-%m-%dT%H:%M}" if line["start"] else f"{began:%Y-%m-%d}"
    return f"pair:{handle(people['mentor'])}|{handle(people['mentee'])}|{when}"


def _length(line: Line) -> timedelta | None:
    if line["duration"]:
        return read_length(line["duration"], "minutes")
    return read_length(line["hours"], "hours") if line["hours"] else None


def _place(number: str, site: str) -> str | None:
    """The address of a meeting; one known by the two people alone has none: it would name them."""
    return f"{site}#session-{slug(number)}" if slug(number) else None


def _program(cell: str, site: str) -> Thing:
    name = " ".join(cell.split())[:300]
    return Thing(url=f"{site}#{slug(name)}" if name else site, title=name or None, type="series")


def _status(cell: str) -> str:
    said = word(cell)
    for name, known in (
        ("cancelled", words.CANCELLED), ("held", words.HELD), ("planned", words.PLANNED),
    ):  # fmt: skip
        if said in known:
            return name
    if said:
        raise BadCell(
            f"“{cell[:60]}” is no status that is known.", "Write planned, held or cancelled."
        )
    return ""


def _confirms(cell: str) -> bool:
    """Whether a mark confirms; a date is the day on which somebody did."""
    said = word(cell)
    if not said or said in words.NO:
        return False
    if said in words.YES or sum(map(str.isdigit, said)) >= 4:
        return True
    raise BadCell(f"“{cell[:60]}” neither confirms nor denies.", "Write yes or no.")


def _writer(line: Line, people: Mapping[str, Actor]) -> set[str]:
    """The side who wrote the row, by its name or by her own."""
    written = {word(line["by"]), word(line["writer"])} - {""}
    if not written:
        return set()
    found = {side for side in VERBS if written & (words.SIDES[side] | _names(people[side]))}
    if len(found) == 1:
        return found
    if {word(cell) for cell in ("coordinator", "administrator", "admin")} & written:
        return set()
    raise BadCell(
        f"“{(line['by'] or line['writer'])[:60]}” wrote the row and is neither mentor nor mentee.",
        "Write mentor or mentee, or the address of one of them.",
    )


def _names(actor: Actor) -> set[str]:
    known = {word(one) for one in (actor.name, actor.email) if one}
    return known | ({word(read_email(actor.email) or "")} if actor.email else set())
