"""Choosing what My learning shows: reading the choice, offering it, and saying what it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from engine import records
from engine.records import NOTHING, Wanted
from engine.web import words
from engine.web.learner_forms import EARLIEST, Form, read_day
from engine.web.learner_reader import Reader

NAMES = ("source", "competency", "from", "to", "audience")
AUDIENCES = ("private", "manager", "community", "public")


def read_wanted(form: Form, reader: Reader) -> Wanted:
    """Which lines are asked for; what cannot be read is said and left out."""
    first, last = _bound(form, "from"), _bound(form, "to")
    if first and last and first > last:
        form.errors["to"] = "The last day is before the first. Swap them."
    competency, audience, source = (form.text(x) for x in ("competency", "audience", "source"))
    return Wanted(
        origin=int(source) if re.fullmatch(r"\d{1,9}", source) else None,
        competency=NOTHING if competency == NOTHING else reader.find(competency) or None,
        audience=audience if audience in AUDIENCES else None,
        since=reader.midnight(first) if first else None,
        until=reader.following(last) if last else None,
    )


def _bound(form: Form, name: str) -> date | None:
    typed = form.text(name)
    found = read_day(typed)
    if typed and (found is None or not EARLIEST <= found < date.max - timedelta(days=2)):
        form.errors[name] = f"“{words.clean(typed, 40)}” is not a day. Write it like 2026-11-20."
        return None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The choices of the filters: value and words."""

    sources: list[tuple[str, str]]
    competencies: list[tuple[str, str]]
    audiences: list[tuple[str, str]]


def filters(reader: Reader, hidden: Iterable[int]) -> Filters:
    """What she can choose between: only what her record holds."""
    held = records.held(reader.who.keys).keys() - set(hidden)
    sources = sorted((_plural_source(reader, id_), str(id_)) for id_ in held)
    reached = sorted(
        (reader.competency(id_), reader.short(id_)) for id_ in records.competencies(reader.who.keys)
    )
    return Filters(
        sources=[("", "All sources"), *((id_, name) for name, id_ in sources)],
        competencies=[
            ("", "Anything"),
            *((id_, name) for name, id_ in reached),
            (NOTHING, "No competency yet"),
        ],
        audiences=[
            ("", "Anybody"),
            ("private", words.audience("private")),
            ("manager", words.audience("manager")),
            ("community", "A community"),
            ("public", words.audience("public")),
        ],
    )


def _plural_source(reader: Reader, origin: int) -> str:
    return "Your own notes" if reader.is_own(origin) else reader.source(origin)


def chosen_words(reader: Reader, wanted: Wanted) -> str:
    """What the filters leave, as a sentence; empty when they leave everything."""
    parts = []
    if wanted.origin is not None:
        parts.append(f"from {_plural_source(reader, wanted.origin)}")
    if wanted.competency == NOTHING:
        parts.append("reaching no competency yet")
    elif wanted.competency is not None:
        parts.append(f"counting towards {reader.competency(wanted.competency)}")
    if wanted.audience is not None:
        whom = {"private": "you alone", "manager": "your manager", "public": "everybody"}
        parts.append(f"seen by {whom.get(wanted.audience, 'a community')}")
    if wanted.since is not None:
        parts.append(f"since {words.full_date(reader.day(wanted.since))}")
    if wanted.until is not None:
        parts.append(f"up to {words.full_date(reader.day(wanted.until - 1))}")
    return f"Shown here: {', '.join(parts)}." if parts else ""


def withheld_words(reader: Reader, withheld: Mapping[int, str]) -> str:
    """Which sources are left out here because she has not allowed them."""
    held = records.held(reader.who.keys)
    names = sorted(reader.source(id_) for id_ in withheld if id_ in held)
    if not names:
        return ""
    return f"What {words.listed(names)} holds about you is not shown and does not count."
