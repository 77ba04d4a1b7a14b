"""Competency frameworks from files and to files, by whichever format knows them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError

from engine.api import FrameworkFile, FrameworkFormat
from engine.competencies import frameworks
from engine.competencies.framework_changes import Changes, compare
from engine.competencies.framework_documents import Framework, read
from engine.competencies.models import FrameworkRow
from engine.errors import BadReport, NotFound, Refused
from engine.host import calling
from engine.pipeline import host

LARGEST = 200_000_000
"""Bytes of all files of one framework, unpacked."""
MOST_FILES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A framework that was read and not kept: what it is, and what it would change.

    `remarks` tell how it was read.
    """

    form: FrameworkFormat
    document: Mapping[str, Any]
    framework: Framework
    changes: Changes
    remarks: tuple[str, ...]


def preview(
    files: Sequence[FrameworkFile], *, form: str = "", options: Mapping[str, Any] | None = None
) -> Preview:
    """Read a framework and compare it with what is kept; nothing is changed.

    :param form: the format's name; without it the first that recognises a file reads it.
    :raises BadReport: no format recognises it, or what it says cannot be kept.
    """
    unpacked = list(_unpacked(files))
    chosen = _format(form) if form else _recognised(unpacked)
    mine = [file for file in unpacked if form or calling(chosen.name, partial(chosen.reads, file))]
    loaded = _options(chosen, options or {})
    document = calling(chosen.name, partial(chosen.read, mine, loaded))
    framework = read(document)
    former = frameworks.newest(framework.uri)
    unread = [file.name for file in unpacked if file not in mine]
    return Preview(
        form=chosen,
        document=document,
        framework=framework,
        changes=compare(former.document if former else None, document),
        remarks=(
            *(str(remark) for remark in document.get("remarks", ())),
            *(f"{name} was not read: it is not {chosen.title}." for name in unread),
        ),
    )


def import_framework(
    files: Sequence[FrameworkFile], *, form: str = "", options: Mapping[str, Any] | None = None
) -> FrameworkRow:
    """Keep the framework in these files.

    :raises BadReport: as `preview`; nothing is changed.
    """
    return frameworks.keep(preview(files, form=form, options=options).document)


def export_framework(uri: str, form: str) -> tuple[bytes, FrameworkFormat]:
    """A framework's newest version as a file, and the format it is in.

    :raises NotFound: there is no such framework, or no format of this name that writes.
    """
    row, chosen = frameworks.newest(uri), _format(form)
    if row is None:
        raise NotFound(f"There is no framework {uri}.", "See `byway frameworks list`.")
    if chosen.write is None:
        known = ", ".join(one.name for one in host().formats.values() if one.write)
        raise NotFound(f"{chosen.title} cannot be written.", f"There are: {known}.")
    return calling(chosen.name, partial(chosen.write, row.document)), chosen


def _format(name: str) -> FrameworkFormat:
    formats = host().formats
    if name not in formats:
        raise NotFound(f'There is no format "{name}".', f"There are: {', '.join(formats)}.")
    return formats[name]


def _recognised(files: Sequence[FrameworkFile]) -> FrameworkFormat:
    for form in sorted(host().formats.values(), key=lambda form: form.last_resort):
        if any(calling(form.name, partial(form.reads, file)) for file in files):
            return form
    known = ", ".join(form.title for form in host().formats.values())
    names = ", ".join(file.name for file in files[:3]) or "An empty upload"
    raise BadReport(f"{names} is in no format that is known here.", f"Known are: {known}.")


def _options(form: FrameworkFormat, given: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = form.settings() if form.settings else Schema()
    try:
        loaded: Mapping[str, Any] = schema.load(dict(given))
    except ValidationError as error:
        told: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
        name = next(iter(told))
        raise Refused(f"{name}: {' '.join(map(str, told[name]))}", where=name) from error
    return loaded


def _unpacked(files: Sequence[FrameworkFile]) -> Iterator[FrameworkFile]:
    """The files themselves and those in archives, within bounds."""
    left = LARGEST
    for file in files:
        for one in _members(file, left) if _is_archive(file) else (file,):
            left -= len(one.body)
            if left < 0:
                raise BadReport(
                    f"The files hold more than {LARGEST // 1_000_000} MB.", "Import fewer at once."
                )
            yield one


def _is_archive(file: FrameworkFile) -> bool:
    """A ZIP that is no spreadsheet, which is a ZIP as well."""
    return file.body.startswith(b"PK\x03\x04") and not file.name.lower().endswith(
        (".xlsx", ".xlsm")
    )


def _members(file: FrameworkFile, left: int) -> Iterator[FrameworkFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(file.body)) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir()]
            if len(inside) > MOST_FILES:
                raise BadReport(f"{file.name} holds {len(inside)} files.", "Import fewer at once.")
            for one in inside:
                with archive.open(one) as member:
                    body = member.read(left + 1)
                left -= len(body)
                yield FrameworkFile(name=one.filename.rpartition("/")[2], body=body)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadReport(
            f"{file.name} cannot be unpacked: {error}", "Unpack it yourself."
        ) from error
