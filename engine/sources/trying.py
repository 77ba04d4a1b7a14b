"""Trying a source out: what its system answers now and what would come of it; nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.api import Activity, Bundle, Delivery, Failed
from engine.db import db
from engine.errors import BadReport, Refused
from engine.host import iterating
from engine.pipeline import host
from engine.sources import instances
from engine.sources.asking import can_ask, fetch_for
from engine.sources.doors import sound
from engine.sources.instances import Unfit
from engine.sources.models import SourceInstance
from engine.sources.reading import Reading
from engine.sources.secrecy import unspoken

HEADS: Mapping[str, str] = {
    "fine": "It works",
    "nothing": "It answers, and has nothing to collect",
    "no_door": "There is nothing to ask",
    "settings": "Its settings do not suffice",
    "bad_url": "The address is none",
    "dns": "There is no such host",
    "private_address": "The address is in a private network",
    "foreign_host": "It calls a host that it does not declare",
    "denied": "This host is not collected from",
    "robots": "The site does not want to be read by programs",
    "budget": "It asks too often in one go",
    "connect": "No connection",
    "tls": "No secure connection",
    "timeout": "It took too long",
    "too_large": "The answer is too large",
    "status": "The answer is not sound",
    "unauthorized": "The key or password was not accepted",
    "forbidden": "The key may not read this",
    "missing": "There is nothing at this address",
    "rate": "It was asked too often",
    "server": "The system has a trouble of its own",
    "schema": "The answer has another form than expected",
    "refused": "It could not be asked",
}
"""Every kind of answer, as a person reads it."""
REQUESTS = 20
"""Enough for signing in and a first page."""
WORKS = frozenset({"fine", "nothing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of asking a system once.

    `kind` is a key of `HEADS`. Of the first page it gave: how many `rows` would be read, how many
    of them `failed`, and the `newest` moment among them. `seconds` is the pause it asks for.
    """

    kind: str
    why: str = ""
    mend: str = ""
    where: str = ""
    rows: int = 0
    failed: int = 0
    newest: datetime | None = None
    seconds: int | None = None

    @property
    def works(self) -> bool:
        """Whether the system can be collected from as it is set up."""
        return self.kind in WORKS

    @property
    def head(self) -> str:
        """The answer in a few words."""
        return HEADS.get(self.kind, HEADS["refused"])


def ask(name: str) -> Reply:
    """Ask a source's system for a first page, by the guarded fetcher of a poll; nothing is written.

    It is asked as if it had never been before, so that there is something to see.
    """
    instance = instances.get(name)
    try:
        reply = _tried(instance)
    except Refused as refusal:
        reply = _refused(refusal)
    db.session.rollback()
    return reply


def _tried(instance: SourceInstance) -> Reply:
    source = host().source(instance.plugin)
    if not source.has_door("poll"):
        calls = "The system calls Byway; see its last calls." if source.has_door("receive") else ""
        why = f"{source.title} cannot be asked for what is new."
        return Reply(kind="no_door", why=why, mend=calls or "Upload its reports.")
    own = instances.settings_of(instance)
    if not can_ask(source, instance):
        why = "No address or key is set by which it could be asked."
        return Reply(kind="settings", why=why, mend="Fill it in under its settings.")
    with unspoken(source, own):
        reading = Reading.of(instance)
        db.session.rollback()
        fetch = fetch_for(source, own, requests=REQUESTS)
        pages = iterating(source.name, lambda: source.poll(None, fetch, dict(own)))
        first = next(pages, None)
        if first is None:
            return Reply(kind="nothing", why="It has nothing that could be read.")
        return _read(reading, sound(first, source))


def _read(reading: Reading, delivery: Delivery) -> Reply:
    """What the first page would become."""
    said = list(reading.said(Bundle(key=delivery.bundle, deliveries=(delivery,))))
    moments = [one.at for one in said if isinstance(one, Activity)]
    failed = [one for one in said if isinstance(one, Failed)]
    return Reply(
        kind="fine" if moments else "schema" if failed else "nothing",
        why=failed[0].why if failed else "",
        mend=failed[0].mend if failed else "",
        rows=len(said),
        failed=len(failed),
        newest=max((_aware(at) for at in moments), default=None),
    )


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _refused(refusal: Refused) -> Reply:
    return Reply(
        kind=_kind(refusal),
        why=refusal.why,
        mend=refusal.mend,
        where=refusal.where,
        seconds=getattr(refusal, "seconds", None),
    )


def _kind(refusal: Refused) -> str:
    known = str(getattr(refusal, "kind", ""))
    if known:
        return known
    if isinstance(refusal, Unfit):
        return "settings"
    return "schema" if isinstance(refusal, BadReport) else "refused"
