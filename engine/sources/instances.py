"""Source instances: adding one, changing its settings, and what its settings are in the clear."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from engine.api import Source
from engine.config import keyring, settings
from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.host import calling
from engine.lrs.keys import create_origin
from engine.lrs.models import Origin
from engine.moments import now_us
from engine.pipeline import host
from engine.sources.models import SourceInstance

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")


def add(plugin: str, name: str, given: Mapping[str, str], *, basis: str) -> SourceInstance:
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
    instance = SourceInstance(
        name=name, plugin=plugin, origin_id=origin.id, created_at=now_us(), generation=1
    )
    _keep(instance, source, given, loaded)
    db.session.add(instance)
    db.session.flush()
    return instance


def change(instance: SourceInstance, given: Mapping[str, str]) -> None:
    """Change some settings; what is read from now on outranks what was read under the old ones."""
    source = host().source(instance.plugin)
    merged = {**_given(instance), **given}
    loaded = load_settings(source, merged)
    _keep(instance, source, merged, loaded)
    origin_of(instance).name = loaded["title"] or instance.name
    instance.generation += 1


def load_settings(source: Source, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the plugin gets them; refused field by field with what the schema says."""
    return calling(source.name, lambda: _loaded(source, given))


def _loaded(source: Source, given: Mapping[str, Any]) -> dict[str, Any]:
    schema = source.settings()
    try:
        loaded: dict[str, Any] = schema.load(dict(given))
    except ValidationError as error:
        unfit = "; ".join(
            f"{name}: {' '.join(map(str, said)) if isinstance(said, list) else said}"
            for name, said in sorted(_by_field(error).items())
        )
        known = ", ".join(schema.fields)
        raise Refused(
            f"The settings of {source.title} do not fit. {unfit}", f"Settings are: {known}."
        ) from error
    return loaded


def _by_field(error: ValidationError) -> dict[str, Any]:
    messages = error.messages
    return messages if isinstance(messages, dict) else {"settings": messages}


def settings_of(instance: SourceInstance) -> dict[str, Any]:
    """The settings of an instance, secrets included, as its plugin gets them."""
    return load_settings(host().source(instance.plugin), _given(instance))


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


def _given(instance: SourceInstance) -> dict[str, Any]:
    sealed = json.loads(keyring().open(instance.sealed)) if instance.sealed else {}
    return {**instance.settings, **sealed}


def _keep(
    instance: SourceInstance, source: Source, given: Mapping[str, Any], loaded: Mapping[str, Any]
) -> None:
    """Split what was given into clear and encrypted, and name the system it speaks to."""
    fields = source.settings().fields
    secret = {name for name, field in fields.items() if field.metadata.get("secret")}
    identity = sorted(name for name, field in fields.items() if field.metadata.get("identity"))
    hidden = {name: value for name, value in given.items() if name in secret}
    instance.settings = {name: value for name, value in given.items() if name not in secret}
    instance.sealed = keyring().seal(json.dumps(hidden).encode()) if hidden else None
    system = json.dumps([instance.plugin, [[name, str(loaded.get(name))] for name in identity]])
    instance.system = keyring().namespace(system)
