"""Bringing the samples in, through the same doors that everything comes in by."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from engine.api import Delivery
from engine.db import db, transaction
from engine.demo import people as cast
from engine.demo.samples import Samples, SampleSource
from engine.people import matching
from engine.people import service as people
from engine.sources import instances, runs
from engine.sources.models import DeliveryRow, Run


def seed(
    samples: Samples, *, by: str = "byway demo", progress: runs.Progress | None = None
) -> list[runs.Report]:
    """Import the people and run every file that was not run before; the reports of this time."""
    _import_people(samples.people, by)
    reports: list[runs.Report] = []
    for source in samples.sources:
        _add(source)
        for file in source.files:
            if not _was_run(source, file):
                delivery = Delivery(body=file.read_bytes(), name=_name(source, file))
                reports.append(runs.run_file(source.name, delivery, by=by))
                if progress:
                    progress(sum(report.rows for report in reports))
    return reports


def _import_people(file: Path, by: str) -> None:
    with transaction():
        matching.import_people(file.read_bytes(), by=by)
        for email, role in cast.ROLES.items():
            people.give_role(people.get_person(email), role)


def _add(source: SampleSource) -> None:
    with transaction():
        if instances.find(source.name) is None:
            instances.add(source.plugin, source.name, source.settings, basis="notice")


def _name(source: SampleSource, file: Path) -> str:
    """What a delivery is called: where the file lies under the samples."""
    return "/".join(file.parts[file.parts.index(source.name, -3) :])


def _was_run(source: SampleSource, file: Path) -> bool:
    """Whether a finished run has read this file; one that was interrupted is read again."""
    db.session.rollback()
    source_id = instances.get(source.name).id
    query = (
        select(Run.id)
        .join(DeliveryRow, DeliveryRow.run_id == Run.id)
        .where(DeliveryRow.source_id == source_id, DeliveryRow.name == _name(source, file))
        .where(Run.state == "done")
    )
    found = db.session.scalars(query).first() is not None
    db.session.rollback()
    return found
