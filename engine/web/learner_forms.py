"""What learners type into forms: read, checked, and said back with the mend where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from engine.sources.decisions import LINK, LINKS, Correction, Note
from engine.web import words
from engine.web.learner_reader import Reader

KINDS = (
    ("conversation", "A conversation"),
    ("lunch-and-learn", "A lunch and learn"),
    ("reading", "Something I read"),
    ("slide-deck", "Slides"),
    ("committee", "A committee or working group"),
    ("mentoring", "Mentoring"),
    ("job-shadowing", "Job shadowing"),
    ("webinar", "A webinar or talk"),
    ("video", "A video"),
    ("audio", "A podcast or recording"),
    ("other", "Something else"),
)
LONGEST_TITLE = 200
LONGEST_MINUTES = 7 * 24 * 60
EARLIEST = date(1950, 1, 1)
NOON = time(12)
DAYS = ("when", "day", "from", "to")

Errors = dict[str, str]


@dataclass(slots=True, kw_only=True)
class Form:
    """What came, and what is wrong with it by field, in the order of the form."""

    given: Mapping[str, str]
    errors: Errors = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field's text, trimmed."""
        return self.given.get(name, "").strip()

    def fields(self, *names: str) -> dict[str, str]:
        """What the form shows again; a day that is none cannot stand in a field for days."""
        typed = {name: self.text(name) for name in names}
        return {
            name: "" if name in DAYS and read_day(text) is None else text
            for name, text in typed.items()
        }

    def day(self, name: str, reader: Reader, *, missing: str = "") -> date | None:
        """A day that is not in the future; None when it is missing or wrong."""
        typed = self.text(name)
        if not typed:
            if missing:
                self.errors[name] = missing
            return None
        found = read_day(typed)
        if found is None:
            self.errors[name] = (
                f"“{words.clean(typed, 40)}” is not a day. Write it like 2026-11-20."
            )
        elif found > reader.today:
            self.errors[name] = (
                f"{words.full_date(found)} is still to come. Note it when it has happened."
            )
        elif found < EARLIEST:
            self.errors[name] = f"{words.full_date(found)} is too long ago. Check the year."
        else:
            return found
        return None

    def minutes(self, name: str) -> timedelta | None:
        """A number of minutes; None when it is left out or wrong."""
        typed = self.text(name)
        if not typed:
            return None
        if not re.fullmatch(r"\d{1,6}", typed) or not 0 < int(typed) <= LONGEST_MINUTES:
            self.errors[name] = (
                f"“{words.clean(typed, 40)}” is not a length. Write whole minutes, such as 45."
            )
            return None
        return timedelta(minutes=int(typed))

    def link(self, name: str) -> str | None:
        """A web address; None when it is left out or wrong."""
        typed = self.text(name)
        if typed and (len(typed) > LINK or not LINKS.fullmatch(typed)):
            self.errors[name] = (
                f"“{words.clean(typed, 60)}” is not a link. Copy it from the browser, such as"
                " https://example.org/slides."
            )
            return None
        return typed or None

    def title(self, name: str, *, missing: str = "") -> str | None:
        """One line of at most 200 letters; None when it is missing or wrong."""
        typed = words.clean(self.text(name), 10_000)
        if not typed and missing:
            self.errors[name] = missing
        elif len(typed) > LONGEST_TITLE:
            self.errors[name] = (
                f"This has {len(typed)} letters. Say it in {LONGEST_TITLE} or fewer."
            )
        else:
            return typed or None
        return None

    def chosen(self, name: str, options: Mapping[str, object], *, wrong: str) -> str | None:
        """One of the options; None when nothing or something else was chosen."""
        typed = self.text(name)
        if typed in options:
            return typed
        self.errors[name] = wrong
        return None


def read_day(typed: str) -> date | None:
    """A day as browsers send it; None for anything else."""
    try:
        return date.fromisoformat(typed) if re.fullmatch(r"\d{4}-\d\d-\d\d", typed) else None
    except ValueError:
        return None


# ---- A note --------------------------------------------------------------------


def read_note(form: Form, reader: Reader) -> Note | None:
    """What she notes; None when something is wrong with it."""
    title = form.title("title", missing="Say what it was about.")
    day = form.day("when", reader, missing="Say when it was.")
    kind = form.chosen("kind", dict(KINDS), wrong="Choose which kind of thing it was.")
    tags = tags_of(reader)
    towards = form.text("competency")
    if towards and towards not in tags:
        form.errors["competency"] = (
            "This is not in the list. Choose from the list, or leave it out."
        )
    length, link = form.minutes("minutes"), form.link("link")
    if form.errors or title is None or day is None or kind is None:
        return None
    return Note(
        title=title,
        kind=kind,
        at=reader.now if day == reader.today else reader.at(day, NOON),
        duration=length,
        tags=(tags[towards],) if towards else (),
        link=link,
    )


def tags_of(reader: Reader) -> dict[str, str]:
    """For each competency that a tag leads to alone, such a tag; its own name where that is one."""
    found: dict[str, str] = {}
    for tag, targets in dict(reader.ruleset.config.get("tags", {})).items():
        reached = [targets] if isinstance(targets, str) else list(targets)
        if len(reached) == 1 and (reached[0] not in found or tag == reader.short(reached[0])):
            found[reached[0]] = tag
    return {id_: found[id_] for id_ in reader.shorts if id_ in found}


# ---- A correction -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What stands, as the form of a correction shows it."""

    day: date
    clock: time
    minutes: str
    title: str

    @property
    def fields(self) -> dict[str, str]:
        """The form's fields before anything is typed."""
        return {
            "day": self.day.isoformat(),
            "clock": f"{self.clock:%H:%M}",
            "minutes": self.minutes,
            "title": self.title,
        }


def read_correction(form: Form, reader: Reader, now: Now) -> Correction | None:
    """What she corrects: only fields that differ from what stands; None when something is wrong."""
    day = form.day("day", reader, missing="Say when it was.")
    clock = _clock(form)
    length = form.minutes("minutes") if form.text("minutes") != now.minutes else None
    title = form.title("title") if form.text("title") != now.title else None
    if form.errors or day is None or clock is None:
        return None
    moved = (day, clock) != (now.day, now.clock)
    at = reader.at(day, clock) if moved else None
    if at is not None and at > reader.now:
        form.errors["clock"] = f"{clock:%H:%M} is still to come today. Give an earlier time."
    elif at is None and length is None and title is None:
        form.errors["title" if now.title else "day"] = "Nothing is changed. Change what is wrong."
    return None if form.errors else Correction(at=at, duration=length, title=title)


def _clock(form: Form) -> time | None:
    typed = form.text("clock")
    try:
        return datetime.strptime(typed[:5], "%H:%M").time()  # noqa: DTZ007 - a clock has no zone
    except ValueError:
        form.errors["clock"] = (
            f"“{words.clean(typed, 40)}” is not a time. Write it like 14:30."
            if typed
            else "Say at what time it was."
        )
        return None
