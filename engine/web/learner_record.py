"""My learning: the lines of a record as sentences by month, and everything around them."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from flask import url_for
from markupsafe import Markup

from engine import profiles, records
from engine.activity import Facts
from engine.competencies.counting import Counted, count_rows
from engine.competencies.policy import Policy
from engine.moments import from_us
from engine.people import service as people
from engine.pipeline import reader as statements
from engine.records import Line, Place, Wanted
from engine.reviews import dialogue
from engine.sources import records as sources
from engine.sources.records import Change
from engine.web import learner_words, words
from engine.web.learner_reader import Reader
from xapi import statements as xapi
from xapi import text

PAGE = 120
WEEKS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line as the page shows it."""

    sentence: Markup
    at: int
    source: str
    audience: str
    audience_url: str
    note: Markup
    facts: tuple[str, ...] = ()
    quiet: bool = False
    accepted: bool = False
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Neighbouring lines that say little, put together."""

    summary: str
    items: tuple[Markup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of the page: `said` counts what it held, as far as the page shows it."""

    name: str
    ident: str
    said: str
    entries: tuple[Entry | Fold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows, and how to go on; `further` is empty at the end of the record."""

    months: tuple[Month, ...]
    lead: str = ""
    further: str = ""
    further_words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known about some lines beside the lines themselves."""

    policy: Policy
    counted: Mapping[uuid.UUID, Sequence[Counted]]
    accepted: Mapping[uuid.UUID, int]
    changes: Mapping[uuid.UUID, Change]
    left_out: frozenset[uuid.UUID]
    titles: Mapping[str, str] = field(default_factory=dict)


def shown(reader: Reader, wanted: Wanted, before: Place | None, hidden: Iterable[int]) -> Shown:
    """The page of a record that begins after a place."""
    found = records.lines(
        reader.who.keys, wanted, limit=PAGE + 1, before=before, without=tuple(hidden)
    )
    kept = _whole_months(reader, found)
    entries = entries_of(reader, kept, context_of(reader, kept))
    rest = found[len(kept) :]
    months = tuple(
        _month(
            reader, month, list(those), goes_on=bool(rest) and _month_of(reader, rest[0]) == month
        )
        for month, those in groupby(entries, key=lambda one: _month_of(reader, one.line))
    )
    place = kept[-1].place if kept else None
    return Shown(
        months=months,
        lead=_newest_month(reader, entries),
        further=f"{place.at}-{place.seq}" if place and rest else "",
        further_words=_further(reader, kept, rest),
    )


def _month_of(reader: Reader, line: Line) -> date:
    return reader.day(line.place.at).replace(day=1)


def _whole_months(reader: Reader, found: list[Line]) -> list[Line]:
    """As many lines as a page takes, cut between months where it holds more than one."""
    if len(found) <= PAGE:
        return found
    following, kept = _month_of(reader, found[PAGE]), found[:PAGE]
    whole = [line for line in kept if _month_of(reader, line) != following]
    return whole or kept


def _further(reader: Reader, kept: Sequence[Line], rest: Sequence[Line]) -> str:
    if not rest:
        return ""
    month = _month_of(reader, rest[0])
    name = words.month_words(month, reader.today)
    begun = bool(kept) and _month_of(reader, kept[-1]) == month
    return f"Show the rest of {name} and earlier" if begun else f"Show {name} and earlier"


def read_place(given: str) -> Place | None:
    """Where a page goes on, as the address says it; None for anything else."""
    match = re.fullmatch(r"(-?\d{1,18})-(\d{1,18})", given)
    return Place(int(match[1]), int(match[2])) if match else None


# ---- Lines as sentences --------------------------------------------------------


def entries_of(reader: Reader, lines: Sequence[Line], context: Context) -> list[Entry]:
    """Lines as the page shows them, in the same order."""
    return [_entry(reader, line, context) for line in lines]


def context_of(reader: Reader, lines: Sequence[Line]) -> Context:
    """All that the page says about lines, each kind of it in one go."""
    sids = [line.sid for line in lines]
    record = profiles.record_of(
        reader.who.keys,
        words=people.words_of(reader.who.id),
        decisions=profiles.Decisions.load(),
        statements=[str(sid) for sid in sids],
    )
    counted: dict[uuid.UUID, list[Counted]] = {}
    for one in count_rows(record, date.max):
        counted.setdefault(uuid.UUID(one.row.statement_id), []).append(one)
    opinions = records.opinions(sids, reader.who.keys)
    return Context(
        policy=record.policy,
        counted=counted,
        accepted={sid: sum(one.verdict > 0 for one in said) for sid, said in opinions.items()},
        changes=sources.changes(sids),
        left_out=frozenset(sources.left_out(reader.who, sids)),
        titles=_titles(lines, reader.language),
    )


def _titles(lines: Sequence[Line], language: str) -> dict[str, str]:
    """What the statements that these refer to are about, by their ids."""
    targets = {
        uuid.UUID(str(line.statement["object"]["id"]))
        for line in lines
        if line.statement["object"].get("objectType") == "StatementRef"
    }
    found = statements().many(sorted(targets))
    titles = {
        str(sid): words.title_of(text.parse(stored.payload), language)
        for sid, stored in found.items()
    }
    return {sid: title for sid, title in titles.items() if title}


def _entry(reader: Reader, line: Line, context: Context) -> Entry:
    counted = context.counted.get(line.sid, ())
    accepted = context.accepted.get(line.sid, 0)
    href = url_for("learner.item", sid=line.sid)
    sentence = words.sentence(
        line.statement,
        href=href,
        accepted_by=accepted,
        title=context.titles.get(str(line.statement["object"].get("id", "")).lower()),
        language=reader.language,
    )
    if change := context.changes.get(line.sid):
        sentence += " " + change_words(reader, change, reader.source(line.origin))
    return Entry(
        sentence=sentence,
        at=line.place.at,
        source=reader.source(line.origin),
        audience=audience_words(reader, line.audience),
        audience_url=f"{href}#seen",
        note=_note(reader, line, counted, context),
        quiet=_is_quiet(reader, line, context),
        accepted=accepted > 0,
        line=line,
    )


def audience_words(reader: Reader, audience: str) -> str:
    """Who sees a line, with a community by its name."""
    kind, _, slug = audience.partition(":")
    return f"{kind}:{dict(reader.who.communities).get(slug, slug)}" if slug else kind


def _is_quiet(reader: Reader, line: Line, context: Context) -> bool:
    """A view or a like that yields no evidence; her own notes always stand by themselves."""
    spoken = line.sid in context.counted or line.sid in context.left_out
    return not spoken and not reader.is_own(line.origin) and learner_words.is_quiet(line.statement)


def _note(reader: Reader, line: Line, counted: Sequence[Counted], context: Context) -> Markup:
    if line.sid in context.left_out:
        return Markup("You left it out. It stays in your record and does not count.")
    if counted:
        links = {one.row.competency: reader.competency_link(one.row.competency) for one in counted}
        return learner_words.note(counted, context.policy, links)
    if words.verb_name(line.statement) in ("accepted", "rejected"):
        return Markup("Your word helps somebody else’s level, not yours.")
    if dialogue.is_word(line.origin, line.statement):
        return Markup("Something said about levels or lines. It adds nothing to your levels.")
    if _is_quiet(reader, line, context):
        return Markup("Adds nothing to your levels on its own.")
    return Markup("Reaches no competency yet. Your L&amp;D team sees it in its list.")


def change_words(reader: Reader, change: Change, source: str) -> str:
    """What the source had said before the learner corrected it: `Zoom reported 30 minutes; …`."""
    day = words.full_date(reader.day(change.at))
    said = _differences(reader, change.reported, change.corrected) if change.reported else []
    reported = f"{source} reported {words.listed(said)}; you" if said else "You"
    return f"{reported} corrected it on {day}."


def _differences(reader: Reader, reported: Facts, corrected: Facts) -> list[str]:
    """What was reported otherwise."""
    said = []
    if reported["duration"] != corrected["duration"]:
        said.append(words.iso_duration(reported["duration"]) or "no length")
    if reported["at"] != corrected["at"]:
        said.append(words.moment_words(xapi.read_timestamp(reported["at"]), reader.zone))
    before = reported["object"].get("title")
    if before != corrected["object"].get("title"):
        said.append(f"“{words.clean(before)}”" if before else "no title")
    return said


# ---- Months ------------------------------------------------------------------------


def _month(reader: Reader, month: date, entries: Sequence[Entry], *, goes_on: bool) -> Month:
    quiet = sum(entry.quiet for entry in entries)
    counts = [
        words.counted(len(entries) - quiet, "activity") if len(entries) > quiet else "",
        _quiet_count(entries, quiet),
    ]
    said = words.listed([count for count in counts if count])
    return Month(
        name=f"{words.MONTHS[month.month - 1]} {month.year}",
        ident=f"m{month:%Y-%m}",
        said=f"{said} so far, more below" if goes_on else said,
        entries=tuple(_folded(reader, entries)),
    )


def _quiet_count(entries: Sequence[Entry], quiet: int) -> str:
    if not quiet:
        return ""
    likes = sum(
        entry.quiet and words.verb_name(entry.line.statement) == "liked" for entry in entries
    )
    return words.counted(
        quiet, "view or like" if likes else "view", "views and likes" if likes else None
    )


def _folded(reader: Reader, entries: Sequence[Entry]) -> Iterable[Entry | Fold]:
    for quiet, those in groupby(entries, key=lambda entry: entry.quiet):
        listed = list(those)
        if quiet and len(listed) > 1:
            yield _fold(reader, listed)
        else:
            yield from listed


def _fold(reader: Reader, entries: Sequence[Entry]) -> Fold:
    last, first = reader.day(entries[0].at), reader.day(entries[-1].at)
    what = learner_words.quiet_words([entry.line.statement for entry in entries])
    span = learner_words.span_words(first, last)
    return Fold(
        summary=f"{what}, {span}. They add nothing to your levels on their own.",
        items=tuple(
            Markup("{} {}, {}").format(
                entry.sentence, words.day_words(reader.day(entry.at), reader.today), entry.source
            )
            for entry in entries
        ),
    )


def _newest_month(reader: Reader, entries: Sequence[Entry]) -> str:
    """What the newest month held, in one sentence."""
    spoken = [entry for entry in entries if not entry.quiet]
    if not spoken:
        return ""
    month = _month_of(reader, spoken[0].line)
    those = [entry for entry in spoken if _month_of(reader, entry.line) == month]
    said = learner_words.month_words(
        [entry.line.statement for entry in those], sum(entry.accepted for entry in those)
    )
    return f"In {words.month_words(month, reader.today)} you {said}."


# ---- Days ---------------------------------------------------------------------------


def days(reader: Reader, hidden: Iterable[int]) -> Counter[date]:
    """How much is recorded on each day of the strip, on her clock."""
    since = reader.midnight(reader.today - timedelta(weeks=WEEKS))
    counts: Counter[date] = Counter()
    for at, count in records.moments(reader.who.keys, since=since, without=tuple(hidden)):
        counts[words.local(from_us(at), reader.zone).date()] += count
    return counts


def days_words(reader: Reader, counts: Counter[date]) -> str:
    """On how many days there was something, since the first month of the strip."""
    first = min((day for day in counts if day <= reader.today), default=None)
    if first is None:
        return "Nothing was recorded in the past six months."
    active = sum(day <= reader.today for day in counts)
    since = words.month_words(first, reader.today)
    return f"Since {since} something was recorded on {words.counted(active, 'day')}."
