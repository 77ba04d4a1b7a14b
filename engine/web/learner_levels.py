"""My competencies: where a learner stands, how that moved in the past year, and what faded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engine import profiles
from engine.competencies.counting import EXPERT, PEER
from engine.competencies.explain import Held, highest_held, standing_over
from engine.competencies.scoring import Standing
from engine.profiles import Profile
from engine.web import words
from engine.web.charts import Spoke
from engine.web.learner_reader import Reader
from engine.web.learner_words import first_up

MONTHS = 12
_SPOKES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One competency of the table."""

    name: str
    href: str
    level: int
    best: int
    until: str
    support: str
    newest: str
    year: list[tuple[date, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The page: rows with the strongest first, and the sentence above them."""

    as_of: date
    rows: list[Row]
    lead: str
    spokes: list[Spoke]
    silent: list[tuple[str, str]]
    levels: list[str]

    @property
    def numbered(self) -> list[str]:
        """The levels with their numbers."""
        return [f"{number} {name}" for number, name in enumerate(self.levels, start=1)]


def levels_of(reader: Reader) -> Levels:
    """Where she stands today in everything she has evidence for."""
    profile = profiles.profile_of(reader.who.id)
    ranked = sorted(profile.standings.values(), key=_rank)
    rows = [_row(reader, profile, standing) for standing in ranked]
    silent = [id_ for id_ in reader.shorts if id_ not in profile.standings]
    return Levels(
        as_of=profile.as_of,
        rows=rows,
        lead=_lead(reader, ranked, [row.name for row in rows if not row.level and row.best])
        if ranked
        else "",
        spokes=[Spoke(label=row.name, now=row.level, best=row.best) for row in rows[:_SPOKES]],
        silent=[(reader.competency(id_), reader.competency_url(id_)) for id_ in silent],
        levels=reader.levels,
    )


def _rank(standing: Standing) -> tuple[int, int, str]:
    return (-standing.score_milli, -standing.lifetime_level, standing.competency)


def _row(reader: Reader, profile: Profile, standing: Standing) -> Row:
    held = _held(profile, standing)
    return Row(
        name=reader.competency(standing.competency),
        href=reader.competency_url(standing.competency),
        level=standing.level,
        best=held.level,
        until=words.full_date(held.until) if held.until else "",
        support=first_up(words.support(standing.confidence_ppm)),
        newest=first_up(words.ago(standing.newest_date, profile.as_of)),
        year=year_of(profile, standing.competency),
    )


def _held(profile: Profile, standing: Standing) -> Held:
    if standing.lifetime_level <= standing.level:
        return Held(level=standing.level, until=None)
    return highest_held(profile.record, standing.competency, profile.as_of)


def year_of(profile: Profile, competency: str) -> list[tuple[date, int]]:
    """The level at the same day of each of the past twelve months, and now."""
    days = [_months_before(profile.as_of, number) for number in range(MONTHS, -1, -1)]
    return [(step.day, step.level) for step in standing_over(profile.record, competency, days)]


def _months_before(day: date, number: int) -> date:
    """The same day of an earlier month, or that month's last."""
    months = day.year * 12 + day.month - 1 - number
    first = date(months // 12, months % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def _lead(reader: Reader, ranked: Sequence[Standing], faded: Sequence[str]) -> str:
    known = len(reader.shorts)
    having = words.counted(len(ranked), "competency")
    said = [f"You have evidence for {having}{f' of {known}' if known > len(ranked) else ''}."]
    best = ranked[0]
    if best.level:
        said.append(f"You are strongest in {reader.competency(best.competency)}{_basis(best)}.")
    else:
        said.append("None of them has reached a level yet.")
    if faded:
        verb = "has" if len(faded) == 1 else "have"
        said.append(f"{words.listed(faded)} {verb} not been evidenced recently.")
    return " ".join(said)


def _basis(standing: Standing) -> str:
    return {EXPERT: ", which an expert confirmed", PEER: ", which peers accepted"}.get(
        standing.basis or "", ""
    )
