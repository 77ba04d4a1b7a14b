"""Setting a source up from a form: all that was decided is kept together, or what is wrong told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.api import Source
from engine.db import transaction
from engine.errors import Refused
from engine.lrs.keys import BASES
from engine.pipeline import host
from engine.sources import alerts, instances, retention, schedules
from engine.sources.asking import hosts_of
from engine.sources.instances import Unfit
from engine.sources.models import SourceInstance
from engine.sources.secrecy import secret_names

Wrong = dict[str, str]
"""What is wrong with each field, by its name; a setting's begins with `SETTING`."""
SETTING = "set-"
NOTICE = BASES[0]
AGAIN = "The address leads to another host now. Type this again for that one, or remove it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody decided of a source.

    `given` are settings as typed, `without` those that are to have their defaults again. `silent`
    is a number of days, or empty for the source's own rhythm; `kept` for how many days what arrives
    is kept, empty for as long as now.
    """

    given: Mapping[str, Any]
    without: frozenset[str] = frozenset()
    notice: str = ""
    rhythm: str = "hour"
    silent: str = ""
    kept: str = ""


def add(plugin: str, name: str, wanted: Wanted, *, basis: str) -> Wrong:
    """Add a source; nothing is kept of one with something wrong."""
    lacking = {} if basis in BASES else {"basis": "Choose on which ground people's data is read."}

    def work() -> None:
        instance = instances.add(plugin, name, wanted.given, basis=basis if not lacking else NOTICE)
        _decide(instance, wanted)
        if lacking:
            raise Unfit("No legal basis was chosen.", "", fields={})

    return lacking | _told(work, otherwise="name")


def change(name: str, wanted: Wanted) -> Wrong:
    """Change all that can be changed of a source, or nothing."""

    def work() -> None:
        instance = instances.get(name)
        _require_secrets_for_new_hosts(instance, wanted)
        instances.change(instance, wanted.given, without=wanted.without)
        _decide(instance, wanted)

    return _told(work, otherwise="")


def _require_secrets_for_new_hosts(instance: SourceInstance, wanted: Wanted) -> None:
    """A secret that is kept, and shown to nobody, is sent to no host that it was not given for."""
    source, before = host().source(instance.plugin), instances.given_to(instance)
    after = {**before, **wanted.given}
    for name in wanted.without:
        after.pop(name, None)
    kept = [name for name in secret_names(source) if after.get(name) and name not in wanted.given]
    if kept and not _hosts(source, after) <= _hosts(source, before):
        raise Unfit(
            "The address leads to another host, and what is kept was not given for that one.",
            "Type it again, or remove it.",
            fields=dict.fromkeys(kept, AGAIN),
        )


def _hosts(source: Source, given: Mapping[str, Any]) -> frozenset[str]:
    """The hosts that settings lead to; where a source declares none, those of its addresses."""
    fields = source.settings().fields.items()
    own = {name: given.get(name, field.load_default) for name, field in fields}
    if not source.hosts:
        own = {name: value for name, value in own.items() if "://" in str(value)}
    return hosts_of(source, own)


def _decide(instance: SourceInstance, wanted: Wanted) -> None:
    instances.set_notice(instance, wanted.notice)
    schedules.set_rhythm(instance, wanted.rhythm)
    alerts.set_silence(instance, _days("silent_days", wanted.silent))
    if wanted.kept.strip():
        _keep_for(instance, wanted.kept)


def _keep_for(instance: SourceInstance, text: str) -> None:
    days = _days("kept_days", text) or 0
    try:
        retention.keep_for(instance.name, days)
    except Refused as refusal:
        raise Unfit(refusal.why, refusal.mend, fields={"kept_days": str(refusal.mend)}) from refusal


def _days(field: str, text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        mend = alerts.DAYS if field == "silent_days" else "Give a number of days."
        raise Unfit(f'"{text[:20]}" is no number of days.', mend, fields={field: mend})
    return int(text)


def _told(work: Callable[[], None], *, otherwise: str) -> Wrong:
    """What is wrong, each at its field; what names none stands at the field `otherwise`."""
    try:
        with transaction():
            work()
    except Unfit as unfit:
        own = ("notice", "silent_days", "kept_days")
        return {
            name if name in own else f"{SETTING}{name}": said for name, said in unfit.fields.items()
        }
    except Refused as refusal:
        return {otherwise: str(refusal)}
    return {}
