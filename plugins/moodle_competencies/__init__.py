"""Moodle's competency frameworks, as the CSV files its site administration exports and imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import (
    RAISE,
    BadReport,
    FrameworkFile,
    FrameworkFormat,
    Schema,
    fields,
    hookimpl,
    validate,
)
from plugins.moodle_competencies.document import framework
from plugins.moodle_competencies.rows import is_moodle, read_rows
from plugins.moodle_competencies.writing import written


class MoodleSettings(Schema):
    """What the file does not say of itself."""

    class Meta:
        unknown = RAISE

    uri = fields.String(
        load_default="",
        validate=validate.And(
            validate.Length(max=300), validate.Regexp(r"(\S+:\S+)?\Z", error="This is no address.")
        ),
        metadata={
            "label": "Address of the framework",
            "help": "Names the framework; without it one is made from Moodle's ID number.",
        },
    )
    language = fields.String(
        load_default="en",
        validate=validate.Regexp(
            r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", error="Write it as en or fr-CA."
        ),
        metadata={"label": "Language", "help": "The one its texts are written in, such as en."},
    )


def read(files: Sequence[FrameworkFile], options: Mapping[str, Any]) -> dict[str, Any]:
    """The framework document.

    :raises BadReport: naming the row that cannot be read or contradicts another.
    """
    if len(files) != 1:
        raise BadReport("A framework of Moodle's is one file.", "Import one at a time.")
    return framework(
        read_rows(files[0].body),
        uri=options.get("uri", ""),
        language=options.get("language", "en"),
    )


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """Moodle's CSV, to read and to write."""
    return [
        FrameworkFormat(
            name="moodle",
            title="Moodle competency CSV",
            reads=is_moodle,
            read=read,
            settings=MoodleSettings,
            write=written,
            suffix=".csv",
            media_type="text/csv",
        )
    ]
