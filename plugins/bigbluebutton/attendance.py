"""The people of one meeting: who joined and left over which connection, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from engine.api import Account, Activity, Actor, Row, Thing, clean_name, union

MOST_HANDLES = 15
"""Of connections by which a guest without a user id is known."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """One connection of somebody: BigBlueButton's own user id (w_…) is new with each joining.

    `external` is the id of the system she came from; "" where that system gave none.
    """

    internal: str
    external: str = ""
    person: str = ""
    name: str = ""
    moderator: bool = False
    rows: tuple[Row, ...] = ()
    joined: list[datetime] = field(default_factory=list)
    left: list[datetime] = field(default_factory=list)

    def stays(self, ended: datetime | None) -> Iterator[tuple[datetime, datetime | None]]:
        """Each joining with the leaving before the next, or with the end of the meeting.

        To the second: the parts of a server write down the same moment some milliseconds apart.
        """
        joined, left = _seconds(self.joined), _seconds(self.left)
        for at, since in enumerate(joined):
            until = joined[at + 1] if at + 1 < len(joined) else None
            ends = [one for one in left if one >= since and (until is None or one <= until)]
            if not ends and until is None and ended:
                ends = [one for one in _seconds([ended]) if one >= since]
            yield since, ends[-1] if ends else None
        if not joined:
            yield from ((one, None) for one in left[-1:])


def _seconds(moments: list[datetime]) -> list[datetime]:
    return sorted(one.replace(microsecond=0) for one in moments)


@dataclass(slots=True, kw_only=True)
class Guest:
    """One person in one meeting."""

    external: str
    name: str
    handles: tuple[str, ...]
    moderator: bool
    rows: tuple[Row, ...]
    stays: list[tuple[datetime, datetime | None]]

    @property
    def duration(self) -> timedelta | None:
        """How long she was there in all, two devices at once counted once."""
        return union(self.stays)


@dataclass(slots=True, kw_only=True)
class Meeting:
    """One occurrence: `internal` ends in the moment it was created; rooms share `external`."""

    internal: str
    external: str = ""
    name: str = ""
    ended: datetime | None = None
    reported_at: datetime | None = None
    seen: dict[str, Seen] = field(default_factory=dict)

    def connection(self, internal: str) -> Seen:
        """The connection of this id."""
        return self.seen.setdefault(internal, Seen(internal=internal))

    def guests(self) -> Iterator[Guest]:
        """Each person once: connections of one user id, else of one person of the dashboard."""
        people: dict[str, list[Seen]] = {}
        for one in self.seen.values():
            if one.joined or one.left:
                key = f"user:{one.external}" if one.external else one.person or one.internal
                people.setdefault(key, []).append(one)
        for connections in people.values():
            yield self._guest(connections)

    def _guest(self, connections: list[Seen]) -> Guest:
        external = connections[0].external
        names = (clean_name(one.name) for one in connections)
        by_connection = tuple(f"connection:{one.internal}" for one in connections[:MOST_HANDLES])
        return Guest(
            external=external,
            name=next(filter(None, names), ""),
            handles=(f"user:{external}",) if external else by_connection,
            moderator=any(one.moderator for one in connections),
            rows=tuple(row for one in connections for row in one.rows),
            stays=[stay for one in connections for stay in one.stays(self.ended)],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The system people join from, whose user ids these are."""

    url: str
    moderators: str

    def part(self, meeting: Meeting, guest: Guest) -> Activity:
        """What one person did in one meeting."""
        account = Account(home_page=self.url, name=guest.external) if guest.external else None
        room = meeting.external
        series = Thing(
            url=f"{self.url}/room/{quote(room, safe='')}", title=meeting.name or None, type="series"
        )
        return Activity(
            rows=guest.rows,
            keys=tuple(f"meeting:{meeting.internal}|{handle}" for handle in guest.handles),
            actor=Actor(name=guest.name or None, account=account),
            verb=self.moderators if guest.moderator else "attended",
            type="meeting",
            url=f"{self.url}/meeting/{quote(meeting.internal, safe='')}",
            title=meeting.name or None,
            at=max(left or joined for joined, left in guest.stays),
            duration=guest.duration,
            parent=series if room else None,
            reported_at=meeting.reported_at,
        )
