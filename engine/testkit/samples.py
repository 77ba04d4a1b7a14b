"""Golden pairs: reports a source reads, each beside what Byway makes of it.

    pairs/
      settings.json            the settings they are read with, where the source needs any
      september.csv            a report
      september.expected.json  what a preview shows of it
      october.headers.json     the headers that october.json came with, for webhooks
      talk/                    deliveries of one bundle, in the order of their names
      talk.expected.json       what the last of them comes to

A plugin with several sources has a folder of each one's name inside `pairs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.api import Delivery
from engine.plugin_checks.sample_files import EXPECTED, HEADERS, SETTINGS, is_report
from engine.testkit.broken import Broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A report as it came, in one delivery or, as a bundle, in several.

    :param expected: the file that says what becomes of it; it need not be there.
    """

    name: str
    deliveries: tuple[Delivery, ...]
    expected: Path

    @property
    def bundle(self) -> str | None:
        """What its deliveries belong together by."""
        return self.deliveries[0].bundle


def samples_in(folder: Path) -> tuple[Sample, ...]:
    """Every report in a folder of pairs; none where there is no folder."""
    if not folder.is_dir():
        return ()
    return tuple(_sample(path) for path in sorted(folder.iterdir()) if is_report(path))


def settings_in(folder: Path) -> dict[str, Any]:
    """The settings the reports of a folder are read with."""
    path = folder / SETTINGS
    found = _json(path) if path.is_file() else {}
    if not isinstance(found, dict):
        raise Broken("It is no JSON object.", "Write the settings by their names.", where=SETTINGS)
    return found


def expected_of(sample: Sample) -> Any:
    """What a sample must come to."""
    if not sample.expected.is_file():
        mend = "Run `byway plugins check NAME --write-pairs` and read what it wrote."
        raise Broken(f"There is no {sample.expected.name}.", mend, where=sample.name)
    return _json(sample.expected)


def write_expected(sample: Sample, shown: Mapping[str, Any]) -> None:
    """Write what a sample comes to as what it must come to."""
    text = json.dumps(shown, indent=1, ensure_ascii=False)
    sample.expected.write_text(text + "\n", encoding="utf-8")


def _sample(path: Path) -> Sample:
    if path.is_dir():
        parts = [one for one in sorted(path.iterdir()) if is_report(one)]
        deliveries = tuple(_delivery(one, bundle=path.name) for one in parts)
        if not deliveries:
            raise Broken("The folder is empty.", "Put the deliveries in it.", where=path.name)
    else:
        deliveries = (_delivery(path, bundle=None),)
    stem = path.name if path.is_dir() else path.stem
    return Sample(name=path.name, deliveries=deliveries, expected=path.with_name(stem + EXPECTED))


def _delivery(path: Path, *, bundle: str | None) -> Delivery:
    beside = path.with_name(path.stem + HEADERS)
    headers = _json(beside) if beside.is_file() else {}
    return Delivery(body=path.read_bytes(), name=path.name, headers=headers, bundle=bundle)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Broken(f"It is no JSON: {error}.", "Correct it.", where=path.name) from error
