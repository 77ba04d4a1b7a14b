"""Charts as inline SVG: pure functions of numbers, with classes instead of colours.

Every chart says its numbers in words too (`title`, `desc`), and `templates/charts` puts the
same numbers in a table beside the larger ones. `ident` begins the ids inside one chart and
must be different for two charts on a page.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from engine.web.words import MONTHS, clean, counted, full_date, listed, month_words

_CELL, _LEFT, _TOP = 16.4, 42.0, 20.0
_RADIUS, _LINE, _LETTER = 104.0, 16.0, 8.4
_EMPTY = Markup("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of the heat strip: its first day, its name, days with activity, activities."""

    first: date
    name: str
    days: int
    activities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """One competency of the radar: the level now and the highest so far."""

    label: str
    now: int
    best: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What a part is made of: a row of the table under the bar."""

    label: str
    count: int
    meaning: str = ""
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a whole; how it looks follows from its place (`part_looks`)."""

    label: str
    count: int
    details: tuple[Detail, ...] = ()


# ---- Shares ---------------------------------------------------------------


def whole_per_cents(weights: Sequence[int]) -> tuple[int, ...]:
    """Whole per cents that add up to 100, by largest remainder; all 0 when nothing weighs."""
    return _apportioned(weights, 100)


def _apportioned(weights: Sequence[int], whole: int) -> tuple[int, ...]:
    total = sum(weights)
    if total <= 0:
        return (0,) * len(weights)
    floors = [weight * whole // total for weight in weights]
    rest = whole - sum(floors)
    order = sorted(
        range(len(weights)), key=lambda place: (-(weights[place] * whole % total), place)
    )
    up = set(order[:rest])
    return tuple(floor + (place in up) for place, floor in enumerate(floors))


def share_bar(per_cent: int, *, title: str | None = None, ident: str = "share") -> Markup:
    """A bar on a full track of 100 %. Decoration unless titled: the figure stands beside it."""
    width = min(max(per_cent, 0), 100)
    body = Markup(
        '<rect class="track" width="100%" height="100%" rx="2"/>'
        '<rect class="fill" width="{}%" height="100%" rx="2"/>'
    ).format(width)
    if title is None:
        return Markup('<svg class="bar" aria-hidden="true">{}</svg>').format(body)
    return _image("bar", "", ident, title, f"{width} %", body)


def part_looks(number: int) -> tuple[str, ...]:
    """The classes of a whole's parts by place: the first filled, the last hatched."""
    middle = [("p-known", "p-more")[place % 2] for place in range(max(number - 2, 0))]
    return ("p-record", *middle, "p-out")[:number] if number > 1 else ("p-record",)[:number]


def split_bar(parts: Sequence[Part], *, title: str, ident: str = "split") -> Markup:
    """A whole in parts, in the order of the table under it; the smallest stays visible."""
    # A part that exists takes at least 8 of 1000, or nobody would see it.
    widths = _apportioned([part.count and max(part.count, _least(parts)) for part in parts], 1000)
    starts = [sum(widths[:place]) for place in range(len(widths))]
    bars = [
        _bar(look, start / 10, width / 10, ident)
        for look, start, width in zip(part_looks(len(parts)), starts, widths, strict=True)
        if width
    ]
    words = listed([f"{clean(part.label)} {part.count:,}" for part in parts])
    return _image("split", "", ident, title, words, _joined([_hatch(ident), *bars]))


def _least(parts: Sequence[Part]) -> int:
    return math.ceil(sum(part.count for part in parts) * 8 / 1000)


def _hatch(ident: str) -> Markup:
    return Markup(
        '<defs><pattern id="{}-hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path d="M1 0V6"/></pattern></defs>'
    ).format(_slug(ident))


def _bar(look: str, start: float, width: float, ident: str) -> Markup:
    place = Markup('x="{:.1f}%" width="{:.1f}%" height="100%" rx="2"').format(start, width)
    if look != "p-out":
        return Markup('<rect class="{}" {}/>').format(look, place)
    return Markup('<rect fill="url(#{1}-hatch)" {0}/><rect class="edge" {0}/>').format(
        place, _slug(ident)
    )


# ---- Heat strip -----------------------------------------------------------


def heat_strip(
    counts: Mapping[date, int], *, until: date, weeks: int = 26, ident: str = "heat"
) -> Markup:
    """One square a day, one column a week, four named steps; nothing after `until`."""
    days = _days(until, weeks)
    active = [counts[day] for day in days if counts.get(day, 0) > 0]
    title = f"Days with learning, {full_date(days[0])} to {full_date(until)}"
    desc = (
        f"One square a day, one column a week: {counted(sum(active), 'activity')} on"
        f" {counted(len(active), 'day')}. The table below has the numbers by month."
    )
    body = [*_heat_labels(days), *(_square(days[0], day, counts.get(day, 0)) for day in days)]
    box = f"0 0 {_LEFT + weeks * _CELL:.0f} {_TOP + 7 * _CELL:.0f}"
    return _image("heat", box, ident, title, desc, _joined(body))


def heat_months(counts: Mapping[date, int], *, until: date, weeks: int = 26) -> list[Month]:
    """The strip's numbers by month, newest first, of exactly the days it shows."""
    days = _days(until, weeks)
    firsts = sorted({day.replace(day=1) for day in days}, reverse=True)
    return [_month(first, counts, days, until) for first in firsts]


def _month(first: date, counts: Mapping[date, int], days: Sequence[date], until: date) -> Month:
    own = [max(counts.get(day, 0), 0) for day in days if day.replace(day=1) == first]
    return Month(
        first=first,
        name=month_words(first, until),
        days=sum(n > 0 for n in own),
        activities=sum(own),
    )


def _days(until: date, weeks: int) -> list[date]:
    monday = until - timedelta(days=until.weekday() + 7 * (weeks - 1))
    return [monday + timedelta(days=place) for place in range((until - monday).days + 1)]


def _heat_labels(days: Sequence[date]) -> list[Markup]:
    weekdays = [("Mon", 0), ("Wed", 2), ("Fri", 4)]
    text = Markup('<text class="soft" x="{:.1f}" y="{:.1f}">{}</text>')
    months = [
        text.format(_LEFT + _CELL * math.ceil(place / 7), 12, MONTHS[day.month - 1][:3])
        for place, day in enumerate(days)
        if day.day == 1 and math.ceil(place / 7) * 7 < len(days)
    ]
    return months + [text.format(0, _TOP + row * _CELL + 10.5, name) for name, row in weekdays]


def _square(first: date, day: date, count: int) -> Markup:
    week, row = divmod((day - first).days, 7)
    return Markup('<rect class="h{}" x="{:.1f}" y="{:.1f}" width="13" height="13" rx="2"/>').format(
        heat_step(count), _LEFT + week * _CELL, _TOP + row * _CELL
    )


def heat_step(count: int) -> int:
    """The step of a day: 0 nothing, 1 one activity, 2 two or three, 3 four or more."""
    return 0 if count <= 0 else 1 if count == 1 else 2 if count <= 3 else 3


# ---- Radar ----------------------------------------------------------------


def radar(spokes: Sequence[Spoke], *, top: int = 4, ident: str = "radar") -> Markup:
    """The levels of 3 to 8 competencies, now and highest so far; nothing for fewer or more."""
    if not 3 <= len(spokes) <= 8:
        return _EMPTY
    size = len(spokes)
    title = f"{counted(size, 'competency')}, levels 0 to {top}"
    each = [f"{clean(spoke.label)} {_standing(spoke, top)}" for spoke in spokes]
    body = [
        *(_polygon("grid", [level] * size, top) for level in range(1, top + 1)),
        *(_axis(place, size) for place in range(size)),
        _polygon("best", [max(spoke.now, spoke.best) for spoke in spokes], top),
        _polygon("now", [spoke.now for spoke in spokes], top),
        *(_dot(spoke.now, place, size, top) for place, spoke in enumerate(spokes) if spoke.now > 0),
        *(_tick(level, size, top) for level in range(1, top + 1)),
        *(_name(spoke, place, size, top) for place, spoke in enumerate(spokes)),
    ]
    desc = f"Solid shape: level now. Dashed shape: highest so far. {listed(each)}."
    return _image("radar", _radar_box(spokes, top), ident, title, desc, _joined(body))


def _standing(spoke: Spoke, top: int) -> str:
    return f"{spoke.now}, was {spoke.best}" if spoke.best > spoke.now else f"{spoke.now} of {top}"


def _point(place: int, size: int, radius: float) -> tuple[float, float]:
    angle = math.tau * place / size
    # Adding zero turns the minus of a rounded -0.0 away.
    return round(radius * math.sin(angle), 1) + 0.0, round(-radius * math.cos(angle), 1) + 0.0


def _ring(level: int, top: int) -> float:
    return _RADIUS * min(max(level, 0), top) / top


def _polygon(look: str, levels: Sequence[int], top: int) -> Markup:
    places = [_point(place, len(levels), _ring(level, top)) for place, level in enumerate(levels)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Markup('<polygon class="{}" points="{}"/>').format(look, points)


def _axis(place: int, size: int) -> Markup:
    x, y = _point(place, size, _RADIUS)
    return Markup('<line class="axis" x1="0" y1="0" x2="{:.1f}" y2="{:.1f}"/>').format(x, y)


def _dot(level: int, place: int, size: int, top: int) -> Markup:
    x, y = _point(place, size, _ring(level, top))
    return Markup('<circle class="point" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(x, y)


def _tick(level: int, size: int, top: int) -> Markup:
    # Numbers stand on the line straight down, which ends at a spoke or half-way between two.
    edge = _ring(level, top) * (1 if size % 2 == 0 else math.cos(math.pi / size))
    return Markup('<text class="soft tick" x="5" y="{:.1f}">{}</text>').format(edge - 4, level)


def _name_lines(spoke: Spoke, top: int) -> list[str]:
    lines = textwrap.wrap(clean(spoke.label, 60), 14) or ["?"]
    if len(lines) > 3:
        lines = [*lines[:2], lines[2][:13] + "…"]
    return [*lines, _standing(spoke, top)]


def _name_place(lines: Sequence[str], place: int, size: int) -> tuple[float, float, str]:
    x, y = _point(place, size, _RADIUS + 12)
    anchor = "middle" if abs(x) < 20 else "start" if x > 0 else "end"
    half = (len(lines) - 1) * _LINE / 2
    # Labels at the top stand above their point, at the bottom below it, else beside it.
    first = y + 4 - half + (y / (_RADIUS + 12)) ** 3 * (half + 7)
    return x, first, anchor


def _name(spoke: Spoke, place: int, size: int, top: int) -> Markup:
    lines = _name_lines(spoke, top)
    x, first, anchor = _name_place(lines, place, size)
    text = Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    looks = ["name"] * (len(lines) - 1) + ["soft"]
    return _joined(
        text.format(look, x, first + row * _LINE, anchor, line)
        for row, (look, line) in enumerate(zip(looks, lines, strict=True))
    )


def _radar_box(spokes: Sequence[Spoke], top: int) -> str:
    size = len(spokes)
    blocks = [_name_lines(spoke, top) for spoke in spokes]
    spots = [_name_place(lines, place, size) for place, lines in enumerate(blocks)]
    wide = [
        abs(x) + _LETTER * max(map(len, lines)) / (2 if anchor == "middle" else 1)
        for (x, _, anchor), lines in zip(spots, blocks, strict=True)
    ]
    high = min(first for _, first, _ in spots) - 14
    low = max(
        first + (len(lines) - 1) * _LINE for (_, first, _), lines in zip(spots, blocks, strict=True)
    )
    half = math.ceil(max(wide)) + 2
    return f"{-half} {high:.0f} {2 * half} {low + 8 - high:.0f}"


# ---- Past year ------------------------------------------------------------


def step_line(levels: Sequence[int], *, words: str, top: int = 4, ident: str) -> Markup:
    """A level over time, oldest first, without axis; always shown with its `words`."""
    if len(levels) < 2:
        return _EMPTY
    width = 80 / (len(levels) - 1)
    heights = [19 - 16 * min(max(level, 0), top) / top for level in levels]
    path = f"M2.0 {heights[0]:.1f}" + "".join(
        f"H{2 + width * place:.1f}V{height:.1f}"
        for place, height in enumerate(heights[1:], start=1)
    )
    body = Markup('<path class="grid" d="M2 19H82"/><path class="spark" d="{}"/>').format(path)
    desc = f"Level {levels[0]} at first, {levels[-1]} now."
    return _image("year", "0 0 84 22", ident, f"Past year: {clean(words)}", desc, body)


# ---- What they share ------------------------------------------------------


def _image(look: str, box: str, ident: str, title: str, desc: str, body: Markup) -> Markup:
    ident = _slug(ident)
    frame = Markup(' viewBox="{}"').format(box) if box else _EMPTY
    names = Markup('role="img" aria-labelledby="{0}-t" aria-describedby="{0}-d"').format(ident)
    words = Markup('<title id="{0}-t">{1}</title><desc id="{0}-d">{2}</desc>').format(
        ident, clean(title), desc
    )
    return Markup('<svg class="{}"{} {}>{}{}</svg>').format(look, frame, names, words, body)


def _slug(ident: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", ident)


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)
