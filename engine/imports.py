"""Importing a competency framework by whichever format recognises the file."""

from __future__ import annotations

from functools import partial

from engine.competencies import frameworks
from engine.competencies.models import FrameworkRow
from engine.errors import BadReport
from engine.host import calling
from engine.pipeline import host


def import_framework(body: bytes, name: str) -> FrameworkRow:
    """Keep the framework in a file.

    :raises BadReport: no format recognises it, or its own format refuses it; nothing is changed.
    """
    for form in host().formats.values():
        if calling(form.name, partial(form.reads, body, name)):
            return frameworks.keep(calling(form.name, partial(form.read, body)))
    known = ", ".join(form.title for form in host().formats.values())
    raise BadReport(f"{name} is in no format that is known here.", f"Known are: {known}.")
