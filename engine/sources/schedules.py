"""When each source is asked for what is new: in its own rhythm, and less often while it fails."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import db
from engine.errors import Refused
from engine.moments import now_us
from engine.pipeline import host
from engine.sources import instances
from engine.sources.asking import can_ask
from engine.sources.instance_models import HOUR_S, SourceCare
from engine.sources.models import SourceInstance

DAY_S = 24 * HOUR_S
RHYTHMS = {
    "quarter": 900,
    "hour": HOUR_S,
    "day": DAY_S,
    "never": 0,
}
"""How often a source can be asked, in seconds; "never" by itself."""
FIRST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_ASKED_S = 900, DAY_S, 7 * DAY_S
PASSING = frozenset({"dns", "connect", "timeout", "tls", "status", "rate", "server", "nothing"})
"""What may have passed the next time; anything else needs somebody's hand."""
WAITS = "The system asked for this pause."
FAILS = "It failed, so it is left alone for a while; the pause doubles each time, up to a day."
_SECOND = 1_000_000
_LONGEST_AHEAD = 8 * DAY_S * _SECOND
"""No pause is that long: what is put off further was put off by a clock that was ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a source is asked; moments in microseconds.

    `rhythm` is a name of `RHYTHMS`; `next_at` is None while it is not asked by itself, and `later`
    says why it is put off.
    """

    asks: bool
    rhythm: str
    paused: bool
    asked_at: int | None
    next_at: int | None
    failures: int
    later: str | None


def of(instance: SourceInstance) -> Schedule:
    """When this source is asked."""
    care = instances.care_of(instance)
    asks = can_ask(host().sources.get(instance.plugin), instance)
    by_itself = asks and care.every_s > 0 and not care.paused
    return Schedule(
        asks=asks,
        rhythm=rhythm_of(care),
        paused=care.paused,
        asked_at=instance.polled_at,
        next_at=care.next_at if by_itself else None,
        failures=care.failures,
        later=care.later,
    )


def rhythm_of(care: SourceCare) -> str:
    """The name of a source's rhythm."""
    return next((name for name, every in RHYTHMS.items() if every == care.every_s), "hour")


def set_rhythm(instance: SourceInstance, rhythm: str) -> None:
    """Ask a source this often from now on; one that fails stays put off."""
    if rhythm not in RHYTHMS:
        raise Refused(f'"{rhythm}" is no rhythm.', f"Choose from {', '.join(RHYTHMS)}.")
    care = instances.care_of(instance)
    if care.every_s == RHYTHMS[rhythm]:
        return
    care.every_s = RHYTHMS[rhythm]
    if not care.failures:
        wait = _spread(instance.id, care.every_s)
        care.next_at = now_us() if instance.polled_at is None else instance.polled_at + wait


def due() -> list[str]:
    """The instances whose time to be asked has come."""
    now = now_us()
    come = ~SourceCare.next_at.between(now + 1, now + _LONGEST_AHEAD)
    query = (
        select(SourceInstance)
        .join(SourceCare, SourceCare.source_id == SourceInstance.id)
        .where(come, SourceCare.every_s > 0, ~SourceCare.paused)
        .order_by(SourceCare.next_at)
    )
    kinds = host().sources
    return [one.name for one in db.session.scalars(query) if can_ask(kinds.get(one.plugin), one)]


def is_due(care: SourceCare) -> bool:
    """Whether the time has come; somebody else may have asked meanwhile."""
    come = not 0 < care.next_at - now_us() <= _LONGEST_AHEAD
    return come and care.every_s > 0 and not care.paused


def worked(session: Session, source_id: int) -> None:
    """The system answered: it is asked again in its rhythm."""
    care = session.get_one(SourceCare, source_id, populate_existing=True)
    care.failures, care.fault, care.later = 0, None, None
    care.next_at = now_us() + _spread(source_id, care.every_s)


def failed(session: Session, source_id: int, refusal: Refused) -> None:
    """The system did not answer, or with what cannot be read: it is left alone for a while.

    For as long as it asked for where that is longer, up to a week.
    """
    care = session.get_one(SourceCare, source_id, populate_existing=True)
    care.failures += 1
    care.fault = fault_of(refusal)
    asked = getattr(refusal, "seconds", None) or 0
    own = pause_s(care.failures)
    care.next_at = now_us() + _spread(source_id, max(own, min(asked, LONGEST_ASKED_S)))
    care.later = WAITS if asked > own else FAILS


def put_off(session: Session, source_id: int) -> None:
    """It lacks a setting by which it could be asked: there is no use in asking before a day."""
    care = session.get_one(SourceCare, source_id, populate_existing=True)
    care.next_at = now_us() + _spread(source_id, DAY_S)


def fault_of(refusal: Refused) -> str:
    """What kind of failure a refusal is, in the words of the fetcher and of what it fetched."""
    return str(getattr(refusal, "kind", "refused"))


def pause_s(failures: int) -> int:
    """How many seconds to leave a system alone after so many failures in a row.

    Twice as long each time, up to a day.
    """
    return min(FIRST_PAUSE_S << min(failures - 1, 30), LONGEST_PAUSE_S)


def _spread(source_id: int, seconds: float) -> int:
    """A while in microseconds, up to a tenth longer for each source in its own way.

    Sources that began together do not ask together for ever.
    """
    share = hashlib.blake2b(str(source_id).encode(), digest_size=2).digest()
    return int(seconds * _SECOND * (1 + int.from_bytes(share) / 65_536 / 10))
