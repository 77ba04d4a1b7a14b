"""gunicorn's threaded worker with patience: a thread gets a request once all of it has come.

Threads are few. A client that sends byte by byte would keep one for as long as it likes, and a
dozen such clients would keep all of them from everybody else. Here they wait in the poller, where
waiting costs next to nothing. Who takes too long, or does not read the answer, is sent away.
"""

from __future__ import annotations

import errno
import selectors
import signal
import socket
import struct
import time
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import http, util  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from engine.cli.arriving import Arriving
from engine.cli.evenly import Place
from engine.config import read_settings

PATIENCE_S = 20
SLOWEST = 10_000
"""A request may take so many seconds, and another one for each so many bytes of it."""
READING_S = 10
"""How long a client may read nothing of what we send it."""
FAREWELL_S = 2
"""How long a connection that we end stays open for what the client is still sending."""
OVERLAP_S = 30
"""How long a worker that is to stop goes on at most while others start in its place."""
AFTER_YOU_S = 0.001
"""How long a worker that holds more connections than another leaves a new one to that."""
AT_ONCE = 1 << 20
_PIECE = 1 << 16


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """The worker that `byway serve` runs; for plain HTTP/1.1.

    Everything here but `handle` and `handle_request` runs in the main thread and hardly blocks.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = read_settings().max_body
        self._arriving: dict[TConn, Arriving] = {}
        self._leaving: dict[socket.socket, float] = {}
        self._looked = self._asked = 0.0
        self.place = Place()

    def accept(self, listener: Any) -> None:
        """Take a new connection, unless a worker that holds fewer does."""
        if self.place.is_ahead(self.nr_conns):
            time.sleep(AFTER_YOU_S)
        super().accept(listener)
        self.place.tell(self.nr_conns)

    def run(self) -> None:
        """Serve, now that everything is loaded."""
        self.place.tell(0)
        super().run()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop, at once or when those that come in our place are ready."""
        self._asked = self._asked or time.monotonic()
        self._stop_when_followed()

    def _stop_when_followed(self) -> None:
        """Take no new connections, once somebody else does."""
        if self.place.is_followed() and time.monotonic() - self._asked < OVERLAP_S:
            return
        self.place.close()
        super().handle_exit(signal.SIGTERM, None)

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to a thread, or keep it here until its request has come."""
        if conn.parser is None:
            self._welcome(conn)
        arriving = Arriving(most=self._most)
        if held := conn.parser.unreader.take_buffered():
            arriving.feed(held)
        conn.sock.setblocking(False)
        if _take_in(conn, arriving):
            self._hand_over(conn, arriving)
        else:
            self._arriving[conn] = arriving
            self.poller.register(
                conn.sock, selectors.EVENT_READ, lambda _sock: self._go_on(conn, arriving)
            )

    def _welcome(self, conn: TConn) -> None:
        """Prepare a new connection."""
        conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.data_ready = True
        conn.close = partial(self._see_off, conn.sock)
        limit = struct.pack("ll", READING_S, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def _go_on(self, conn: TConn, arriving: Arriving) -> None:
        if _take_in(conn, arriving):
            self.poller.unregister(conn.sock)
            del self._arriving[conn]
            self._hand_over(conn, arriving)

    def _hand_over(self, conn: TConn, arriving: Arriving) -> None:
        if arriving.refusal or not arriving.size:
            self._send_away(conn, arriving, arriving.refusal)
        else:
            conn.arrived = arriving
            super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Answer a request that has come; in a thread."""
        conn.parser.unreader.unread(conn.arrived.taken())
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request whose head is read; a body that is out of order ends early."""
        req.body.reader = _Reader(req.body.reader)
        if not conn.arrived.is_whole:
            req.force_close()  # no thread waits for the rest of what will be refused
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Send away who takes too long; called at every turn of the main loop."""
        super().murder_pending()
        if self.alive and self._asked:
            self._stop_when_followed()
        if self.alive:
            self.place.tell(self.nr_conns)
        now = time.monotonic()
        if now - self._looked < 1 and self.alive:
            return
        self._looked = now
        for conn, arriving in list(self._arriving.items()):
            if now - arriving.since > self._patience(arriving):
                self.poller.unregister(conn.sock)
                del self._arriving[conn]
                self._send_away(conn, arriving, "408 Request Timeout" if arriving.size else "")
        for sock, until in list(self._leaving.items()):
            if now > until:
                self._close(sock)

    def _patience(self, arriving: Arriving) -> float:
        """How many seconds a request may take; when we stop, a few.

        Who has just come has most likely sent something already, and would get no answer.
        """
        return PATIENCE_S + arriving.size / SLOWEST if self.alive else FAREWELL_S

    def _send_away(self, conn: TConn, arriving: Arriving, status: str) -> None:
        arriving.close()
        if status:
            answer = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            with suppress(OSError):
                conn.sock.send(answer.encode())
        self.nr_conns -= 1
        conn.close(graceful=True)

    def _see_off(self, sock: socket.socket, *, graceful: bool = False) -> None:
        """End a connection so that the client still reads our last words (RFC 9112 9.6).

        gunicorn waits for the client here, with the whole worker.
        """
        if not graceful:
            util.close(sock)
            return
        try:
            sock.shutdown(socket.SHUT_WR)
            sock.setblocking(False)
            self.poller.register(sock, selectors.EVENT_READ, self._overhear)
        except (OSError, ValueError):
            util.close(sock)
        else:
            self._leaving[sock] = time.monotonic() + FAREWELL_S

    def _overhear(self, sock: socket.socket) -> None:
        try:
            more = sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._close(sock)

    def _close(self, sock: socket.socket) -> None:
        del self._leaving[sock]
        self.poller.unregister(sock)
        util.close(sock)


class _Reader:
    """A body whose chunks may be out of order, which then is one that was cut off."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._reader.read(size))
        except ParseException as error:
            raise ConnectionResetError(errno.ECONNRESET, str(error)) from error


def _take_in(conn: TConn, arriving: Arriving) -> bool:
    """Read what is there; whether there is nothing more to wait for."""
    end = arriving.size + AT_ONCE
    try:
        while not arriving.is_over and arriving.size < end:
            if arriving.asks_to_go_on:
                arriving.asks_to_go_on = False
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            piece = conn.sock.recv(_PIECE)
            if not piece:
                arriving.cut_off()
            else:
                arriving.feed(piece)
    except BlockingIOError:
        return False
    except OSError:
        arriving.cut_off()
    return arriving.is_over
