"""How pages speak: sentences, dates, ages, amounts and audiences in plain English."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from xapi.vocabulary import ALIASES, TYPE_ALIASES, TYPES, VERBS

Statement = Mapping[str, Any]

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# Control characters, lone surrogates, and marks that would turn the text around them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_ISO_DURATION = re.compile(
    r"P(?:(?P<year>[\d.]+)Y)?(?:(?P<month>[\d.]+)M)?(?:(?P<week>[\d.]+)W)?(?:(?P<day>[\d.]+)D)?"
    r"(?:T(?:(?P<hour>[\d.]+)H)?(?:(?P<minute>[\d.]+)M)?(?:(?P<second>[\d.]+)S)?)?"
)
_NAMES = {verb.iri: name for name, verb in VERBS.items()}
_TIMED = {"attended", "hosted", "presented", "watched", "listened", "read", "mentored"}
_REFERRED = {
    "disagreed": "a line of your record",
    "accepted": "an answer",
    "rejected": "an answer",
    "replied": "a discussion",
    "verified": "an activity",
    "voided": "a statement",
}


# ---- Amounts and lists ----------------------------------------------------


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 activity`, `3 activities`, `1,204 rows`; irregular plurals are given as `many`."""
    return f"{number:,} {one if number == 1 else many or _plural(one)}"


def _plural(word: str) -> str:
    if re.search("[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search("(s|x|ch|sh)$", word) else "s")


def listed(parts: Sequence[str], *, word: str = "and") -> str:
    """`a, b and c`; the result is Markup, and plain parts escaped, when any part is Markup."""
    marked = any(isinstance(part, Markup) for part in parts)
    text: type[str] = Markup if marked else str
    fit = [escape(part) for part in parts] if marked else list(parts)
    if len(fit) < 2:
        return text("").join(fit)
    return text(", ").join(fit[:-1]) + f" {word} " + fit[-1]


def duration(length: timedelta) -> str:
    """`57 minutes`, `1 hour 5 minutes`, `26 hours`; seconds only below a minute."""
    seconds = round(length.total_seconds())
    if seconds < 60:
        return counted(max(seconds, 0), "second")
    hours, minutes = divmod((seconds + 30) // 60, 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    return " ".join(counted(number, unit) for number, unit in parts if number)


def iso_duration(text: object) -> str | None:
    """An ISO 8601 duration in words; None for what is not one, or is nothing."""
    match = _ISO_DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    try:
        return _spent({unit: float(number) for unit, number in match.groupdict("0").items()})
    except (ValueError, OverflowError):  # 1.2.3, or more years than there are
        return None


def _spent(units: Mapping[str, float]) -> str | None:
    long = [(round(units[unit]), unit) for unit in ("year", "month", "week", "day")]
    clock = timedelta(hours=units["hour"], minutes=units["minute"], seconds=units["second"])
    words = [counted(number, unit) for number, unit in long if number]
    return " ".join([*words, *([duration(clock)] if clock else [])]) or None


# ---- Dates and ages -------------------------------------------------------


def local(moment: datetime, zone: str = "UTC") -> datetime:
    """The moment on the reader's clock; no zone, or an unknown one, is read as UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):  # ZoneInfo raises each of them for a bad name
        return moment.astimezone(UTC)


def full_date(day: date) -> str:
    """`12 November 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def day_words(day: date, today: date | None = None) -> str:
    """`Wed 18 November`; with the year unless it is today's."""
    year = "" if today and today.year == day.year else f" {day.year}"
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def month_words(day: date, today: date | None = None) -> str:
    """`November`; with the year unless it is today's."""
    year = "" if today and today.year == day.year else f" {day.year}"
    return f"{MONTHS[day.month - 1]}{year}"


def moment_words(moment: datetime, zone: str = "UTC") -> str:
    """`20 November 2026, 09:14` on the reader's clock."""
    there = local(moment, zone)
    return f"{full_date(there)}, {there:%H:%M}"


def ago(day: date, today: date) -> str:
    """`today`, `yesterday`, `8 days ago`, `5 weeks ago`, `6 months ago`, `February 2025`."""
    if (today - day).days == 1:
        return "yesterday"
    return _age(day, today, "ago")


def old(day: date, today: date) -> str:
    """`1 day old`, `11 weeks old`, `6 months old`, `from February 2025`; `from today`."""
    words = _age(day, today, "old")
    return words if words.endswith(" old") else f"from {words}"


def _age(day: date, today: date, word: str) -> str:
    days = (today - day).days
    if days < 0:
        return full_date(day)
    if days == 0:
        return "today"
    if days <= 30:
        return f"{counted(days, 'day')} {word}"
    if days // 7 <= 12:
        return f"{counted(days // 7, 'week')} {word}"
    months = (days * 12 + 182) // 365
    return f"{counted(months, 'month')} {word}" if months <= 12 else month_words(day)


def past_year(points: Sequence[tuple[date, int]]) -> str:
    """What a level did over its points, oldest first: `Up from 1 in May`, `Faded in August`.

    A rise older than half of the points reads `Steady since March`.
    """
    moves = [
        (place, points[place - 1][1], level, day)
        for place, (day, level) in enumerate(points)
        if place and level != points[place - 1][1]
    ]
    if not moves:
        return "Steady all year" if points and points[-1][1] else "No level in the past year"
    place, before, level, day = moves[-1]
    month = MONTHS[day.month - 1]
    if level < before:
        return f"Down from {before} in {month}" if level else f"Faded in {month}"
    if before == 0:
        return f"New in {month}" if len(moves) == 1 else f"Back in {month}"
    return (
        f"Up from {before} in {month}" if 2 * place >= len(points) - 1 else f"Steady since {month}"
    )


# ---- States ---------------------------------------------------------------


def support(confidence_ppm: int) -> str:
    """How much evidence stands behind a level; it is not a mark."""
    if confidence_ppm < 350_000:
        return "first signs"
    return "some support" if confidence_ppm <= 600_000 else "well supported"


def audience(value: str) -> str:
    """Who sees an item, said to the person it is about."""
    kind, _, name = value.partition(":")
    if kind == "community" and name:
        return f"{clean(name)} members"
    return {"private": "Only you", "manager": "Your manager", "public": "Public"}.get(value, value)


def audience_icon(value: str) -> str:
    """The name of the icon beside an audience: `lock`, `people` or `world`."""
    return {"private": "lock", "public": "world"}.get(value, "people")


def mark(source: str) -> str:
    """Two letters for a source: `Zo` for Zoom, `PH` for Policy Hub. Decoration, never the name."""
    names = re.findall(r"[^\W_]+", source)
    if len(names) > 1:
        return f"{names[0][0]}{names[1][0]}".upper()
    letters = "".join(names)[:2].capitalize()
    return letters or "··"


# ---- Text that came from elsewhere ----------------------------------------


def clean(text: str, limit: int = 200) -> str:
    """One line without control or direction marks, shortened with an ellipsis; not yet escaped."""
    line = " ".join(_UNFIT.sub(" ", text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def in_language(words: object, language: str = "en") -> str | None:
    """The entry of an xAPI language map that this reader reads best, else English, else any."""
    if not isinstance(words, Mapping):
        return None
    fit = {str(tag).lower(): clean(text) for tag, text in words.items() if isinstance(text, str)}
    fit = {tag: text for tag, text in fit.items() if text}
    ranked = sorted(fit, key=lambda tag: _distance(tag, language.lower()))
    return fit[ranked[0]] if ranked else None


def _distance(tag: str, language: str) -> int:
    primary = tag.partition("-")[0]
    wishes = (tag == language, primary == language.partition("-")[0], primary == "en")
    return wishes.index(True) if True in wishes else len(wishes)


def short_iri(iri: str, limit: int = 60) -> str:
    """An identifier that a page can bear: no scheme, the middle left out."""
    bare = re.sub(r"^https?://(www\.)?", "", clean(iri, 2000)).rstrip("/")
    if len(bare) <= limit:
        return bare
    return f"{bare[: limit // 2]}…{bare[-(limit - limit // 2 - 1) :]}"


def safe_href(address: str | None) -> str | None:
    """The address if it may stand in a link: http, https, or a path of this site; else None."""
    fit = address and re.match(r"(https?://|[/?#])(?!/)", address, re.IGNORECASE)
    return address if fit and not _UNFIT.search(address or "") else None


def json_text(statement: object) -> str:
    """A statement as its reader likes to see it: indented, letters as letters."""
    return json.dumps(statement, indent=2, ensure_ascii=False, default=str)


# ---- Sentences ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Object:
    """What a sentence is about, and whether it is a title (quoted where it is not a link)."""

    words: str
    is_title: bool = False


def sentence(
    statement: Statement,
    *,
    href: str | None = None,
    perspective: str = "you",
    accepted_by: int = 0,
    title: str | None = None,
    language: str = "en",
) -> Markup:
    """A statement as one sentence: person, verb, the thing as a link, the amount.

    `perspective` is `you` or the person's name. `title` stands in where the object has none;
    without it the identifier is shown, shortened. Only addresses that `safe_href` lets pass
    become links.
    """
    thing = _object(statement, title, language)
    person = "You" if perspective == "you" else clean(perspective)
    amount = _amount(statement, accepted_by)
    stop = "" if not amount and thing.words.endswith((".", "?", "!", "…")) else "."
    return Markup("{} {} {}{}{}").format(
        person, verb_words(statement, accepted_by, language), _linked(thing, href), amount, stop
    )


def verb_name(statement: Statement) -> str | None:
    """The name in `VERBS` that a statement's verb, or an alias of it, goes by."""
    iri = _part(statement, "verb").get("id")
    return _NAMES.get(ALIASES.get(iri, iri)) if isinstance(iri, str) else None


def verb_words(statement: Statement, accepted_by: int = 0, language: str = "en") -> str:
    """The verb as it follows the person: `attended`, `answered`, `noted a conversation about`."""
    name = verb_name(statement)
    if name == "replied" and (accepted_by or type_of(statement) == TYPES["question"]):
        return "answered"
    if name == "discussed":
        return "noted a conversation about"
    if name:
        return VERBS[name].en
    verb = _part(statement, "verb")
    shown = in_language(verb.get("display"), language) or _tail(str(verb.get("id", "")))
    return shown[:1].lower() + shown[1:] if shown[1:] == shown[1:].lower() else shown


def title_of(statement: Statement, language: str = "en") -> str | None:
    """The object's name in the reader's language, if it has one."""
    return in_language(_part(_part(statement, "object"), "definition").get("name"), language)


def _object(statement: Statement, title: str | None, language: str) -> _Object:
    thing = _part(statement, "object")
    named = title_of(statement, language) or clean(title or "")
    if named:
        return _Object(named, is_title=True)
    kind = thing.get("objectType", "Activity")
    if kind == "StatementRef":
        return _Object(_REFERRED.get(verb_name(statement) or "", "a contribution"))
    if kind in ("Agent", "Group"):
        return _Object(_person(thing))
    return _Object(short_iri(str(thing.get("id", ""))) or "something")


def _person(agent: Statement) -> str:
    names = (agent.get("name"), _part(agent, "account").get("name"))
    fit = [clean(name) for name in names if isinstance(name, str)]
    return next(filter(None, fit), "somebody")


def _linked(thing: _Object, href: str | None) -> Markup:
    address = safe_href(href)
    if address:
        return Markup('<a href="{}">{}</a>').format(address, thing.words)
    return Markup("“{}”" if thing.is_title else "{}").format(thing.words)


def _amount(statement: Statement, accepted_by: int) -> str:
    name = verb_name(statement)
    length = iso_duration(_part(statement, "result").get("duration"))
    spent = f" {'in' if name == 'completed' else 'for'} {length}"
    said = spent if length and name in {*_TIMED, "completed"} else ""
    return said + (f" and {counted(accepted_by, 'peer')} accepted it" if accepted_by else "")


def _part(whole: Statement, name: str) -> Statement:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}


def type_of(statement: Statement) -> object:
    """The IRI of what kind of thing a statement is about, an alias under the one it stands for."""
    found = _part(_part(statement, "object"), "definition").get("type")
    return TYPE_ALIASES.get(found, found) if isinstance(found, str) else found


def _tail(iri: str) -> str:
    last = re.split("[/#:]", iri.rstrip("/#:"))[-1]
    return clean(re.sub("[-_+]|%20", " ", last), 60) or "did something with"
