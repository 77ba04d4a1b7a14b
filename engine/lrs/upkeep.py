"""Whether the index agrees with the log, and mending it while the site runs.

What the index must hold follows from the log alone. So it is worked out again, statement by
statement, and compared with a copy of the index in the order of the log, which the database sorts
once. Others write meanwhile: what looks wrong is looked at again as it is by then. No more than a
stretch of the log is held in memory.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Any

from sqlalchemy import DDL, BigInteger, Column, Connection, MetaData, Table, event

from engine.db import portions
from engine.lrs.backends import Backend, Row
from engine.lrs.findings import OTHERS, OWN, Entry, Fault, Report, Suspect
from engine.lrs.references import VERSION, Chains, Link, Posting, filed
from engine.lrs.terms import HOP_BITS, MAX_HOP, TermIndex
from engine.moments import iso
from xapi import text
from xapi.errors import StatementRefused
from xapi.walk import Walked, walk

STRETCH = 500
"""How many statements are read at once."""
PAGE = 10_000
"""How many postings are read at once, and how many about are mended in one transaction."""
KEPT = 5_000
"""How many statements are remembered for others that refer to them."""
SPREAD = 20
"""In how many places of the log a sample is taken."""

Progress = Callable[[int], None]

_placed = Table(
    "placed",
    MetaData(),
    Column("pos", BigInteger, primary_key=True, autoincrement=False),
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
# sorting an index takes as long as it takes
_UNHURRIED = DDL("SET statement_timeout = 0")  # type: ignore[no-untyped-call]
event.listen(_placed, "before_create", _UNHURRIED.execute_if(dialect="postgresql"))

_FIRST, _LAST = -(1 << 63), (1 << 63) - 1
_COLUMNS = (
    "s.seq, s.sid, s.voided, s.voids, s.target, s.payload, coalesce("
    f"(SELECT max(CASE WHEN v.origin = s.origin THEN {OWN} ELSE {OTHERS} END)"
    " FROM statement v WHERE v.target = s.sid AND v.voids > 0), 0)"
)
_LOST = (
    " FROM statement_attachment l LEFT JOIN attachment a ON a.sha2 = l.sha2"
    " LEFT JOIN statement s ON s.seq = l.seq WHERE a.sha2 IS NULL OR s.seq IS NULL"
)


class Rule:
    """What the log says that the index must hold."""

    def __init__(self, connection: Connection, backend: Backend, index: TermIndex) -> None:
        self._links: dict[bytes, Link] = {}
        self._chains = Chains(connection, backend, index, self._links)
        self._index = index

    def line(self, entry: Entry, damage: Callable[[str], None] = lambda _: None) -> list[Link]:
        """A statement and those it refers to; empty where one of them cannot be read.

        :param damage: is told what is wrong with the statement itself.
        """
        if len(self._links) > KEPT:
            self._links.clear()
        try:
            statement = text.parse(entry.payload)
            walked = walk(statement, version=VERSION)
        except StatementRefused:
            damage(f"{entry} cannot be read")
            return []
        for what in _differences(entry, statement, walked):
            damage(f"{entry} {what}")
        terms = frozenset(self._index.terms(walked.terms))
        self._links[entry.sid] = Link(seq=entry.seq, terms=terms, target=entry.target)
        try:
            return self._chains.line(entry.sid)
        except StatementRefused:  # told of where it stands itself
            return []


def _differences(entry: Entry, statement: dict[str, Any], walked: Walked) -> Iterator[str]:
    """Where a statement says something else than the row it is kept in."""
    if uuid.UUID(statement.get("id", "0" * 32)).bytes != entry.sid:
        yield "holds another id"
    if statement.get("stored") != iso(entry.seq):
        yield "holds another stored time"
    target = walked.target.bytes if walked.target else None
    if target != entry.target or walked.voids != bool(entry.voids):
        yield "refers to something else than it is kept with"


class Upkeep:
    """Compares the index with the log, and mends it."""

    def __init__(self, backend: Backend, index: TermIndex) -> None:
        self._backend = backend
        self._index = index

    def sample(self, newest: int = 1_000, spread: int = 1_000) -> Report:
        """Look at the newest statements and at some of all times, in a moment.

        Whether anything is filed that must not be is left to `check`.
        """
        report = Report()
        with self._backend.looking() as connection:
            rule = Rule(connection, self._backend, self._index)
            for seqs in portions(self._sampled(connection, newest, spread)):
                for entry in self._entries(connection, seqs).values():
                    rule.line(entry, report.damage)
                for fault in self._faults(connection, [Suspect(seq, set()) for seq in seqs]):
                    report.fault(fault)
                report.statements += len(seqs)
        return report

    def check(self, progress: Progress = lambda _: None) -> Report:
        """Look at every statement and every posting; nothing is changed."""
        return self._go_over(Report(), self._faults, progress)

    def rebuild(self, progress: Progress = lambda _: None) -> Report:
        """File what is missing, take away what is too much, settle voids; a bit at a time.

        Whoever asks meanwhile finds what she found before. Broken off, it is simply run again.
        """
        return self._go_over(Report(mended=True), lambda _, found: self._mend(found), progress)

    # --- what is looked at ----------------------------------------------------------------------

    def _go_over(
        self,
        report: Report,
        settle: Callable[[Connection, Sequence[Suspect]], Iterable[Fault]],
        progress: Progress,
    ) -> Report:
        with self._backend.looking() as connection:
            try:
                for suspects in self._suspects(connection, report, progress):
                    for fault in settle(connection, suspects):
                        report.fault(fault)
                self._look_at_attachments(connection, report)
            finally:
                connection.invalidate()  # the copy goes with it
        return report

    def _suspects(
        self, connection: Connection, report: Report, progress: Progress
    ) -> Iterator[list[Suspect]]:
        """Go over log and index; what looks wrong, as much as is settled at once."""
        rule = Rule(connection, self._backend, self._index)
        suspects: list[Suspect] = []
        size = 0
        for seq, entry, found in self._side_by_side(connection):
            line = rule.line(entry, report.damage) if entry else []
            if entry is None or _looks_wrong(entry, line, found):
                suspects.append(Suspect(seq, found))
                size += len(found) + sum(len(link.terms) for link in line)
            if size > PAGE:
                yield suspects
                suspects, size = [], 0
            report.statements += entry is not None
            if report.statements % STRETCH == 0:
                progress(report.statements)
        if suspects:
            yield suspects

    def _side_by_side(
        self, connection: Connection
    ) -> Iterator[tuple[int, Entry | None, set[Posting]]]:
        """Every position with the statement that is stored there, if any, and what is filed."""
        # the end first, so that the copy holds all that is filed for what comes before it
        end = self._backend.rows(connection, "SELECT max(seq) FROM statement")[0][0]
        copied, nothing = self._copied(connection), (_LAST, set[Posting]())
        seq, found = next(copied, nothing)
        for entry in self._log(connection, end or 0):
            while seq < entry.seq:
                yield seq, None, found
                seq, found = next(copied, nothing)
            if seq > entry.seq:
                yield entry.seq, entry, set()
            else:
                yield seq, entry, found
                seq, found = next(copied, nothing)
        while found:
            yield seq, None, found
            seq, found = next(copied, nothing)

    def _copied(self, connection: Connection) -> Iterator[tuple[int, set[Posting]]]:
        """Copy the index in the order of the log; then, what is filed at each position."""
        _placed.create(connection)
        self._backend.cursor(connection).execute(
            "INSERT INTO placed (pos, term) SELECT pos, term FROM posting ORDER BY pos, term"
        )
        for seq, group in groupby(self._postings(connection), key=lambda row: row[0] >> HOP_BITS):
            yield seq, {(term, pos) for pos, term in group}

    def _postings(self, connection: Connection) -> Iterator[Row]:
        query = "SELECT pos, term FROM placed WHERE (pos, term) > (?, ?) ORDER BY pos, term LIMIT ?"
        last: Row = (_FIRST, _FIRST)
        while page := self._backend.rows(connection, query, (*last, PAGE)):
            yield from page
            last = page[-1]

    def _log(self, connection: Connection, end: int) -> Iterator[Entry]:
        """The statements up to a position, oldest first."""
        query = f"SELECT {_COLUMNS} FROM statement s WHERE s.seq > ? AND s.seq <= ?"
        query += " ORDER BY s.seq LIMIT ?"
        last = _FIRST
        while rows := self._backend.rows(connection, query, (last, end, STRETCH)):
            yield from map(_entry, rows)
            last = rows[-1][0]

    def _sampled(self, connection: Connection, newest: int, spread: int) -> list[int]:
        """The positions of the newest statements, and of some after each of many moments."""
        query = "SELECT seq FROM statement ORDER BY seq DESC LIMIT ?"
        found = {seq for (seq,) in self._backend.rows(connection, query, (newest,))}
        [(low, high)] = self._backend.rows(connection, "SELECT min(seq), max(seq) FROM statement")
        query = "SELECT seq FROM statement WHERE seq >= ? ORDER BY seq LIMIT ?"
        for part in range(SPREAD if found else 0):
            start = low + (high - low) * part // SPREAD
            rows = self._backend.rows(connection, query, (start, spread // SPREAD))
            found.update(seq for (seq,) in rows)
        return sorted(found)

    def _look_at_attachments(self, connection: Connection, report: Report) -> None:
        query = f"SELECT l.sha2, l.seq {_LOST} ORDER BY l.seq, l.sha2"
        for sha2, seq in self._backend.each(connection, query):
            report.damage(f"attachment {sha2[:16]}… of position {seq} has lost one of its ends")

    # --- what is found --------------------------------------------------------------------------

    def _faults(self, connection: Connection, suspects: Sequence[Suspect]) -> list[Fault]:
        """What is wrong by now at positions that looked wrong.

        The index is asked last: what the log demanded by then is filed by then, or late.
        """
        rule = Rule(connection, self._backend, self._index)
        entries = self._entries(connection, [suspect.seq for suspect in suspects])
        lines = {seq: rule.line(entry) for seq, entry in entries.items()}
        late = self._late(connection, lines.values())
        demanded = (filed(line, seq) for seq, line in lines.items())
        asked = chain(*demanded, *(one.filed for one in suspects))
        there = self._there(connection, set(asked))
        faults = (
            _fault(one, entries.get(one.seq), lines.get(one.seq), late, there) for one in suspects
        )
        return [fault for fault in faults if fault]

    def _entries(self, connection: Connection, seqs: Sequence[int]) -> dict[int, Entry]:
        """The statements at these positions, as far as there are any."""
        found: dict[int, Entry] = {}
        for part in portions(seqs):
            among, values = self._backend.among(part)
            query = f"SELECT {_COLUMNS} FROM statement s WHERE s.seq {among}"
            found.update(
                (row[0], _entry(row)) for row in self._backend.rows(connection, query, values)
            )
        return found

    def _late(self, connection: Connection, lines: Iterable[Sequence[Link]]) -> dict[int, int]:
        """Which statements below others are still to be filed under them, beyond which position."""
        found: dict[int, int] = {}
        for part in portions({link.seq for line in lines for link in line[1:]}):
            among, values = self._backend.among(part)
            query = f"SELECT seq, after FROM late_reference WHERE seq {among}"
            found.update(self._backend.rows(connection, query, values))
        return found

    def _there(self, connection: Connection, postings: Iterable[Posting]) -> set[Posting]:
        """Which of these the index holds."""
        there: set[Posting] = set()
        for part in portions(sorted(postings)):
            query = (
                f"WITH asked (term, pos) AS (VALUES {','.join(['(?,?)'] * len(part))})"
                # CROSS JOIN: each of them is looked up, whatever the planner thinks
                " SELECT p.term, p.pos FROM asked a CROSS JOIN posting p"
                " WHERE p.term = a.term AND p.pos = a.pos"
            )
            there.update(self._backend.rows(connection, query, list(chain.from_iterable(part))))
        return there

    def _mend(self, suspects: Sequence[Suspect]) -> list[Fault]:
        """Mend what is wrong by now, with the log locked; what was wrong."""
        with self._backend.appending(alone=False) as connection:
            self._backend.locked(connection)
            faults = self._faults(connection, suspects)
            cursor, sql = self._backend.cursor(connection), self._backend.sql
            if missing := sorted(set[Posting]().union(*(one.missing for one in faults))):
                self._backend.post(connection, missing)
            if surplus := sorted(set[Posting]().union(*(one.surplus for one in faults))):
                cursor.executemany(sql("DELETE FROM posting WHERE term = ? AND pos = ?"), surplus)
            voided = [
                (int(one.must_be_voided), one.seq)
                for one in faults
                if one.must_be_voided is not None
            ]
            if voided:
                cursor.executemany(sql("UPDATE statement SET voided = ? WHERE seq = ?"), voided)
        return faults


def _entry(row: Row) -> Entry:
    seq, sid, voided, voids, target, payload, void = row
    return Entry(
        seq=seq,
        sid=bytes(sid),
        voided=voided,
        voids=voids,
        target=bytes(target) if target else None,
        payload=bytes(payload),
        void=void,
    )


def _looks_wrong(entry: Entry, line: Sequence[Link], found: set[Posting]) -> bool:
    if entry.must_be_voided is not None:
        return True
    return bool(line) and found != set(filed(line, entry.seq))


def _fault(
    suspect: Suspect,
    entry: Entry | None,
    line: Sequence[Link] | None,
    late: Mapping[int, int],
    there: set[Posting],
) -> Fault:
    """What is wrong at one position; of a statement that cannot be read, only whether it is voided.

    :param there: what is filed at least, of all that must be or was.
    """
    demanded = set(filed(line, suspect.seq)) if line else set[Posting]()
    readable = entry is None or bool(line)
    hop = _first_late(line or (), late)
    return Fault(
        seq=suspect.seq,
        what=str(entry) if entry else f"position {suspect.seq}, where nothing is stored",
        missing={one for one in demanded - there if one[1] & MAX_HOP < hop},
        surplus=(suspect.filed & there) - demanded if readable else set(),
        must_be_voided=entry.must_be_voided if entry else None,
    )


def _first_late(line: Sequence[Link], late: Mapping[int, int]) -> int:
    """From which hop on what a statement inherits may still be on its way to the index."""
    for hop, link in enumerate(line[1:], start=1):
        if late.get(link.seq, _LAST) < line[0].seq < link.seq:
            return hop
    return MAX_HOP + 1
