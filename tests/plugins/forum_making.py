"""What the tests of forum plugins share: reading bytes, asking a server of ours, and archives."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.api import Activity, Bundle, Delivery, Failed, Gone, Skipped, Source
from engine.fetcher import fetcher
from engine.testkit import scratch

PLUGINS = Path(__file__).parents[2] / "plugins"
Outcome = Activity | Gone | Skipped | Failed


def source_of(name: str) -> Source:
    """The source that a plugin brings."""
    (source,) = importlib.import_module(f"plugins.{name}").register_sources()
    assert isinstance(source, Source)
    return source


def sample(plugin: str, name: str) -> bytes:
    """A report of a plugin's golden pairs."""
    return (PLUGINS / plugin / "pairs" / name).read_bytes()


def read(plugin: str, body: bytes, **given: Any) -> list[Any]:
    """What a delivery becomes, with the settings of the golden pairs and those given."""
    source = source_of(plugin)
    settings = source.settings().load({**settings_of(plugin), **given})
    bundle = Bundle(key=None, deliveries=(Delivery(body=body),))
    return list(source.activities(bundle, settings))


def settings_of(plugin: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sample(plugin, "settings.json"))
    return found


def asked(plugin: str, cursor: str | None = None, **given: Any) -> list[Delivery]:
    """What a poll brings, over HTTP from this machine."""
    source = source_of(plugin)
    settings = source.settings().load({**settings_of(plugin), **given})
    return list(source.poll(cursor, fetcher(allow_private=True), settings))


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A ZIP of files by their names."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return into.getvalue()


def kinds(outcomes: list[Any]) -> list[str]:
    return [type(one).__name__ for one in outcomes]


def only(outcomes: list[Any], kind: type) -> list[Any]:
    """The outcomes of one kind."""
    return [one for one in outcomes if isinstance(one, kind)]


@contextmanager
def recording(plugin: str, **given: Any) -> Iterator[None]:
    """An instance of its own, to read deliveries for good with `scratch.read`."""
    with scratch.scratch(source_of(plugin), {**settings_of(plugin), **given}):
        yield
