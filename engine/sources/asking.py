"""Asking a system: whether it can be asked, which hosts may be called for it, and by what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.api import Fetch, Source
from engine.config import settings
from engine.fetcher import fetcher
from engine.sources.instances import WEB_ADDRESS
from engine.sources.models import SourceInstance
from engine.sources.secrecy import secret_names

POLL = 1_000
"""Requests of one poll."""


def can_ask(source: Source | None, instance: SourceInstance) -> bool:
    """Whether an instance is set up to be polled: it has an address to ask, or a key to one.

    Where settings name every host, one of these must be set; where the plugin names hosts itself,
    a secret must be, if there is any. Whatever else is needed its `poll` says.
    """
    if source is None or not source.has_door("poll"):
        return False
    declared, fields = source.hosts or ("{url}",), source.settings().fields
    named = [host[1:-1] for host in declared if host.startswith("{")]
    if len(named) < len(declared):
        return bool(instance.sealed) or not secret_names(source)
    return any(
        instance.settings.get(name, fields[name].load_default) for name in named if name in fields
    )


def hosts_of(source: Source, own: Mapping[str, Any]) -> frozenset[str]:
    """The hosts that an instance may call: those its plugin declares.

    One that declares none may call those of the addresses among its settings.
    """
    return frozenset(_hosts(source, own))


def _hosts(source: Source, own: Mapping[str, Any]) -> Iterator[str]:
    for host in source.hosts or [f"{{{name}}}" for name in own]:
        if host.startswith("{"):
            yield from _hosts_in(own.get(host[1:-1]))
        else:
            yield host.lower()


def _hosts_in(value: object) -> Iterator[str]:
    """The hosts of the addresses in a setting, which may be one, several in a text, or a list."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _hosts_in(one)
    elif isinstance(value, str):
        for address in WEB_ADDRESS.findall(value) or [value.strip()]:
            if found := _host_of(address):
                yield found


def _host_of(address: str) -> str:
    """The host of an address, with or without its scheme; "" for what is none."""
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        return (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return ""


def fetch_for(source: Source, own: Mapping[str, Any], *, requests: int = POLL) -> Fetch:
    """The guarded fetcher of an instance, which asks this often at most.

    A source that declares that it roams, as one does that is given lists of feeds, may ask anywhere
    on the public internet.
    """
    return fetcher(
        allow_private=settings().allow_private_fetch,
        hosts=None if source.roams else hosts_of(source, own),
        denied=settings().denied_hosts,
        max_requests=requests,
    )
