"""What looking after the index finds: suspects, faults, damage, and the report of all of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from engine.lrs.references import Posting

TOLD = 5
"""How many findings are told of; the others are counted."""
OTHERS, OWN = 1, 2
"""Whose void refers to a statement: another origin's alone, or its own origin's."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What was looked at and found; when `mended`, the index's faults are no more.

    Postings are `missing` or `surplus`; `voided` counts statements that are voided and must not be,
    or the other way round; `damaged` is what is wrong with the log itself, which no index can mend.
    `faults` and `damages` say where, for the first few.
    """

    statements: int = 0
    missing: int = 0
    surplus: int = 0
    voided: int = 0
    damaged: int = 0
    mended: bool = False
    faults: list[str] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether the index is what the log says, by now."""
        return self.mended or not (self.missing or self.surplus or self.voided)

    def damage(self, what: str) -> None:
        """Count and tell of something wrong with the log."""
        self.damaged += 1
        if len(self.damages) < TOLD:
            self.damages.append(what)

    def fault(self, fault: Fault) -> None:
        """Count and tell of something wrong with the index."""
        self.missing += len(fault.missing)
        self.surplus += len(fault.surplus)
        self.voided += fault.must_be_voided is not None
        if len(self.faults) < TOLD:
            self.faults.append(str(fault))


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement of the log; `void` says whose void refers to it, whichever came first."""

    seq: int
    sid: bytes
    voided: int
    voids: int
    target: bytes | None
    payload: bytes
    void: int

    def __str__(self) -> str:
        return f"statement {uuid.UUID(bytes=self.sid)}"

    @property
    def must_be_voided(self) -> bool | None:
        """What `voided` must be, where it is not that.

        Its own origin's void always counts, and a void cannot be voided (xAPI 1.0.3 Data 2.3.2).
        Another origin's counted by its rights at that time, which nobody knows any more.
        """
        if self.void == OTHERS and not self.voids:
            return None
        must = self.void == OWN and not self.voids
        return None if must == bool(self.voided) else must


@dataclass(frozen=True, slots=True)
class Suspect:
    """A position at which something looked wrong, and what was filed there."""

    seq: int
    filed: set[Posting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong at a position of the log; `what` stands there."""

    seq: int
    what: str
    missing: set[Posting]
    surplus: set[Posting]
    must_be_voided: bool | None

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus or self.must_be_voided is not None)

    def __str__(self) -> str:
        found = []
        if self.missing:
            found.append(f"{len(self.missing)} missing")
        if self.surplus:
            found.append(f"{len(self.surplus)} too many")
        if self.must_be_voided is not None:
            found.append("not voided" if self.must_be_voided else "wrongly voided")
        return f"{self.what} ({', '.join(found)})"
