"""What recording a previewed report would change beyond its rows: levels, and what counts nowhere.

A report too long to be held whole is judged by its first rows where that can be said honestly:
activities without a competency are named, levels are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.people import service as people
from engine.sources import moves, unaligned
from engine.sources.moves import Moves
from engine.sources.reports import Report
from engine.sources.unaligned import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """`people` is how many the report is about; `moves` is None where it is too long to say."""

    people: int
    moves: Moves | None
    unaligned: Found


def of_report(report: Report, as_of: date) -> Effects:
    """The effects of recording a report, on a day."""
    return Effects(
        people=_people(report),
        moves=None if report.is_sampled and report.doers else moves.of_report(report, as_of),
        unaligned=unaligned.among(report.statements),
    )


def _people(report: Report) -> int:
    """How many people's activities would be recorded; one may have several identifiers."""
    doers = report.doers - {""}
    owners = people.owners(doers)
    return len(doers - owners.keys()) + len(set(owners.values()))
