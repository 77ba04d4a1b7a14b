"""The rows of a run that need a hand, as the file they came from: to be mended and uploaded again.

What stands around them stays: the lines above a table, its headings, further tables, the objects
an array is in. Only rows that were read, and need no hand, are taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select

from engine.api import Activity, Delivery, Gone
from engine.db import db
from engine.errors import BadReport, Conflict, NotFound, Refused
from engine.reading import decode, is_zip, place_in, visible_sheets, write_workbook
from engine.sources import deliveries, problems
from engine.sources.models import DeliveryRow, Run, RunProblem, SourceInstance
from engine.sources.problems import MENDABLE
from engine.sources.raw import Raw, below, steps_of
from engine.sources.reading import Reading

Place = int | str
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BAD = re.compile(r"[^\w. -]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to be downloaded."""

    name: str
    body: bytes
    media_type: str


def of_run(run_id: int) -> File:
    """The rows of a run that failed or matched nobody, in the form in which they arrived.

    :raises Refused: there are none, or what arrived cannot be cut into rows.
    """
    run = db.session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.", "Look at the source's runs.")
    row, rows = _delivery(run_id)
    delivery, told = deliveries.delivery_of(row), _told(run, row)
    document = _json(delivery)
    if is_zip(delivery.body) and not _is_archive(delivery.body):
        body, kind = _of_workbook(delivery, told - rows), XLSX
    elif document is not None:
        body, kind = _of_json(delivery, document, rows, told - rows), "application/json"
    else:
        body, kind = _of_table(delivery, rows, told - rows), "text/csv"
    return File(name=_name(delivery), body=body, media_type=kind)


def _delivery(run_id: int) -> tuple[DeliveryRow, frozenset[Place]]:
    """The one delivery in which rows need a hand, and where."""
    mine = (RunProblem.run_id == run_id) & RunProblem.outcome.in_(MENDABLE)
    found = list(db.session.scalars(select(RunProblem).where(mine)))
    if not found:
        raise NotFound("No row of this run needs a hand.", "There is nothing to mend.")
    kept = deliveries.of_run(run_id)
    if not kept:
        raise Conflict(deliveries.OVER, "Export the report again and upload it.")
    among = {one.delivery_id for one in found if one.delivery_id is not None} or set(kept)
    row = db.session.get_one(DeliveryRow, min(among)) if len(among) == 1 else None
    if row is None or row.bundle is not None:
        raise Refused(
            "These rows came in several deliveries, so there is no one file they came from.",
            "Mend them at the source, or try them again here.",
        )
    return row, frozenset(place for one in found for place in problems.places_of(one))


def _told(run: Run, row: DeliveryRow) -> frozenset[Place]:
    """Every row that the source reads from a delivery now."""
    reading = Reading.of(db.session.get_one(SourceInstance, run.source_id))
    told: set[Place] = set()
    for said in reading.said(deliveries.stored_bundle(row)):
        told.update(said.rows if isinstance(said, Activity | Gone) else (said.row,))
    return frozenset(told)


def _of_table(delivery: Delivery, rows: Collection[Place], others: Collection[Place]) -> bytes:
    """A table without its other rows: encoded, delimited and ended as it was."""
    if is_zip(delivery.body) or not all(isinstance(row, int) for row in rows):
        raise Refused(
            "What arrived is no text table and no JSON, so its rows cannot be cut out.",
            "Mend them in the file itself, and upload it whole: what is known stays as it is.",
        )
    raw = Raw(delivery.body)
    if not all(0 < int(row) <= len(raw.records) for row in rows):
        raise Refused(
            "The rows are not where they were read.",
            "Mend them in the file itself, and upload it whole.",
        )
    kept = [one for number, one in enumerate(raw.records, start=1) if number not in others]
    return _encoded(delivery.body, "".join(kept))


def _is_archive(body: bytes) -> bool:
    """Whether a ZIP file is something else than a workbook."""
    try:
        return not visible_sheets(body)
    except BadReport:
        return True


def _of_workbook(delivery: Delivery, others: Collection[Place]) -> bytes:
    """The sheets one sees without their other rows."""
    return write_workbook(
        replace(
            sheet,
            rows=[
                cells
                for number, cells in enumerate(sheet.rows, start=1)
                if place_in(at, sheet.name, number) not in others
            ],
        )
        for at, sheet in enumerate(visible_sheets(delivery.body))
    )


def _encoded(body: bytes, text: str) -> bytes:
    """A text in the encoding of a body, with its byte order mark if it has one."""
    encoding = decode(body).encoding
    marks = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    mark = marks.get(encoding, b"")
    plain = encoding.removesuffix("-sig")
    return (mark if body.startswith(mark) else b"") + text.encode(plain, errors="replace")


def _json(delivery: Delivery) -> Any:
    """What a delivery says as JSON; None when it is something else."""
    if is_zip(delivery.body):
        return None
    text = decode(delivery.body).text
    if text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_json(
    delivery: Delivery, document: Any, rows: Collection[Place], others: Collection[Place]
) -> bytes:
    """A document without the other elements of its arrays."""
    wanted = [_path(row, document) for row in rows]
    unwanted = {_path(row, document) for row in others}
    unwanted -= {path[:length] for path in wanted for length in range(len(path) + 1)}
    for path in sorted(unwanted, key=lambda one: [str(step).zfill(9) for step in one])[::-1]:
        _take_out(document, path)
    return _encoded(delivery.body, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


_Path = tuple[int | str, ...]


def _path(place: Place, document: Any) -> _Path:
    """The way to the array's element that a place is in; a number counts from 1."""
    if isinstance(place, int):
        return (place - 1,)
    steps: _Path = tuple(steps_of(place))
    numbers = [at for at, step in enumerate(steps) if isinstance(step, int)]
    return steps[: numbers[-1] + 1] if numbers else steps


def _take_out(document: Any, path: _Path) -> None:
    """Remove an element of an array; what is no such element stays."""
    here = document
    try:
        for step in path[:-1]:
            here = below(here, step)
    except LookupError:
        return
    last = path[-1] if path else None
    if isinstance(here, list) and isinstance(last, int) and last < len(here):
        del here[last]


def _name(delivery: Delivery) -> str:
    """The file's name with a word on what it holds; nothing that leads anywhere."""
    path = PurePosixPath(delivery.name.replace("\\", "/").rsplit("/", 1)[-1] or "report")
    stem, suffix = (_BAD.sub("-", part) for part in (path.stem, path.suffix))
    return f"{stem[:80] or 'report'}-to-mend{suffix[:10]}"
