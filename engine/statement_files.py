"""Statements as a file: the log written out as it is stored, and any such file read in again.

A file is JSON lines: each statement in the bytes the record store has of it. The content of an
attachment stands in a line of its own, {"attachment": SHA-2, "base64": …}, before the statement
that first needs it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import tempfile
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import or_, select

from engine import intake
from engine.config import keyring, settings
from engine.db import db, reading, transaction
from engine.errors import Conflict, NotFound
from engine.intake import Outcome
from engine.lrs import attachments as contents
from engine.lrs.keys import authority_of, create_origin
from engine.lrs.models import Key, Origin
from engine.lrs.reader import Stored
from engine.lrs.store import Authority, Entry
from engine.pipeline import reader
from xapi import text
from xapi.attachments import described
from xapi.digests import Digest
from xapi.errors import StatementRefused
from xapi.rows import Row, read_rows
from xapi.rules import both_clauses, came
from xapi.shapes import is_sha2
from xapi.signatures import SIGNATURE, Signatures

PAGE = 500
KIND = "file"
VERSIONS = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}
"""What a statement without a version gets, by the rules it keeps."""

_MAGIC = b"\x1f\x8b"
_HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
_CONTENT = frozenset({"attachment", "base64"})


# ---- Which statements -----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which part of the log: stored after one position and up to another, whose, for whom."""

    after: int = 0
    until: int | None = None
    origin: int | None = None
    audiences: frozenset[str] = frozenset()

    def takes(self, stored: Stored) -> bool:
        """Whether a statement of that stretch belongs to it."""
        mine = self.origin is None or stored.origin == self.origin
        return mine and (not self.audiences or stored.audience in self.audiences)


def chosen(choice: Chosen) -> Iterator[Stored]:
    """The statements in stored order, voided and voiding ones included.

    What is stored after the first one is asked for is left out, so that a file written while
    others write holds the log as it was at one moment.
    """
    position, end = choice.after, reader().last()
    end = end if choice.until is None else min(end, choice.until)
    while page := reader().log(position, PAGE):
        for stored in page:
            if stored.seq > end:
                return
            if choice.takes(stored):
                yield stored
        position = page[-1].seq


def digest_of(choice: Chosen) -> Digest:
    """The digest over a part of the log."""
    digest = Digest()
    for stored in chosen(choice):
        digest.add(text.parse(stored.payload))
    return digest


def origin_of(name: str) -> Origin:
    """The origin that a key, named by its name or its user name, speaks for."""
    of_key = or_(Key.name == name, Key.username == name)
    keys = select(Key.origin_id).where(of_key)
    found = db.session.scalars(select(Origin).where(Origin.id.in_(keys))).all()
    if not found:
        raise NotFound(f"There is no key called {name}.", "See `byway keys list --all`.")
    if len(found) > 1:
        raise Conflict(f"Several keys are called {name}.", "Name one by its key.")
    return found[0]


# ---- Writing a file -------------------------------------------------------


def write(
    out: BinaryIO,
    choice: Chosen,
    *,
    attachments: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Digest:
    """Write a part of the log out as JSON lines; what is written, as a digest."""
    digest, written = Digest(), set[str]()
    for stored in chosen(choice):
        if attachments:
            _write_contents(out, stored, written)
        statement = text.parse(stored.payload)
        digest.add(statement)
        out.write(_line(stored.payload, statement))
        if progress:
            progress(digest.count)
    return digest


def _line(payload: bytes, statement: dict[str, Any]) -> bytes:
    """The stored bytes; only what has line ends inside is written anew."""
    whole = b"\n" in payload or b"\r" in payload
    return (text.dump(statement) if whole else payload) + b"\n"


def _write_contents(out: BinaryIO, stored: Stored, written: set[str]) -> None:
    if b'"attachments"' not in stored.payload:
        return
    with reading() as connection:
        found = contents.read(connection, [stored.seq])
    for sha2 in sorted(found.keys() - written):
        encoded = base64.b64encode(found[sha2]).decode()
        out.write(text.dump({"attachment": sha2, "base64": encoded}) + b"\n")
        written.add(sha2)


# ---- Reading a file -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many rows came to what, and the digest over those that are stored now."""

    counts: Counter[str] = field(default_factory=Counter)
    digest: Digest = field(default_factory=Digest)


def file_origin(name: str, *, basis: str = "notice") -> Origin:
    """The origin of a file of this name; made when it is read for the first time."""
    name = name[:200]
    here = (Origin.kind == KIND) & (Origin.name == name)
    with transaction() as session:
        return session.scalar(select(Origin).where(here)) or create_origin(
            KIND, name, home_page=settings().public_url, basis=basis
        )


def opened(file: BinaryIO) -> BinaryIO:
    """The file, unpacked as it is read when it is packed with gzip, whatever it is called."""
    ahead = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(Any, file))
    if ahead.peek(len(_MAGIC)).startswith(_MAGIC):
        return cast(BinaryIO, gzip.GzipFile(fileobj=ahead))
    return cast(BinaryIO, ahead)


def statements_in(file: BinaryIO) -> Iterator[Row]:
    """The rows of a file that stand for statements, and what is wrong with others."""
    with tempfile.TemporaryDirectory() as directory:
        yield from Contents(Path(directory)).sift(rows(file))


def rows(file: BinaryIO) -> Iterator[Row]:
    """The rows of a file; where what is packed is broken, a last one says so."""
    try:
        yield from read_rows(opened(file))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        fix = "Copy or pack the file again; what stands before this was read."
        yield Row(place="the end", refusal=_refusal("$", f"The gzip is broken: {error}.", fix))


def read(
    file: BinaryIO,
    origin: Origin,
    *,
    told: Callable[[Outcome], None],
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Store every statement of a file in an origin's name; a bad line spoils no other.

    A statement without an id gets one made of its content, so that reading the file again stores
    nothing.

    :param told: is given each row that was refused or contradicts the record.
    """
    imported = Imported()
    authority, namespace = authority_of(origin), keyring().namespace(f"file {origin.id}")
    db.session.rollback()  # no transaction may be open while statements are stored
    with tempfile.TemporaryDirectory() as directory:
        held = Contents(Path(directory))
        entry_of = _Entries(authority, namespace, held).entry_of
        for portion in intake.take(intake.candidates(held.sift(rows(file)), entry_of)):
            _note(imported, portion, told)
            if progress:
                progress(imported.counts.total())
    return imported


def _note(imported: Imported, portion: list[Outcome], told: Callable[[Outcome], None]) -> None:
    """Count a portion, and look up what of it is in the record store now."""
    imported.counts.update(one.outcome for one in portion)
    there = [one.sid for one in portion if one.sid and one.why is None]
    stored = reader().many(there)
    for sid in there:
        imported.digest.add(text.parse(stored[sid].payload))
    for one in portion:
        if one.why is not None:
            told(one)


@dataclass(frozen=True, slots=True)
class _Entries:
    """Makes entries of a file's statements."""

    authority: Authority
    namespace: uuid.UUID
    contents: Contents

    def entry_of(self, statement: Any) -> Entry:
        """An entry for the record store; StatementRefused for what it does not take."""
        walked, version = intake.checked(statement)
        attached = self.contents.of(statement)
        if _signatures(statement) <= attached.keys():  # what did not come cannot be verified
            Signatures(version).check(statement, attached)
        sid = self._id(statement)
        statement.setdefault("version", VERSIONS[version])
        return Entry(
            sid=sid,
            statement=statement,
            walked=walked,
            authority=self.authority,
            attachments=attached,
        )

    def _id(self, statement: Mapping[str, Any]) -> uuid.UUID:
        if "id" in statement:
            return uuid.UUID(statement["id"])
        return uuid.uuid5(self.namespace, hashlib.sha256(text.canonical(statement)).hexdigest())


def _signatures(statement: Mapping[str, Any]) -> set[str]:
    attached = (one for _, one in described(statement))
    return {one["sha2"].lower() for one in attached if one["usageType"] == SIGNATURE}


class Contents:
    """The contents of attachments that came with a file, kept in a directory while it is read.

    Only what came with this file is given to its statements: naming a hash opens nothing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def sift(self, found: Iterable[Row]) -> Iterator[Row]:
        """Keep the lines that hold contents; the others, and what is wrong with one, go on."""
        for row in found:
            if not isinstance(row.value, dict) or row.value.keys() != _CONTENT:
                yield row
                continue
            try:
                self._keep(row.value["attachment"], row.value["base64"])
            except StatementRefused as refusal:
                yield Row(place=row.place, refusal=refusal)

    def of(self, statement: Mapping[str, Any]) -> dict[str, bytes]:
        """What a statement, or the SubStatement in it, has attached, as far as it came along."""
        found = {}
        for sha2 in {one["sha2"].lower() for _, one in described(statement)}:
            with suppress(FileNotFoundError):
                found[sha2] = (self._directory / sha2).read_bytes()
        return found

    def _keep(self, sha2: Any, encoded: Any) -> None:
        if not is_sha2(sha2):
            rule = f"Expected a SHA-2 hash in hexadecimal; {came(sha2)}."
            raise _refusal("$.attachment", rule, "Write the hash that the statement names.")
        try:
            content = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError, TypeError):
            rule = f"Expected base64; {came(encoded)}."
            raise _refusal("$.base64", rule, "Write the content in base64.") from None
        if _HASHES[len(sha2)](content).hexdigest() != sha2.lower():
            rule = "The content has another hash than the line says."
            raise _refusal("$.attachment", rule, "Write the hash of the content itself.")
        (self._directory / sha2.lower()).write_bytes(content)


def _refusal(path: str, rule: str, fix: str) -> StatementRefused:
    return StatementRefused(path=path, rule=rule, clause=both_clauses("attachment"), fix=fix)
