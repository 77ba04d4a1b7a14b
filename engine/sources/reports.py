"""What a reading came to: every row counted, and of what it says as much as somebody looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from engine.db import db
from engine.sources import writes
from engine.sources.models import OUTCOMES, Run, RunProblem
from engine.sources.planner import RECORDED, Outcome
from xapi import actors

REMARK = "remark"
NEEDS_A_HAND = (REMARK, "failed", "unmatched")
SAMPLE = 2_000
"""How many statements and outcomes a report holds: what it costs does not grow with the file."""
MOST_PROBLEMS = 10_000
FIRST = 3
"""How many rows of each outcome a report holds, wherever in the file they are."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run or a preview came to; the counts add up to `rows`, however many there are.

    :param statements: the first of those this reading stored or would store.
    :param stored: how many it stored or would store.
    :param outcomes: the first outcomes; kept by previews.
    :param firsts: of each outcome the first, wherever they are; kept by previews.
    :param doers: the identifiers of whom a preview would record something of.
    """

    run: int | None = None
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, str]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)
    stored: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    firsts: dict[str, list[Outcome]] = field(default_factory=dict)
    doers: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, run: Run) -> Report:
        """What a run has come to so far."""
        mine = (RunProblem.run_id == run.id) & RunProblem.outcome.in_(NEEDS_A_HAND)
        query = select(RunProblem.place, RunProblem.why, RunProblem.mend).where(mine)
        found = db.session.execute(query.order_by(RunProblem.id).limit(MOST_PROBLEMS))
        return cls(
            run=run.id,
            rows=run.rows,
            counts=Counter(run.counts),
            problems=[{"where": one.place, "why": one.why, "mend": one.mend} for one in found],
        )

    @property
    def is_sampled(self) -> bool:
        """Whether there is more than the statements and outcomes it holds."""
        recorded = sum(self.counts[name] for name in RECORDED)
        return self.stored > len(self.statements) or recorded > SAMPLE

    def add(self, outcome: Outcome) -> None:
        """Count the rows of one outcome: the first of a recorded thing, the others as merged."""
        self.rows += len(outcome.places)
        self.counts += outcome.counts()
        if outcome.outcome in NEEDS_A_HAND and len(self.problems) < MOST_PROBLEMS:
            place = writes.place_words(outcome.places)
            self.problems.append({"where": place, "why": outcome.why, "mend": outcome.mend})

    def show(self, outcome: Outcome) -> bool:
        """Keep an outcome to be looked at, if there is room; whether it is one of the firsts."""
        if len(self.outcomes) < SAMPLE:
            self.outcomes.append(outcome)
        if outcome.outcome in ("new", "corrected") and outcome.state is not None:
            self.doers.add(actors.key(outcome.state.agent) or "")
        free = [name for name in _kinds(outcome) if len(self.firsts.get(name, ())) < FIRST]
        for name in free:
            self.firsts.setdefault(name, []).append(outcome)
        return bool(free)

    def store(self, statements: Sequence[dict[str, Any]], shown: Iterable[str] = ()) -> None:
        """Count what was or would be stored, and keep the first; those with a shown id always."""
        self.stored += len(statements)
        room, wanted = max(SAMPLE - len(self.statements), 0), set(shown)
        self.statements += statements[:room]
        self.statements += [one for one in statements[room:] if one["id"] in wanted]

    def as_json(self) -> dict[str, Any]:
        """The fixed form that scripts rely on."""
        return {
            "run": self.run,
            "rows": self.rows,
            **{name: self.counts.get(name, 0) for name in OUTCOMES},
            "problems": self.problems,
            "statements": self.statements,
        }


def _kinds(outcome: Outcome) -> Iterator[str]:
    """The outcomes a thing said shows: its own, and `merged` where it has several rows."""
    yield outcome.outcome
    if outcome.outcome in RECORDED and len(outcome.places) > 1:
        yield "merged"
