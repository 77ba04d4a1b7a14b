"""What the team of a source should know: it fails, or nothing comes from it any more.

Alerts follow from how things are, looked at again and again: they open by themselves, and end by
themselves once the source works. Nobody is written to; the pages and commands show them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from sqlalchemy import Select, select

from engine.db import db, transaction
from engine.errors import NotFound
from engine.moments import DAY_US, now_us
from engine.pipeline import host
from engine.sources import hook_log, instances
from engine.sources.asking import can_ask
from engine.sources.doors import last_run
from engine.sources.instance_models import SourceAlert, SourceCare
from engine.sources.models import Run, SourceInstance
from engine.sources.schedules import PASSING

FAILURES = 3
"""In a row, of what may pass by itself; what will not is told at once."""
USUAL_DAYS, FEWEST_DAYS, MOST_DAYS = 30, 3, 90
DAYS = "Give a number of days from 0 to 3650, or leave it empty."
MISSING = (
    'No enabled plugin brings "{}" any more, so nothing is read. Look at the plugins: enable the '
    "one that brings it or mend why it is quarantined; or pause this source."
)
GAPS = 4
"""How many pauses between news make a rhythm; it is silent when one is this many times as long."""
LONGER = 3
LOOKED_AT = 60
"""The last runs from which the rhythm is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert; moments in microseconds. `told_to` has marked it as seen at `told_at`."""

    id: int
    source: str
    shown: str
    kind: str
    why: str
    since: int
    told_at: int | None
    told_to: str | None
    ended_at: int | None


def sweep() -> None:
    """Open the alerts there is reason for, and end those there is none for any more."""
    for source_id in list(db.session.scalars(select(SourceInstance.id))):
        reasons = _reasons(source_id)
        if reasons != _told(source_id):
            with transaction():
                _settle(source_id, _reasons(source_id))
    db.session.rollback()


def _settle(source_id: int, reasons: Mapping[str, str]) -> None:
    now = now_us()
    standing = {one.kind: one for one in db.session.scalars(_open(source_id))}
    for kind, one in standing.items():
        if kind in reasons:
            one.why = reasons[kind]
        else:
            one.ended_at = now
    for kind in reasons.keys() - standing.keys():
        db.session.add(SourceAlert(source_id=source_id, kind=kind, why=reasons[kind], since=now))


def _open(source_id: int) -> Select[SourceAlert]:
    mine = (SourceAlert.source_id == source_id) & SourceAlert.ended_at.is_(None)
    return select(SourceAlert).where(mine)


def _told(source_id: int) -> dict[str, str]:
    return {one.kind: one.why for one in db.session.scalars(_open(source_id))}


def _reasons(source_id: int) -> dict[str, str]:
    """What is to be told of a source now, by kind; nothing of one that rests."""
    instance = db.session.get_one(SourceInstance, source_id, populate_existing=True)
    care = db.session.get_one(SourceCare, source_id, populate_existing=True)
    if care.paused:
        return {}
    failing = _failing(instance, care)
    if failing:
        return {"failing": failing}  # who knows that it fails need not be told that it is silent
    silent = _silent(instance, care)
    return {"silent": silent} if silent else {}


def _failing(instance: SourceInstance, care: SourceCare) -> str:
    """Why a source fails; "" when it does not, or may only have stumbled."""
    source_id = instance.id
    if instance.plugin not in host().sources:
        return MISSING.format(instance.plugin)
    by_hand = care.failures and care.fault not in PASSING
    if instance.trouble and (by_hand or care.failures >= FAILURES):
        return instance.trouble
    refused = hook_log.all_refused(source_id, most=FAILURES)
    if refused is not None:
        return f"Its last calls were refused. {refused}".strip()
    for door in ("hook", "poll"):
        last = last_run(source_id, door)
        if last and last.state == "refused" and last.stands:
            return " ".join(filter(None, (last.why, last.mend)))
    return ""


def _silent(instance: SourceInstance, care: SourceCare) -> str:
    """Since when nothing has come from a source; "" while that is in order."""
    if care.silent_days == 0 or not _opens_by_itself(instance, care):
        return ""
    news = _news(instance.id)
    days, now = silent_after(care, news), now_us()
    past = (at for at in (*news, care.awake_at) if at <= now)  # a clock may have been ahead
    if now - max(past, default=now) < days * DAY_US:
        return ""
    return (
        f"Nothing new has come for more than {days} days. Test the connection, look at its last "
        "calls, or say that this is in order by another number of days."
    )


def _opens_by_itself(instance: SourceInstance, care: SourceCare) -> bool:
    """Whether things come without anybody uploading them."""
    kind = host().sources[instance.plugin]
    if can_ask(kind, instance) and care.every_s:
        return True
    return kind.has_door("receive") and bool(instance.sealed)


def _news(source_id: int) -> list[int]:
    """When the last runs that brought something new began, newest first."""
    query = select(Run.started_at, Run.counts).where(Run.source_id == source_id, Run.stands)
    found = db.session.execute(query.order_by(Run.id.desc()).limit(LOOKED_AT))
    return [at for at, counts in found if counts.get("new") or counts.get("corrected")]


def silent_after(care: SourceCare, news: Sequence[int]) -> int:
    """How many days without anything new are too many: as decided, else by its own rhythm."""
    if care.silent_days is not None:
        return care.silent_days
    gaps = [later - earlier for later, earlier in pairwise(news)]
    if len(gaps) < GAPS:
        return USUAL_DAYS
    usual = LONGER * median(gaps) / DAY_US
    return min(max(round(usual), FEWEST_DAYS), MOST_DAYS)


def days_of(instance: SourceInstance) -> int:
    """After how many days without anything new its team is told; 0 for never."""
    return silent_after(instances.care_of(instance), _news(instance.id))


def current() -> list[Alert]:
    """The alerts that are open, oldest first; those nobody has seen before the others."""
    query = select(SourceAlert, SourceInstance).where(SourceAlert.ended_at.is_(None))
    return sorted(_alerts(query), key=lambda one: (one.told_at is not None, one.since, one.id))


def of(instance: SourceInstance, *, most: int = 10) -> list[Alert]:
    """The last alerts of a source, newest first, ended ones too."""
    query = select(SourceAlert, SourceInstance).where(SourceAlert.source_id == instance.id)
    return list(_alerts(query.order_by(SourceAlert.id.desc()).limit(most)))


def _alerts(query: Select[SourceAlert, SourceInstance]) -> Iterator[Alert]:
    joined = query.join(SourceInstance, SourceInstance.id == SourceAlert.source_id)
    for one, instance in db.session.execute(joined):
        yield Alert(
            id=one.id,
            source=instance.name,
            shown=instance.settings.get("title") or instance.name,
            kind=one.kind,
            why=one.why,
            since=one.since,
            told_at=one.told_at,
            told_to=one.told_to,
            ended_at=one.ended_at,
        )


def mark_seen(alert_id: int, *, by: str) -> str:
    """Somebody has seen an alert, and it need not stand out any more; the name of its source.

    Who saw it first stays. It ends only when the source works again.
    """
    one = db.session.get(SourceAlert, alert_id)
    if one is None:
        raise NotFound("There is no such alert.", "Look at the sources.")
    if one.told_at is None:
        one.told_at, one.told_to = now_us(), by
    return db.session.get_one(SourceInstance, one.source_id).name


def set_silence(instance: SourceInstance, days: int | None) -> None:
    """After how many days without anything new to tell; 0 for never, None for its own rhythm."""
    if days is not None and not 0 <= days <= 3650:
        raise instances.Unfit(
            f"{days} days is not between 0 and 3650.",
            "Give a number of days, 0 for never.",
            fields={"silent_days": DAYS},
        )
    instances.care_of(instance).silent_days = days
