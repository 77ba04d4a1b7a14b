"""A framework on its way in: the uploaded files between the steps, and trying to read them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine import imports
from engine.api import Delivery, FrameworkFile, FrameworkFormat
from engine.competencies import frameworks
from engine.competencies.models import FrameworkRow
from engine.db import db, transaction
from engine.errors import Refused
from engine.host import calling
from engine.imports import Preview
from engine.pipeline import host
from engine.sources import previews
from engine.sources.previews import Upload

SOURCE = "a framework"
"""What the uploads are kept under; no source is called so, because names have no spaces."""
MOST_FILES = 50
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A framework as it was read, or why it was not."""

    found: Preview | None = None
    refusal: Refused | None = None


def keep(files: Sequence[FrameworkFile], *, by: str) -> Upload | Refused:
    """Keep what was uploaded until it is imported or discarded, or for a day."""
    there = [file for file in files if file.body]
    if not there:
        return Refused("No file was chosen, or the file is empty.", "Choose one and upload it.")
    if len(there) > MOST_FILES:
        return Refused(f"These are {len(there)} files.", f"Upload {MOST_FILES} at most, or a ZIP.")
    return previews.keep(_together(there), source=SOURCE, by=by)


def find(token: str, *, by: str) -> Upload:
    """What somebody uploaded.

    :raises NotFound: it is imported, discarded, too old, or somebody else's.
    """
    return previews.find(token, source=SOURCE, by=by)


def discard(token: str, *, by: str) -> None:
    """Forget an upload."""
    previews.discard(token, source=SOURCE, by=by)


def read(upload: Upload, form: str, options: Mapping[str, Any]) -> Tried:
    """What an upload would become; nothing is kept of it."""
    try:
        return Tried(found=imports.preview([file_of(upload)], form=form, options=options))
    except Refused as refusal:
        db.session.rollback()
        return Tried(refusal=refusal)


def take(
    upload: Upload, form: str, options: Mapping[str, Any], *, by: str
) -> FrameworkRow | Refused:
    """Import an upload, whole or not at all, and forget the file."""
    tried = read(upload, form, options)
    if tried.found is None:
        return tried.refusal or Refused("It cannot be read.")
    with transaction():
        row = frameworks.keep(tried.found.document)
    discard(upload.token, by=by)
    return row


def table_of(upload: Upload, form: str) -> FrameworkFormat | None:
    """The format that lets people say what the columns of this file are; None if none does."""
    file = file_of(upload)
    if file.body.startswith(_ZIP) and not file.name.lower().endswith((".xlsx", ".xlsm")):
        return None
    known = sorted(host().formats.values(), key=lambda one: one.last_resort)
    for one in known:
        if one.name == form or (not form and calling(one.name, partial(one.reads, file))):
            return one if one.columns is not None else None
    return None


def file_of(upload: Upload) -> FrameworkFile:
    """The uploaded file; of several, the archive they were put into."""
    return FrameworkFile(name=upload.delivery.name, body=upload.delivery.body)


def _together(files: Sequence[FrameworkFile]) -> Delivery:
    """One file as it is; several in an archive, each in a folder so that names may repeat."""
    first = files[0]
    if len(files) == 1:
        return Delivery(body=first.body, name=first.name)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(files):
            archive.writestr(f"{number}/{file.name.rpartition('/')[2]}", file.body)
    return Delivery(body=packed.getvalue(), name=f"{first.name} and {len(files) - 1} more")
