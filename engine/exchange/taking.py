"""Taking in a page of another record store: what of it was new, known, or refused and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.db import portions
from engine.errors import Conflict
from engine.exchange.basis import denied
from engine.exchange.pages import Page, entry_of, stored_at
from engine.intake import store_each
from engine.lrs.store import Authority, Entry
from xapi.errors import StatementRefused

NO_BASIS = "no legal basis for whom it is about"
OTHER_CONTENT = "its id stands for another statement here"
_NEVER = datetime.max.replace(tzinfo=UTC)
_LONGEST = 200
_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """In whose name a pull stores.

    `version` is what it asks in. What was stored there up to `after` was counted before: it is
    stored where it is new after all, and else passed over.
    """

    authority: Authority
    version: str
    after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What pages brought; `reasons` are the last refusals, without anybody's data."""

    new: int = 0
    known: int = 0
    refused: int = 0
    reasons: tuple[str, ...] = ()
    finished: bool = False

    def plus(self, more: Pulled) -> Pulled:
        """Both together, as far as the later one came."""
        return Pulled(
            new=self.new + more.new,
            known=self.known + more.known,
            refused=self.refused + more.refused,
            reasons=(*self.reasons, *more.reasons)[-_REASONS:],
            finished=more.finished,
        )

    @property
    def trouble(self) -> str | None:
        """What an operator should know of it."""
        if not self.refused:
            return None
        why = "; ".join(self.reasons)
        return f"{self.refused} statements were refused, lately: {why}. They stay where they are."


_Checked = tuple[Entry, bool]
"""An entry, and whether what becomes of it counts."""


def take_in(page: Page, door: Door) -> Pulled:
    """Store what is new, in the order it was stored there; one bad statement spoils no other."""
    reasons: list[str] = []
    checked = list(_checked(page, door, reasons))
    lawful = _lawful(checked, door, reasons)
    entries = (entry for entry, _ in lawful)  # however many there are on its page
    results = [result for part in portions(entries) for result in store_each(part)]
    counted = [result for (_, counts), result in zip(lawful, results, strict=True) if counts]
    reasons += [OTHER_CONTENT for result in counted if isinstance(result, Conflict)]
    return Pulled(
        new=results.count("stored"),
        known=counted.count("known"),
        refused=len(reasons),
        reasons=tuple(reasons[-_REASONS:]),
        finished=not page.more,
    )


def _checked(page: Page, door: Door, reasons: list[str]) -> Iterator[_Checked]:
    """The statements that keep the rules; of the others, why not."""
    for statement in sorted(page.statements, key=lambda one: stored_at(one) or _NEVER):
        at = stored_at(statement)
        counts = door.after is None or at is None or at > door.after
        try:
            entry = entry_of(
                statement, page.contents, authority=door.authority, version=door.version
            )
        except StatementRefused as refused:
            reasons += [f"{refused.path} ({refused.clause})"[:_LONGEST]] * counts
        else:
            yield entry, counts


def _lawful(checked: list[_Checked], door: Door, reasons: list[str]) -> list[_Checked]:
    """The statements that there is a legal basis for."""
    lacking = denied([(door.authority.origin, entry.statement) for entry, _ in checked])
    reasons += [
        NO_BASIS for (_, counts), lacks in zip(checked, lacking, strict=True) if lacks and counts
    ]
    return [one for one, lacks in zip(checked, lacking, strict=True) if not lacks]
