"""Competency frameworks in CASE 1.0 and 1.1, as JSON: read in any wrapping, written as 1.1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.api import FrameworkFile, FrameworkFormat, hookimpl
from plugins.case.packages import collect
from plugins.case.reading import document
from plugins.case.writing import write

_MEMBER = re.compile(rb'"(CF[A-Z][A-Za-z]+|fullStatement|originNodeURI|sourcedId)"\s*:')
_OTHER = re.compile(rb'"(competencies|@graph)"\s*:')


def reads(file: FrameworkFile) -> bool:
    """Whether a file has members that only CASE has, and is not in Byway's own form."""
    text = file.body.replace(b"\0", b"")
    return _MEMBER.search(text) is not None and _OTHER.search(text) is None


def read(files: Sequence[FrameworkFile], options: Mapping[str, Any]) -> dict[str, Any]:
    """The framework in all files of an upload together.

    :raises BadReport: it contradicts itself, or there are several.
    """
    return document(collect(files), datetime.now(UTC).date())


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """CASE."""
    form = FrameworkFormat(
        name="case",
        title="CASE",
        reads=reads,
        read=read,
        write=write,
        suffix=".json",
        media_type="application/json",
    )
    return [form]
