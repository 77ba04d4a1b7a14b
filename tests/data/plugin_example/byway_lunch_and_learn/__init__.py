"""Sign-in sheets of lunch-and-learn talks, kept as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.api import (
    Activity,
    Actor,
    BadCell,
    BadReport,
    Bundle,
    Dates,
    Failed,
    Line,
    Privacy,
    Row,
    Shape,
    Skipped,
    Source,
    SourceSettings,
    Table,
    ValidationError,
    clean_name,
    decode,
    fields,
    find_tables,
    hookimpl,
    read_dates,
    read_email,
    read_zone,
)

SHEET = Shape(
    name="sheet",
    columns={  # the headings that mean each column, in small letters
        "talk": ("talk", "title", "session"),
        "started": ("started", "start"),
        "ended": ("ended", "end"),
        "name": ("name", "full name"),
        "email": ("email", "e-mail", "email address"),
        "role": ("role",),
        "topics": ("topics", "tags"),
    },
    required=("talk", "ended", "email"),
)
VERBS = {"": "attended", "guest": "attended", "speaker": "presented", "host": "hosted"}


def _known_zone(name: str) -> None:
    try:
        read_zone(name)
    except BadReport as unknown:
        raise ValidationError(f"{unknown.why} {unknown.mend}") from unknown


class LunchAndLearnSettings(SourceSettings):
    """Whose sheets they are, and the clock on their wall."""

    office = fields.String(
        load_default="",
        metadata={
            "identity": True,
            "label": "Office",
            "help": "Any name for the office, when sheets of more than one are collected.",
        },
    )
    timezone = fields.String(
        required=True,
        validate=_known_zone,
        metadata={
            "label": "Time zone of the sheets",
            "help": "The zone their times are written in, such as Europe/London.",
        },
    )


class LunchAndLearn(Source):
    """Who came to a talk, who gave it, and how long it took."""

    name = "lunch-and-learn"
    title = "Lunch-and-learn sign-in sheets"
    api_version = 1
    mark = "Lu"
    settings = LunchAndLearnSettings
    privacy = Privacy(
        reads=("name", "email", "role", "who sent apologies"),
        keeps=("name", "email", "role as a speaker or host", "time and length of the talk"),
        note="Guests without an address wait, unmatched, until somebody links them.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Skipped | Failed]:
        """Each line of each sheet; a line that cannot be read fails by itself."""
        for delivery in bundle.deliveries:
            for table in find_tables(decode(delivery.body).text, [SHEET]).tables:
                dates = read_dates(_times(table), zone=settings["timezone"])
                yield from (self.line(line, dates) for line in table.lines)

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """Say so where the encoding was only a guess."""
        found = (decode(delivery.body).warning for delivery in bundle.deliveries)
        return (warning for warning in found if warning)

    def line(self, line: Line, dates: Dates) -> Activity | Skipped | Failed:
        """What one line says."""
        if line["role"].casefold() == "apologies":
            return Skipped(row=line.number, why="sent apologies")
        try:
            return self.visit(line, dates)
        except BadCell as bad:
            return Failed(row=line.number, why=bad.why, mend=bad.mend)

    def visit(self, line: Line, dates: Dates) -> Activity:
        """That somebody was there; known again by talk, end and whoever signed, as written."""
        email, name = read_email(line["email"]), clean_name(line["name"])
        ended = dates.at(line["ended"])
        return Activity(
            rows=(line.number,),
            keys=(f"{line['talk']}|{line['ended']}|{line['email'] or line['name']}",),
            actor=Actor(name=name or None, email=email),
            verb=_verb(line["role"]),
            type="meeting",
            title=line["talk"],
            at=ended,
            duration=_length(line["started"], ended, dates),
            tags=tuple(word.strip() for word in line["topics"].split(";") if word.strip()),
        )


def _times(table: Table) -> list[tuple[Row, str]]:
    """Every time of a sheet, so that the order of day and month is decided once for all."""
    columns = ("started", "ended")
    return [(line.number, line[name]) for line in table.lines for name in columns if line[name]]


def _verb(role: str) -> str:
    if role.casefold() not in VERBS:
        known = "Speaker, Host, Guest, Apologies or nothing"
        raise BadCell(f"“{role}” is no role.", f"Write {known}, and send the sheet again.")
    return VERBS[role.casefold()]


def _length(started: str, ended: datetime, dates: Dates) -> timedelta | None:
    """How long it took; unknown without a start, or when it ended before."""
    if not started:
        return None
    length = ended - dates.at(started)
    return length if length > timedelta(0) else None


@hookimpl
def register_sources() -> list[Source]:
    """Bring the source."""
    return [LunchAndLearn()]
