"""From the bytes of an archive to single messages: mbox, packed or not, and one mail alone."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from engine.api import BadReport, is_zip, read_zip

UNPACKED = 100_000_000
"""Bytes a packed archive may come to."""
READ = 40_000
"""Bytes of one mail that are read: its beginning and first words, never its attachments."""

# mbox has no mark for the end of a mail: a line "From " with a date, after a blank line, begins the
# next. Mailman hides addresses ("bo at example.org"), some programs leave the sender out, and some
# the date ("From ", "From -", "From bo@example.org"): then a header has to follow.
_BEGINS = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From (?:"
    rb"[^\r\n]{0,300}?\d{1,2}:\d{2}[^\r\n]{0,60}\r?\n"
    rb"|(?:-|[^\s@:]{1,200}@[^\s@:]{1,200})?[ \t]{0,9}\r?\n(?=[A-Za-z][A-Za-z0-9-]{0,60}:))"
)
_HEADER = re.compile(rb"\A(?:[A-Za-z][A-Za-z0-9-]{0,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}")
# A line "From " of the text itself is written ">From " (mboxrd).
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_EXPECTED = "an archive of mails (mbox, .txt.gz, or a ZIP that holds one)"
_MEND = "Download the archive of the list again and give the file as it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """One mail: where it stands in its delivery, its line "From " and the mail itself."""

    row: str
    envelope: str
    message: Message


def messages(body: bytes) -> Iterator[Mailed]:
    """Every mail of an archive, in its order.

    :raises BadReport: it holds no mail, cannot be unpacked, or is too large.
    """
    found = False
    for prefix, box in _boxes(body):
        for mailed in _split(box, prefix):
            found = True
            yield mailed
    if not found:
        raise BadReport(f"No mail was found; expected {_EXPECTED}.", _MEND)


def _boxes(body: bytes) -> Iterator[tuple[str, bytes]]:
    if body.startswith(b"\x1f\x8b"):
        yield "", _gunzipped(body)
    elif is_zip(body):
        for member in read_zip(body, what="The archive"):
            name = member.name.rpartition("/")[2].lower()
            packed = member.body.startswith(b"\x1f\x8b")
            if packed or name.endswith((".mbox", ".txt", ".eml", ".mbx", ".mail")):
                inner = _gunzipped(member.body) if packed else member.body
                yield f"{member.name[-80:]}: ", inner
    else:
        yield "", body


def _gunzipped(body: bytes) -> bytes:
    """The bytes of a gzip; Mailman appends one after the other."""
    whole = bytearray()
    try:
        while body:
            unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
            whole += unpack.decompress(body, UNPACKED + 1 - len(whole))
            if len(whole) > UNPACKED:
                raise BadReport(
                    f"The archive unpacks to more than {UNPACKED // 1_000_000} MB.",
                    "Give it in parts, such as one month each.",
                )
            if not unpack.eof:
                raise zlib.error("it breaks off")
            body = unpack.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise BadReport(f"The archive cannot be unpacked: {error}.", _MEND) from error
    return bytes(whole)


def _split(box: bytes, prefix: str) -> Iterator[Mailed]:
    """The mails of an mbox; a text that is one mail alone counts as one."""
    box = box.removeprefix(b"\xef\xbb\xbf")
    begins = list(_BEGINS.finditer(box))
    if not begins:
        if _is_mail(box):
            yield _mailed(f"{prefix}mail 1", b"", box[:READ])
        return
    ends = [begin.start() for begin in begins[1:]] + [len(box)]
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True), 1):
        part = box[begin.end() : min(end, begin.end() + READ)]
        yield _mailed(f"{prefix}mail {number}", begin[0], part)


def _is_mail(text: bytes) -> bool:
    """Whether it begins as a mail does: with headers that name a sender."""
    headers = _HEADER.match(text[:READ])
    return bool(headers and re.search(rb"^From:", headers[0], re.MULTILINE | re.IGNORECASE))


def _mailed(row: str, envelope: bytes, part: bytes) -> Mailed:
    message = BytesParser().parsebytes(_ESCAPED.sub(rb"\1", part))
    return Mailed(row=row, envelope=envelope.decode("latin-1").strip(), message=message)
