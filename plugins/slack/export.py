"""From the ZIP of an export to its public channels, their days, and who is who."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.api import BadReport, is_zip, read_json, read_zip
from plugins.forums.record import Record

MEND = "Give the ZIP that Slack made, unchanged, with channels.json, users.json and its folders."
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_LISTS = ("channels.json", "users.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A public channel: its id, which stays, and its name, which changes."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export: channels by the name of their folder, members by id, and the days in order."""

    channels: dict[str, Channel]
    users: dict[str, Record]
    days: list[tuple[Channel, list[Record]]]


def read_export(body: bytes) -> Export:
    """Read an export whole.

    :raises BadReport: it is no ZIP of Slack, or one of its lists or days cannot be read.
    """
    if not is_zip(body):
        raise BadReport("It is no ZIP; the export of a Slack workspace was expected.", MEND)
    files = {_inner(member.name): member.body for member in read_zip(body, what="The export")}
    if "channels.json" not in files:
        raise BadReport(
            "Expected the ZIP of a Slack export with channels.json, found "
            + (", ".join(ascii(name[:40])[1:-1] for name in list(files)[:5]) or "nothing")
            + ".",
            MEND,
        )
    # Private channels and direct messages have lists of their own (groups, mpims, dms): what is
    # not listed as a public channel is not opened.
    channels = {one.name: one for one in _channels(files["channels.json"])}
    users = {one.text("id") or "": one for one in _records(files, "users.json")}
    return Export(channels=channels, users=users, days=list(_days(files, channels)))


def _inner(name: str) -> str:
    """The name inside the export, whatever folder it was packed in; `folder/day` for a day."""
    parts = name.split("/")
    if _DAY.fullmatch(parts[-1]) and len(parts) > 1:
        return "/".join(parts[-2:])
    return parts[-1] if parts[-1] in _LISTS else name


def _channels(body: bytes) -> Iterator[Channel]:
    for one in _listed(body, "channels.json"):
        number, name = one.text("id"), one.text("name")
        is_private = one.flag("is_private") or one.flag("is_im") or one.flag("is_mpim")
        if number and name and not is_private:
            yield Channel(id=number, name=name)


def _days(files: dict[str, bytes], channels: dict[str, Channel]) -> Iterator[Any]:
    for name in sorted(files):
        folder, _, day = name.rpartition("/")
        if _DAY.fullmatch(day) and folder in channels:
            yield channels[folder], _listed(files[name], name)


def _records(files: dict[str, bytes], name: str) -> list[Record]:
    return _listed(files[name], name) if name in files else []


def _listed(body: bytes, name: str) -> list[Record]:
    """The objects of a file that is a list; an older export may leave an empty file."""
    found = read_json(body, what=name[-80:]) if body.strip() else []
    if not isinstance(found, list):
        raise BadReport(f"Expected a list in {name[-80:]}.", MEND, where=name[-80:])
    return [Record(one, f"{name[-120:]}[{n}]") for n, one in enumerate(found)]
