"""Source instances: adding one, changing its settings, and what its settings are in the clear."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from engine.api import Source
from engine.config import keyring, settings
from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.fetcher import refuse_denied
from engine.host import calling
from engine.lrs.keys import create_origin
from engine.lrs.models import Origin
from engine.moments import now_us
from engine.pipeline import host
from engine.sources.instance_models import HOUR_S, SourceCare
from engine.sources.models import SourceInstance
from engine.sources.secrecy import forms_of, secret_names, without_secrets

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")
WEB_ADDRESS = re.compile(r"""https?://[^\s,|"'<>]+""")
MOST_NOTICE = 2_000
"""Characters of what learners read of a source."""
MOST_SETTINGS = 100_000
"""Characters of all settings of one source together."""


class Unfit(Refused):
    """Settings that do not fit; `fields` has what is wrong with each, by its name."""

    status = 422

    def __init__(self, why: str, mend: str, *, fields: Mapping[str, str]) -> None:
        super().__init__(why, mend)
        self.fields = dict(fields)


def add(plugin: str, name: str, given: Mapping[str, Any], *, basis: str) -> SourceInstance:
    """A new instance of a plugin; its settings are checked before anything is kept."""
    source = host().source(plugin)
    if not NAME.fullmatch(name):
        raise Refused(f'"{name}" cannot name a source.', "Use small letters, digits and hyphens.")
    if find(name) is not None:
        raise Conflict(f'There is a source "{name}" already.', "Choose another name.")
    loaded = load_settings(source, given)
    origin = create_origin(
        "source",
        loaded["title"] or name,
        home_page=settings().public_url,
        basis=basis,
        attests=source.vouches,
    )
    now = now_us()
    instance = SourceInstance(
        name=name, plugin=plugin, origin_id=origin.id, created_at=now, generation=1
    )
    _keep(instance, source, given, loaded)
    db.session.add(instance)
    db.session.flush()
    db.session.add(_new_care(instance.id, now))
    db.session.flush()
    return instance


def _new_care(source_id: int, now: int) -> SourceCare:
    """A source that is asked at once, and then every hour."""
    return SourceCare(
        source_id=source_id,
        paused=False,
        notice="",
        every_s=HOUR_S,
        next_at=now,
        failures=0,
        awake_at=now,
    )


def change(
    instance: SourceInstance, given: Mapping[str, Any], *, without: Collection[str] = ()
) -> None:
    """Change some settings; what is read from now on outranks what was read under the old ones.

    It is asked anew soon, whatever it failed of before. The same settings again change nothing.

    :param without: settings that are given back to their defaults.
    """
    source = host().source(instance.plugin)
    before = given_to(instance)
    merged = {name: value for name, value in {**before, **given}.items() if name not in without}
    loaded = load_settings(source, merged)
    if merged == before:
        return
    _keep(instance, source, merged, loaded)
    origin_of(instance).name = loaded["title"] or instance.name
    instance.generation += 1
    care = care_of(instance)
    care.next_at = min(care.next_at, now_us())


def load_settings(source: Source, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the plugin gets them.

    :raises Unfit: field by field with what the schema says, and never a secret.
    """
    return calling(source.name, lambda: _loaded(source, given))


def _loaded(source: Source, given: Mapping[str, Any]) -> dict[str, Any]:
    schema = source.settings()
    if sum(len(str(value)) for value in given.values()) > MOST_SETTINGS:
        raise Refused(f"The settings have more than {MOST_SETTINGS} characters.", "Shorten them.")
    try:
        loaded: dict[str, Any] = schema.load(dict(given))
    except ValidationError as error:
        hidden = forms_of(source, given)
        unfit = {
            name: without_secrets(_words(said), hidden)
            for name, said in sorted(_by_field(error).items())
        }
        told = "; ".join(f"{name}: {words}" for name, words in unfit.items())
        known = ", ".join(schema.fields)
        raise Unfit(
            f"The settings of {source.title} do not fit. {told}",
            f"Settings are: {known}.",
            fields=unfit,
        ) from error
    _refuse_denied(source, given)
    return loaded


def _refuse_denied(source: Source, given: Mapping[str, Any]) -> None:
    """No source is set up for a place that nothing is collected from."""
    for name, value in given.items():
        for address in WEB_ADDRESS.findall(value) if isinstance(value, str) else ():
            try:
                refuse_denied(address, also=settings().denied_hosts)
            except Refused as refusal:
                why = f"The settings of {source.title} do not fit. {name}: {refusal.why}"
                raise Unfit(why, refusal.mend, fields={name: refusal.why}) from refusal


def _words(said: object) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)


def _by_field(error: ValidationError) -> dict[str, Any]:
    messages = error.messages
    return messages if isinstance(messages, dict) else {"settings": messages}


def settings_of(instance: SourceInstance) -> dict[str, Any]:
    """The settings of an instance, secrets included, as its plugin gets them."""
    return load_settings(host().source(instance.plugin), given_to(instance))


def set_notice(instance: SourceInstance, text: str) -> None:
    """What learners read of this source on My data, in its team's own words."""
    text = text.strip()
    if len(text) > MOST_NOTICE:
        raise Unfit(
            f"The notice has {len(text)} characters.",
            f"Shorten it to {MOST_NOTICE}.",
            fields={"notice": f"It has {len(text):,} characters. Shorten it to {MOST_NOTICE:,}."},
        )
    care_of(instance).notice = text


def notices() -> dict[int, str]:
    """What learners are to read of sources, by the id of the origin of each that has a text."""
    query = select(SourceInstance.origin_id, SourceCare.notice).join(
        SourceCare, SourceCare.source_id == SourceInstance.id
    )
    return {origin: notice for origin, notice in db.session.execute(query) if notice}


def pause(instance: SourceInstance) -> None:
    """Let a source rest: it is not asked, and takes no calls; files and what it brought stay."""
    care_of(instance).paused = True


def resume(instance: SourceInstance) -> None:
    """Let a source go on; it is asked soon, and its silence counts from now."""
    care, now = care_of(instance), now_us()
    if care.paused:
        care.paused, care.next_at, care.awake_at = False, now, now


def care_of(instance: SourceInstance) -> SourceCare:
    """What is decided and known of an instance beside its settings."""
    return db.session.get_one(SourceCare, instance.id)


def find(name: str) -> SourceInstance | None:
    """The instance of this name."""
    return db.session.scalar(select(SourceInstance).where(SourceInstance.name == name))


def get(name: str) -> SourceInstance:
    """The instance of this name, refused with the names there are."""
    instance = find(name)
    if instance is None:
        names = ", ".join(one.name for one in every()) or "none yet"
        raise NotFound(f'There is no source "{name}".', f"There are: {names}.")
    return instance


def every() -> list[SourceInstance]:
    """All instances in the order of their names."""
    return list(db.session.scalars(select(SourceInstance).order_by(SourceInstance.name)))


def origin_of(instance: SourceInstance) -> Origin:
    """The origin of everything an instance brings."""
    return db.session.get_one(Origin, instance.origin_id)


def given_to(instance: SourceInstance) -> dict[str, Any]:
    """The settings as somebody gave them, secrets included."""
    sealed = json.loads(keyring().open(instance.sealed)) if instance.sealed else {}
    return {**instance.settings, **sealed}


def _keep(
    instance: SourceInstance, source: Source, given: Mapping[str, Any], loaded: Mapping[str, Any]
) -> None:
    """Split what was given into clear and encrypted, and name the system it speaks to."""
    fields, secret = source.settings().fields, secret_names(source)
    identity = sorted(name for name, field in fields.items() if field.metadata.get("identity"))
    hidden = {name: value for name, value in given.items() if name in secret and value}
    instance.settings = {name: value for name, value in given.items() if name not in secret}
    instance.sealed = keyring().seal(json.dumps(hidden).encode()) if hidden else None
    system = json.dumps([instance.plugin, [[name, str(loaded.get(name))] for name in identity]])
    instance.system = keyring().namespace(system)
