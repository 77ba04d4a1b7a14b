"""A sound source for the kit to look at, and ways to make one that is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.api import (
    Activity,
    Actor,
    BadCell,
    Failed,
    Line,
    Privacy,
    Shape,
    Source,
    decode,
    find_tables,
    hookimpl,
    read_dates,
    read_email,
)
from engine.testkit import Case, cases

SHAPE = Shape(
    name="lines",
    columns={"id": ("id",), "email": ("email",), "at": ("at",)},
    required=("id", "email", "at"),
)
REPORT = """\
id,email,at
5620000000000000001,bo@example.org,2026-09-08 12:00
5620000000000000002,ines@example.org,2026-09-13 12:00
5620000000000000003,bo@,2026-09-14 12:00
5620000000000000004,noor@example.org,2026-09-15 12:00
"""


class Lines(Source):
    """Reads lines of id, email and time; each step can be replaced by a worse one."""

    name = "lines"
    title = "Lines"
    api_version = 1
    privacy = Privacy(reads=("email",), keeps=("email",))

    def activities(self, bundle: Any, settings: Any) -> Iterator[Any]:
        for delivery in bundle.deliveries:
            for table in find_tables(decode(delivery.body).text, [SHAPE]).tables:
                dates = read_dates([(one.number, one["at"]) for one in table.lines], zone="UTC")
                for line in table.lines:
                    yield self.said(line, dates, table.lines)

    def said(self, line: Line, dates: Any, lines: list[Line]) -> Any:
        try:
            return Activity(
                rows=(line.number,),
                keys=(self.key(line, lines),),
                actor=Actor(email=read_email(line["email"])),
                verb="attended",
                at=dates.at(line["at"]),
            )
        except BadCell as bad:
            return Failed(row=line.number, why=bad.why, mend=bad.mend)

    def key(self, line: Line, lines: list[Line]) -> str:
        if not line["id"].isdigit():
            raise BadCell(f"“{line['id']}” is no id.", "Send the file as it was exported.")
        return line["id"]


def a(**members: Any) -> Source:
    """A source like `Lines` but for some of its members."""
    return type("Odd", (Lines,), members)()


def plugin(*sources: Any, **members: Any) -> ModuleType:
    """A plugin that brings these sources."""
    module = ModuleType("odd")
    module.register_sources = hookimpl(lambda: list(sources))  # type: ignore[attr-defined]
    for name, member in members.items():
        setattr(module, name, member)
    return module


def pairs_in(directory: Path, report: str = REPORT, name: str = "september.csv") -> Path:
    """A folder of pairs with one report, whose second file is not written yet."""
    folder = directory / "pairs"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(report, encoding="utf-8")
    return folder


def bundle_in(directory: Path, *reports: str) -> Path:
    """A folder of pairs with one bundle of several deliveries."""
    folder = directory / "pairs" / "talk"
    folder.mkdir(parents=True)
    for place, report in enumerate(reports):
        (folder / f"{place}.csv").write_text(report, encoding="utf-8")
    return folder.parent


def case(source: Source, words: str, pairs: Path | None) -> Case:
    """The case of a source whose name has these words."""
    return next(one for one in cases(plugin(source), pairs=pairs) if words in one.name)


def settings(folder: Path, **given: Any) -> None:
    (folder / "settings.json").write_text(json.dumps(given), encoding="utf-8")
