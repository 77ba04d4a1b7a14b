"""Statements made ready for another record store: their bytes, their attachments, and batches."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.lrs.reader import Stored
from xapi import attachments, multipart, text
from xapi.errors import StatementRefused
from xapi.versions import V1
from xapi.walk import walk

COUNT = 100
BYTES = 900_000
"""Less than the megabyte that web servers in front of record stores take by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A statement on its way; `unfit` says why it cannot be sent at all."""

    seq: int
    statement: Mapping[str, Any]
    body: bytes
    contents: Mapping[str, bytes] = field(default_factory=dict)
    unfit: str = ""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.body) + sum(map(len, self.contents.values()))


def parcel(
    stored: Stored, statement: dict[str, Any], contents: Mapping[str, bytes], *, version: str
) -> Parcel:
    """A stored statement made ready: its stored bytes, for a store that is spoken to in `version`.

    A store of 1.0.3 has to refuse whatever is labelled 2.0 (xAPI 1.0.3 Data 2.4.10). So what keeps
    every rule of 1.0.3 leaves under that label, which is no part of what a statement says; what
    does not is unfit.
    """
    body, unfit = stored.payload, ""
    if version == V1 and str(statement.get("version", V1)).startswith("2"):
        statement = {**statement, "version": V1}
        body = text.dump(statement)
        unfit = _unfit(text.parse(body))
    return Parcel(seq=stored.seq, statement=statement, body=body, contents=contents, unfit=unfit)


def _unfit(statement: dict[str, Any]) -> str:
    try:
        walk(statement, version=V1)
    except StatementRefused as refused:
        return (
            f"It was stored as xAPI 2.0 and is none of 1.0.3: at {refused.path}, {refused.clause}. "
            "Not sent. If the other store speaks 2.0, set the forward's version and resend it."
        )
    return ""


def batches(parcels: Iterable[Parcel], count: int) -> Iterator[tuple[Parcel, ...]]:
    """Parcels in order, as many at a time as one request should carry."""
    batch: list[Parcel] = []
    size = 0
    for one in parcels:
        if batch and (len(batch) >= count or size + one.size > BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield tuple(batch)


def packed(parcels: Sequence[Parcel]) -> tuple[str, bytes]:
    """The content type and the body of a request that carries these statements."""
    body = b"[" + b",".join(one.body for one in parcels) + b"]"
    contents = {sha2: content for one in parcels for sha2, content in one.contents.items()}
    if not contents:
        return "application/json", body
    types = attachments.types_of(one.statement for one in parcels)
    boundary = uuid.uuid4().hex
    mixed = multipart.write(body, attachments.parts_for(types, contents), boundary)
    return f"multipart/mixed; boundary={boundary}", mixed
