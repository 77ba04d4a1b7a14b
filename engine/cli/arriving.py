"""A request on its way in: whether all of it has come, told without judging what it says."""

from __future__ import annotations

import os
import re
import time
from tempfile import SpooledTemporaryFile

IN_MEMORY = 1 << 18
LONGEST_HEAD = 1 << 17
LONGEST_LINE = 1 << 14
"""Of a chunk; longer than gunicorn takes, so it is refused there with a reason."""
MOST_FRAMING = 8
"""How many times larger than the body its chunks may be."""

_HEADER = re.compile(
    rb"\r\n(content-length|transfer-encoding|expect):([^\r\n]*)(?=\r\n)", re.IGNORECASE
)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?\r\n")
_END_OF_HEAD = b"\r\n\r\n"


class Arriving:
    """What has come of one request, and maybe of those after it; large bodies lie in a file.

    `is_over`: there is nothing to wait for. `is_whole`: because all of it has come; else because
    it is larger than is taken, or out of order, which those who answer it will find. `refusal` is
    the status of what nobody needs to look at. `asks_to_go_on`: the client waits for a word before
    it sends the body (RFC 9110 10.1.1).
    """

    def __init__(self, *, most: int) -> None:
        """Set up; `most` is how many bytes of a body are waited for."""
        self.since = time.monotonic()
        self.size = 0
        self.is_over = self.is_whole = self.asks_to_go_on = False
        self.refusal = ""
        self._most = most
        self._head = bytearray()  # and what came with it, as long as that is all
        self._body: SpooledTemporaryFile[bytes] | None = None
        self._length = 0  # of a body that is not in chunks
        self._chunked = False
        self._at = 0  # where the next chunk begins
        self._decoded = 0

    def feed(self, data: bytes) -> None:
        """Take what has come next."""
        self.size += len(data)
        if self._body is None:
            self._head += data
            self._look_for_head(max(0, len(self._head) - len(data) - 3))
        else:
            self._body.seek(0, os.SEEK_END)
            self._body.write(data)
            self._look_for_end(self._body)

    def close(self) -> None:
        """Let go of what has come."""
        if self._body is not None:
            self._body.close()

    def cut_off(self) -> None:
        """The client is gone, or sends no more."""
        self._end(refusal="400 Bad Request" if self.size else "")

    def taken(self) -> bytes:
        """All that has come; it is kept no longer."""
        if self._body is None:
            return bytes(self._head)
        with self._body as body:
            body.seek(0)
            return bytes(self._head) + body.read()

    def _look_for_head(self, start: int) -> None:
        end = self._head.find(_END_OF_HEAD, start)
        if end < 0:
            if len(self._head) > LONGEST_HEAD:
                self._end(refusal="431 Request Header Fields Too Large")
            return
        end += len(_END_OF_HEAD)
        self._read_head(self._head[:end])
        if self._length > self._most:
            self._answer_expectation()  # with the refusal
            self._end()
        elif not self._chunked and len(self._head) - end >= self._length:
            self._end(whole=True)
        else:
            self._begin_body(end)

    def _read_head(self, head: bytearray) -> None:
        """What the head says of the body; whether it may say so is for others to judge."""
        said = {name.lower(): value.strip(b" \t").lower() for name, value in _HEADER.findall(head)}
        length = said.get(b"content-length", b"")
        self._length = int(length) if length.isdigit() and len(length) < 16 else 0
        self._chunked = b"transfer-encoding" in said
        self.asks_to_go_on = said.get(b"expect") == b"100-continue" and b" HTTP/1.1\r\n" in head

    def _begin_body(self, start: int) -> None:
        """Keep the body, of which more is to come, apart from the head."""
        self._body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  outlives this call
        self._body.write(self._head[start:])
        del self._head[start:]
        self._answer_expectation()
        self._look_for_end(self._body)

    def _answer_expectation(self) -> None:
        """Take the question out of the head, since gunicorn would answer it again."""
        if self.asks_to_go_on:
            self._head = bytearray(_HEADER.sub(_but_expect, self._head))

    def _look_for_end(self, body: SpooledTemporaryFile[bytes]) -> None:
        if self._chunked:
            self._walk(body)
        elif body.tell() >= self._length:
            self._end(whole=True)

    def _walk(self, body: SpooledTemporaryFile[bytes]) -> None:
        """Go from chunk to chunk, as far as they have come (RFC 9112 7.1)."""
        here = body.tell()
        while self._at < here and not self.is_over:
            body.seek(self._at)
            if not self._pass(body, body.readline(LONGEST_LINE)):
                break
        if self.size > self._most * MOST_FRAMING + LONGEST_HEAD:
            self._end(refusal="413 Content Too Large")

    def _pass(self, body: SpooledTemporaryFile[bytes], line: bytes) -> bool:
        """Go past the chunk that a line announces; False where there is no way on."""
        found = _SIZE.fullmatch(line)
        if found is None:
            if line.endswith(b"\n") or len(line) == LONGEST_LINE:
                self._end()
            return False
        size = int(found[1], 16)
        if size == 0:
            self._look_for_trailers(body, len(line))
            return False
        self._at += len(line) + size + 2
        self._decoded += size
        if self._decoded > self._most:
            self._end()
        return True

    def _look_for_trailers(self, body: SpooledTemporaryFile[bytes], line: int) -> None:
        """The last chunk is followed by headers, mostly none, and an empty line."""
        body.seek(self._at + line - 2)
        rest = body.read(LONGEST_HEAD)
        if _END_OF_HEAD in rest:
            self._end(whole=True)
        elif len(rest) == LONGEST_HEAD:
            self._end(refusal="431 Request Header Fields Too Large")

    def _end(self, *, whole: bool = False, refusal: str = "") -> None:
        self.is_over, self.is_whole, self.refusal = True, whole, refusal


def _but_expect(header: re.Match[bytes]) -> bytes:
    """A header as it came, unless it asks what is answered."""
    return b"" if header[1].lower() == b"expect" else header[0]
