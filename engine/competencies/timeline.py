"""One competency of one record on many days: what was visible then, as it is judged today."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from engine.competencies.counting import Record, count_rows, revisions
from engine.competencies.evidence import EvidenceRow
from engine.competencies.ledger import Ledger, ledgers, level_of, masses, score_milli, supports

YEARS_AHEAD = 40
_HORIZON = timedelta(days=YEARS_AHEAD * 365 + YEARS_AHEAD // 4)


def timeline(record: Record, competency: str, last: date) -> Timeline:
    """A record's levels in one competency on any day up to a last one."""
    asked = ("timeline", competency, last)
    if asked not in record.known:
        record.known[asked] = Timeline(record, competency, last)
    found: Timeline = record.known[asked]
    return found


class Timeline:
    """Levels in one competency on any day up to a last one.

    Between two days on which somebody said something of her evidence one ledger serves for all
    days: it holds what came later too, which is passed over.
    """

    def __init__(self, record: Record, competency: str, last: date) -> None:
        until = last.toordinal()
        rows = [one for one in record.rows if one.competency == competency and one.day <= until]
        self.about: Mapping[str, Sequence[EvidenceRow]] = _by_id(rows, record.formers)
        words = [one for one in record.validations if one.target in self.about and one.day <= until]
        spoken_of = {id(row) for word in words for row in self.about[word.target]}
        self.competency, self.last = competency, last
        self.record = replace(record, rows=rows, validations=words)
        self._spoken_of = replace(self.record, rows=[row for row in rows if id(row) in spoken_of])
        self._silent = [
            one
            for one in count_rows(record, last)
            if one.row.competency == competency and id(one.row) not in spoken_of
        ]
        self._turns = sorted({one.day for one in words})
        self._supported: dict[date, Sequence[int]] = {}
        now = ledgers(record, last).get(competency)
        self._ledgers = {len(self._turns): now or Ledger.of(competency, (), record.policy)}

    @property
    def days(self) -> list[int]:
        """The days on which the level could rise, of evidence or of a word on it, latest first."""
        return sorted({row.day for row in self.record.rows} | set(self._turns), reverse=True)

    def ledger(self, day: date) -> Ledger:
        """The ledger that serves for a day."""
        turn = bisect_right(self._turns, day.toordinal())
        if turn not in self._ledgers:
            spoken_of = count_rows(self._spoken_of, self.last, said_until=day)
            self._ledgers[turn] = Ledger.of(
                self.competency, [*self._silent, *spoken_of], self.record.policy
            )
        return self._ledgers[turn]

    def level(self, day: date) -> int:
        """The level on a day; 0 also where there was no evidence yet."""
        return level_of(self.record.policy, self._supports(day))

    def score_milli(self, day: date) -> int:
        """The level in thousandths."""
        return score_milli(self.record.policy, self.level(day), self._supports(day))

    def _supports(self, day: date) -> Sequence[int]:
        if day not in self._supported:
            ledger = self.ledger(day)
            both = masses(ledger, day.toordinal(), ledger.half_life)
            self._supported[day] = supports(ledger.policy, *both)
        return self._supported[day]

    def falls_after(self, day: date) -> date | None:
        """The first day on which the level of a day would be lower without anything newer.

        Masses never rise with time, so over a span of days the support is at least that of the
        last day's evidence for and the first day's against. Spans that are safe by this are left
        whole, the others are halved: a binary search when nothing speaks against the level. None
        when it holds for 40 years.
        """
        level = self.level(day)
        if level == 0:
            return None
        last = min(day, date.max - _HORIZON) + _HORIZON
        found = self._first_fall(level, day, day.toordinal() + 1, last.toordinal())
        return None if found is None else date.fromordinal(found)

    def _first_fall(self, level: int, seen: date, first: int, last: int) -> int | None:
        if first > last or self._is_safe(level, seen, first, last):
            return None
        if first == last:
            return first
        middle = (first + last) // 2
        sooner = self._first_fall(level, seen, first, middle)
        return sooner if sooner is not None else self._first_fall(level, seen, middle + 1, last)

    def _is_safe(self, level: int, seen: date, first: int, last: int) -> bool:
        """Whether the level certainly holds on all days of a span; exact for one day."""
        ledger, until = self.ledger(seen), seen.toordinal()
        positive, _ = masses(ledger, last, ledger.half_life, until)
        _, negative = masses(ledger, first, ledger.half_life, until)
        return level_of(ledger.policy, supports(ledger.policy, positive, negative)) >= level


def _by_id(rows: Iterable[EvidenceRow], formers: Mapping[str, str]) -> dict[str, list[EvidenceRow]]:
    """The rows that a word on a statement is about: its own, and those of what replaced it."""
    about: dict[str, list[EvidenceRow]] = defaultdict(list)
    for row in rows:
        for id_ in revisions(row, formers):
            about[id_].append(row)
    return dict(about)
