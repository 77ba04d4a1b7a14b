"""Reading a long list page by page, over several polls where it must be."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .plain import moment_of


@dataclass(slots=True)
class Sweep:
    """How far a list has been read; it is asked for in an order that edits do not change.

    A page without anything is no delivery, so nothing keeps that it was the last: whoever meets one
    behind the first page begins anew, once in a poll.

    :param since: only what changed after this is asked for; "" for everything.
    :param page: the page to be asked for next, or the first entry where entries are counted.
    :param latest: the latest change on the pages read so far.
    """

    since: str = ""
    page: int = 1
    latest: str = ""

    @classmethod
    def of(cls, memory: object) -> Sweep:
        """What a cursor remembers; what cannot be read means that everything is new."""
        try:
            return cls(**memory) if isinstance(memory, dict) else cls()
        except TypeError:
            return cls()

    def advance(self, dates: Iterable[str], *, is_last: bool, step: int = 1) -> None:
        """A page was read, with these dates of change on it; `step` is what it counts for.

        After the last page the next sweep begins a second before the latest change, for there may
        be more in that second; what comes twice is known by its body.
        """
        moments = filter(None, map(moment_of, (self.latest, *dates)))
        latest = max(moments, default=None)
        self.latest, self.page = _written(latest), self.page + step
        if is_last:
            self.since = _written(latest - timedelta(seconds=1)) if latest else self.since
            self.page, self.latest = 1, ""


def read_cursor(cursor: str | None) -> dict[str, object]:
    """The members of a cursor that is JSON; none where it is not."""
    try:
        memory = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return memory if isinstance(memory, dict) else {}


def _written(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
