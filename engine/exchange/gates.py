"""What may leave to another record store: audience, legal basis, filters, and no way back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.exchange.basis import denied
from engine.lrs.reader import Stored
from engine.pipeline import reader
from xapi import text
from xapi.walk import walk

Verdict = Literal["leaves", "withheld", "elsewhere"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Filters: of each that is given, one value has to fit.

    Agents are keys as `xapi.actors.key` writes them, origins ids. An activity fits as the object
    or in the context, a verb and an agent as in the standard's own filters.
    """

    verbs: frozenset[str] = frozenset()
    activities: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    origins: frozenset[int] = frozenset()

    def fits(self, origin: int, statement: Mapping[str, Any]) -> bool:
        """Whether a statement of this origin passes."""
        if self.origins and origin not in self.origins:
            return False
        wanted = (("v",), self.verbs), (("o", "O"), self.activities), (("a",), self.agents)
        if not any(values for _, values in wanted):
            return True
        terms = walk(dict(statement), version="2.0.0").terms
        return all(
            any((kind, value) in terms for kind in kinds for value in values)
            for kinds, values in wanted
            if values
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """A stretch of the log: what leaves, and the positions of what is held back."""

    leaving: tuple[Stored, ...]
    withheld: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The conditions of one forward.

    `barred` are the origins that bring what the same store sends us. `has` asks that store
    whether it has a statement.
    """

    audiences: frozenset[str]
    match: Match
    barred: frozenset[int]
    has: Callable[[uuid.UUID], bool]

    def sift(self, entries: Sequence[Stored]) -> Sifted:
        """Decide on each entry of the log."""
        targets = reader().many([one.target for one in entries if one.voids and one.target])
        judged = self._judged([*entries, *targets.values()])
        verdicts = [(one, self._verdict(one, targets, judged)) for one in entries]
        return Sifted(
            leaving=tuple(one for one, verdict in verdicts if verdict == "leaves"),
            withheld=frozenset(one.seq for one, verdict in verdicts if verdict == "withheld"),
        )

    def _verdict(
        self, one: Stored, targets: Mapping[uuid.UUID, Stored], judged: Mapping[int, Verdict]
    ) -> Verdict:
        """What is voided by now is held back; a voiding statement goes where its target went.

        One that has no effect here is held back, because it would have one there.
        """
        if not one.voids or one.target is None:
            return "withheld" if one.voided and judged[one.seq] == "leaves" else judged[one.seq]
        target = targets.get(one.target)
        if target is None or not target.voided:
            return "withheld"
        # it may have left while its audience was wider, or before she objected
        there = judged[target.seq] == "withheld" and self.has(target.sid)
        return "leaves" if there else judged[target.seq]

    def _judged(self, entries: Sequence[Stored]) -> dict[int, Verdict]:
        told = [(one.origin, text.parse(one.payload)) for one in entries]
        return {
            one.seq: self._judge(one, statement, lacks_basis)
            for one, (_, statement), lacks_basis in zip(entries, told, denied(told), strict=True)
        }

    def _judge(self, one: Stored, statement: dict[str, Any], lacks_basis: bool) -> Verdict:
        if one.origin in self.barred or not self.match.fits(one.origin, statement):
            return "elsewhere"
        if one.audience not in self.audiences or lacks_basis:
            return "withheld"
        return "leaves"
